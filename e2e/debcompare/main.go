//go:build linux

// Command debcompare installs Debian packages into a copy of a root file system
// in our way, and compares a root with what apt-get made of the same packages.
//
// It exists for make deb-compare, whose script prepares the directories
// (e2e/deb-compare.sh), and takes root, since the files' owners matter. Start
// reading at install and at compare.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "debcompare:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("usage: debcompare install|compare [FLAG...] [PACKAGE...]")
	}
	flags := flag.NewFlagSet("debcompare", flag.ContinueOnError)
	base := flags.String("base", "", "directory with the root that the packages are installed on")
	ours := flags.String("ours", "", "directory with our result; before install, a copy of the base")
	debs := flags.String("debs", "", "directory of packages that are there already, and those that are fetched")
	arch := flags.String("arch", "amd64", "architecture as Debian names it")
	want := flags.String("want", "", "directory with apt's result")
	list := flags.String("differences", "", "file with the differences that are known")
	used := flags.String("used", "", "file that patterns which were needed are appended to")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	switch args[0] {
	case "install":
		return install(ctx, *base, *ours, *debs, *arch, flags.Args())
	case "compare":
		return compareRoots(*want, *ours, *list, *used)
	case "unused":
		return unused(*list, *used)
	}
	return fmt.Errorf("no such command: %s", strings.Join(args, " "))
}
