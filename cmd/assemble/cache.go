package main

import (
	"fmt"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/assemble-image/assemble/internal/cache"
	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/internal/report"
)

func cacheCommand(env *environment) *cli.Command {
	flags := []cli.Flag{
		cacheDirFlag(),
		jsonFlag(),
	}
	return &cli.Command{
		Name:     "cache",
		Usage:    "inspect, prune or verify the cache",
		Category: verbsOther,
		Action: func(c *cli.Context) error {
			return usagef("cache requires a subcommand: info, prune or verify%s", suggestion(c.Command.Subcommands, c.Args().First()))
		},
		Subcommands: []*cli.Command{
			{Name: "info", Usage: "show what is in the cache", Flags: flags, Action: withCache(env, cacheInfo)},
			{Name: "prune", Usage: "remove entries that are old or exceed the maximum size", Flags: join(flags, []cli.Flag{
				&cli.StringFlag{Name: "max-size", Usage: "keep at most `SIZE`, for example 500MiB"},
				&cli.DurationFlag{Name: "max-age", Usage: "remove what was not used for `TIME`, for example 720h"},
				&cli.BoolFlag{DisableDefaultText: true, Name: "all", Usage: "remove everything"},
			}), Action: withCache(env, cachePrune)},
			{Name: "verify", Usage: "read every entry and remove the damaged ones", Flags: flags, Action: withCache(env, cacheVerify)},
		},
	}
}

// withCache runs f on the cache that the flags name.
func withCache(env *environment, f func(*cli.Context, *environment, *cache.Cache) error) cli.ActionFunc {
	return func(c *cli.Context) (err error) {
		if err := noArgument(c); err != nil {
			return err
		}
		opened, err := cache.Open(c.String("cache-dir"), cache.Options{})
		if err != nil {
			return err
		}
		defer func() {
			if cerr := opened.Close(); err == nil {
				err = cerr
			}
		}()
		return f(c, env, opened)
	}
}

func cacheInfo(c *cli.Context, env *environment, opened *cache.Cache) error {
	info, err := opened.Info()
	if err != nil {
		return err
	}
	if c.Bool("json") {
		return printJSON(env.stdout, info)
	}
	w := tabwriter.NewWriter(env.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "directory\t%s\n", info.Dir)
	fmt.Fprintf(w, "entries\t%d (%s of at most %s)\n", info.Entries, report.Bytes(info.Bytes), report.Bytes(info.MaxBytes))
	for _, name := range slices.Sorted(maps.Keys(info.Kinds)) {
		k := info.Kinds[name]
		fmt.Fprintf(w, "  %s\t%d (%s)\n", name, k.Entries, report.Bytes(k.Bytes))
	}
	if !info.Newest.IsZero() {
		fmt.Fprintf(w, "last used\t%s\n", info.Newest.Format(time.RFC3339))
	}
	return w.Flush()
}

func cachePrune(c *cli.Context, env *environment, opened *cache.Cache) error {
	maxBytes := int64(-1)
	switch {
	case c.Bool("all"):
		maxBytes = 0
	case c.IsSet("max-size"):
		size, err := config.ParseSize(c.String("max-size"))
		if err != nil {
			return usagef("--max-size: %w", err)
		}
		maxBytes = int64(size)
	case !c.IsSet("max-age"):
		info, err := opened.Info()
		if err != nil {
			return err
		}
		maxBytes = info.MaxBytes
	}
	pruned, err := opened.Prune(maxBytes, c.Duration("max-age"))
	if err != nil {
		return err
	}
	if c.Bool("json") {
		return printJSON(env.stdout, pruned)
	}
	_, err = fmt.Fprintf(env.stdout, "removed %d entries (%s), kept %d (%s)\n",
		pruned.Entries, report.Bytes(pruned.Bytes), pruned.KeptEntries, report.Bytes(pruned.KeptBytes))
	return err
}

func cacheVerify(c *cli.Context, env *environment, opened *cache.Cache) error {
	v, err := opened.Verify(c.Context)
	if err != nil {
		return err
	}
	if c.Bool("json") {
		return printJSON(env.stdout, v)
	}
	for _, p := range v.Problems {
		fmt.Fprintf(env.stderr, "assemble: note: %s\n", printable(p))
	}
	_, err = fmt.Fprintf(env.stdout, "%d entries (%s) are intact, %d were damaged and removed\n", v.Entries-v.Damaged, report.Bytes(v.Bytes), v.Damaged)
	return err
}
