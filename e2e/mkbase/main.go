// Command mkbase makes a stand-in for python:3.10-slim-bookworm on linux/arm64
// out of Debian packages, a CPython build and a few wheels, as an OCI layout.
//
// It exists for end-to-end tests on machines that can't pull the real image.
// It needs no root: the file tree lives in memory, with the owners that the
// packages give their files. Start reading at build.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"
)

// epoch is the time of every file that no package gives a time to.
var epoch = time.Date(2025, time.January, 1, 0, 0, 0, 0, time.UTC)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "mkbase:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	var in inputs
	flags := flag.NewFlagSet("mkbase", flag.ContinueOnError)
	debs := flags.String("debs", "", "directory of .deb files")
	wheels := flags.String("wheels", "", "directory of wheels for the base's own site-packages")
	flags.StringVar(&in.cpython, "cpython", "", "jar with CPython for linux-arm64")
	flags.StringVar(&in.emulator, "emulator", "", "program that runs arm64 programs here; empty on arm64")
	out := flags.String("out", "", "directory of the OCI layout to write")
	tag := flags.String("tag", "3.10-slim-bookworm", "name of the image in the layout")
	if err := flags.Parse(args); err != nil {
		return err
	}
	var err error
	if in.debs, err = filepath.Glob(filepath.Join(*debs, "*.deb")); err != nil || len(in.debs) == 0 {
		return fmt.Errorf("no packages in %q", *debs)
	}
	if in.wheels, err = filepath.Glob(filepath.Join(*wheels, "*.whl")); err != nil {
		return err
	}
	img, err := build(ctx, in)
	if err != nil {
		return err
	}
	return writeLayout(*out, *tag, img)
}
