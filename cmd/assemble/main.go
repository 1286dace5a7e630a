// Command assemble puts pre-resolved Python wheels and app code onto a base
// image: packed into OCI layers in parallel, pushed, smoke-tested, signed and
// tagged, without a Docker daemon.
//
// Start with run, which maps arguments to one verb; each verb has a file.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// version is set by the linker (see the Makefile).
var version = "dev"

func main() {
	os.Exit(Main(os.Args))
}

// Main runs the program on args (args[0] is its name) and returns the exit
// code; the test scripts call it too.
func Main(args []string) int {
	boundMemory()
	ctx, stop := signalContext(context.Background())
	defer stop()
	env := newEnvironment(os.Stdin, os.Stdout, os.Stderr)
	err := run(ctx, env, args)
	return env.report(ctx, err)
}

// signalContext is cancelled by the first SIGINT or SIGTERM, with the signal
// as its cause; a second one ends the process as if nobody listened.
func signalContext(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(parent)
	ch := make(chan os.Signal, 1)
	signal.Notify(ch, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case sig := <-ch:
			signal.Stop(ch)
			cancel(interruptedError{sig})
		case <-ctx.Done():
			signal.Stop(ch)
		}
	}()
	return ctx, func() { cancel(context.Canceled) }
}
