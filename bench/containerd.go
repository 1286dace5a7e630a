package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// containerd is a server of its own process that has nothing in it.
type containerd struct {
	address string
	root    string // directory of its content
	run     string // directory of state, socket and log
	cmd     *exec.Cmd
	log     *os.File
}

const containerdConfig = `version = 3
root = %q
state = %q
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.cri.v1.images", "io.containerd.cri.v1.runtime"]
[grpc]
  address = %q
[ttrpc]
  address = %q
`

// startContainerd starts one whose content goes to root, and returns when it
// answers.
func startContainerd(ctx context.Context, program, ctr, root string) (_ *containerd, err error) {
	// A unix socket's path has 107 bytes at most, so it can't lie in root.
	run, err := os.MkdirTemp("", "bench-containerd-")
	if err != nil {
		return nil, err
	}
	c := &containerd{root: root, run: run, address: filepath.Join(run, "sock")}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.stop())
		}
	}()
	config := filepath.Join(run, "config.toml")
	text := fmt.Sprintf(containerdConfig, root, filepath.Join(run, "state"), c.address, c.address+".ttrpc")
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, err
	}
	if c.log, err = os.Create(filepath.Join(run, "log")); err != nil {
		return nil, err
	}
	cmd := server(ctx, program, "--config", config)
	cmd.Stdout, cmd.Stderr = c.log, c.log
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", filepath.Base(program), err)
	}
	c.cmd = cmd
	return c, await(ctx, "containerd", func(ctx context.Context) error {
		return exec.CommandContext(ctx, ctr, "--address", c.address, "version").Run()
	})
}

// await returns once ask succeeds.
func await(ctx context.Context, name string, ask func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	for {
		err := ask(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w", name, err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// server is a program that is asked to end, rather than killed, when ctx is
// done, so that it leaves no mounts behind.
func server(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// end asks a server to end, and waits for it.
func end(cmd *exec.Cmd) error {
	if cmd == nil {
		return nil
	}
	err := cmd.Process.Signal(syscall.SIGTERM)
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	var exit *exec.ExitError
	if werr := cmd.Wait(); !errors.As(werr, &exit) {
		err = errors.Join(err, werr)
	}
	return err
}

// stop ends the server. Its content stays, but no mount of it, as one that is
// interrupted at work leaves behind.
func (c *containerd) stop() error {
	err := end(c.cmd)
	mounts, gerr := filepath.Glob(filepath.Join(c.root, "tmpmounts", "*"))
	err = errors.Join(err, gerr)
	for _, dir := range mounts {
		err = errors.Join(err, unmount(dir))
	}
	if c.log != nil {
		err = errors.Join(err, c.log.Close())
	}
	return errors.Join(err, os.RemoveAll(c.run))
}
