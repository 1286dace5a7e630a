package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/assemble-image/assemble/internal/pipeline"
	"github.com/assemble-image/assemble/internal/resolve"
)

func lockCommand(env *environment) *cli.Command {
	return &cli.Command{
		Name:      "lock",
		Usage:     "resolve requirements for the target, and write a hashed lock",
		ArgsUsage: "FILE…",
		Description: "Resolves for the image's platform and the base's Python, not for this machine. Only wheels\n" +
			"count, and only their metadata is downloaded, from find_links and indexes of the config or the\n" +
			"files; without any, the wheelhouse is all there is. The lock is written in the syntax of requirements files, or as\n" +
			"pylock.toml by its name. Pins of an existing lock are kept where they still fit.",
		Flags: join([]cli.Flag{
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "write the lock to `FILE` (default: the config's lock)"},
			&cli.StringFlag{Name: "python", Usage: "resolve for a Python of that `VERSION`; with --glibc, no base is opened"},
			&cli.StringFlag{Name: "glibc", Usage: "resolve for a glibc of that `VERSION`"},
			&cli.StringFlag{Name: "exclude-newer", Usage: "leave out what was uploaded after `TIME`, a date or RFC 3339"},
			&cli.BoolFlag{DisableDefaultText: true, Name: "upgrade", Aliases: []string{"U"}, Usage: "keep no pin of the existing lock"},
			&cli.StringSliceFlag{Name: "upgrade-package", Aliases: []string{"P"}, Usage: "don't keep the pin of `NAME` (may be repeated)"},
			&cli.BoolFlag{DisableDefaultText: true, Name: "pre", Usage: "take pre-releases like any version"},
			&cli.StringSliceFlag{Name: "avoid", Usage: "find versions that do without `PATTERN`, as in nvidia-* (may be repeated)"},
			&cli.BoolFlag{DisableDefaultText: true, Name: "all-hashes", Usage: "list the hashes of all of a release's files, for other targets"},
		}, buildFlags(), offlineFlags(), registryFlags(), outputFlags(), configFlags()),
		Action: func(c *cli.Context) error {
			if c.NArg() == 0 {
				return usagef("lock wants requirements files, as in assemble lock requirements.txt")
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
				locked, err := p.Lock(c.Context, c.Args().Slice(), opt)
				if err != nil {
					return err
				}
				return s.print(locked, locked.Output)
			})
		},
	}
}

func lockOptions(c *cli.Context) (pipeline.LockOptions, error) {
	opt := pipeline.LockOptions{
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
