package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/internal/pipeline"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/resolve"
	"github.com/assemble-image/assemble/internal/supply"
)

func lockCommand(env *environment) *cli.Command {
	return &cli.Command{
		Name:      "lock",
		Usage:     "resolve requirements and Debian packages, into hashed locks",
		Category:  verbsWheels,
		ArgsUsage: "[FILE…]",
		Description: "Resolves for the image's platform and the base's Python, not for this machine. Only wheels are\n" +
			"considered, and only their metadata is downloaded, from find_links and indexes in the config or\n" +
			"the files, or where pip or uv are set up to look; without any, only the wheelhouse is used. The lock is written as a requirements file,\n" +
			"or as pylock.toml if that is its name. Pins of an existing lock are kept if they still fit.\n" +
			"With --python and --glibc, no base is opened for them.\n" +
			"Debian packages that the config asks for are chosen as apt in the base would, and pinned in\n" +
			"packages.lock; without FILE, only they are.",
		Flags: join([]cli.Flag{
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "write to `FILE` (default: the config's lock)"},
			&cli.StringFlag{Name: "python", Usage: "resolve for Python `VERSION`, such as 3.10"},
			&cli.StringFlag{Name: "glibc", Usage: "resolve for glibc `VERSION`, such as 2.36"},
			&cli.StringFlag{Name: "exclude-newer", Usage: "ignore what was uploaded after `TIME`"},
			&cli.BoolFlag{DisableDefaultText: true, Name: "upgrade", Aliases: []string{"U"}, Usage: "ignore the pins of the existing locks"},
			&cli.StringSliceFlag{Name: "upgrade-package", Aliases: []string{"P"}, Usage: "ignore the pin of `NAME` (may be repeated)"},
			&cli.BoolFlag{DisableDefaultText: true, Name: "pre", Usage: "allow pre-releases"},
			&cli.StringSliceFlag{Name: "avoid", Usage: "prefer versions without `PATTERN`, as nvidia-*"},
			&cli.BoolFlag{DisableDefaultText: true, Name: "all-hashes", Usage: "take the hashes of all files of each release"},
		}, buildFlags(), offlineFlags(), registryFlags(), outputFlags(), configFlags(), []cli.Flag{
			&cli.BoolFlag{DisableDefaultText: true, Name: "allow-older-index", Category: config.TopicPackages, Usage: "take an index older than the last one seen"},
			&cli.BoolFlag{DisableDefaultText: true, Name: "allow-expired-index", Category: config.TopicPackages, Usage: "take an index that is past its Valid-Until"},
		}),
		Action: func(c *cli.Context) error {
			if err := requireInput(c); err != nil {
				return err
			}
			opt, err := lockOptions(c)
			if err != nil {
				return err
			}
			if opt.Output != "" && !c.IsSet("lock") {
				// The config may name no lock; this is the one.
				if err := c.Set("lock", opt.Output); err != nil {
					return usageError{err}
				}
			}
			return runPipeline(c, env, func(c *cli.Context, s *session, p *pipeline.Pipeline) error {
				if c.NArg() > 0 {
					if err := s.config.RequireLock(); err != nil {
						return err
					}
				}
				locked, err := p.Lock(c.Context, c.Args().Slice(), opt)
				if err != nil {
					return err
				}
				return s.printLocked(locked)
			})
		},
	}
}

// requireInput refuses a call that would lock nothing: without requirements, and
// without Debian packages in the config.
func requireInput(c *cli.Context) error {
	if c.NArg() > 0 {
		return nil
	}
	if !c.IsSet("package") {
		cfg, err := config.Load(c.String("file"))
		if errors.Is(err, fs.ErrNotExist) || err == nil && cfg.Packages.IsZero() {
			return usagef("lock requires a requirements file, for example assemble lock requirements.txt")
		}
	}
	if c.IsSet("output") {
		return usagef("--output is for the lock of a requirements file; --package-lock FILE is for that of Debian packages")
	}
	return nil
}

// printLocked tells what has changed, and prints the locks' names.
func (s *session) printLocked(locked *pipeline.Locked) error {
	var outputs []string
	var changes []supply.LockChange
	if locked.Locked != nil {
		changes = locked.Changes
		outputs = append(outputs, locked.Output)
	}
	if locked.Packages != nil {
		changes = append(changes, locked.Packages.Changes...)
		outputs = append(outputs, locked.Packages.Output)
	}
	for _, change := range changes {
		s.ui.event(report.Event{Stage: report.StageLock, End: true, Text: change.String()})
	}
	return s.print(locked, strings.Join(outputs, "\n"))
}

func lockOptions(c *cli.Context) (pipeline.LockOptions, error) {
	opt := pipeline.LockOptions{AllowOlder: c.Bool("allow-older-index"), AllowExpired: c.Bool("allow-expired-index")}
	opt.LockOptions = supply.LockOptions{
		Output: c.String("output"), Python: c.String("python"), Glibc: c.String("glibc"),
		Upgrade: c.Bool("upgrade"), UpgradeOnly: c.StringSlice("upgrade-package"),
		Prereleases: c.Bool("pre"), Avoid: c.StringSlice("avoid"), AllHashes: c.Bool("all-hashes"),
	}
	if text := c.String("exclude-newer"); text != "" {
		var err error
		if opt.ExcludeNewer, err = resolve.ParseCutoff(text); err != nil {
			return opt, usageError{fmt.Errorf("--exclude-newer: %w", err)}
		}
	}
	return opt, nil
}
