package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// verbs are the subcommands.
var verbs = map[string]func(ctx context.Context, args []string) error{
	"measure": measureVerb,
	"render":  renderVerb,
	"docs":    docsVerb,
	"pack":    packVerb,
	"twins":   twinsVerb,
	"serve":   serveVerb,
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 || verbs[args[0]] == nil {
		return errors.New("usage: bench measure|render|docs|pack|twins|serve [flags]")
	}
	return verbs[args[0]](ctx, args[1:])
}
