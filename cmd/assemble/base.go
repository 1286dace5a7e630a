package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/internal/pipeline"
)

func baseCommand(env *environment) *cli.Command {
	return &cli.Command{
		Name:      "base",
		Usage:     "pin the base image by digest, keep it, and move on to a newer one",
		Category:  verbsImages,
		ArgsUsage: "COMMAND",
		Action: func(c *cli.Context) error {
			return usagef("base requires a subcommand: lock, show, fetch or update%s", suggestion(c.Command.Subcommands, c.Args().First()))
		},
		Subcommands: []*cli.Command{
			baseVerb(env, "lock", "pin the config's bases in base.lock; what is pinned stays", nil,
				func(c *cli.Context, p *pipeline.Pipeline) ([]pipeline.PinnedBase, error) {
					return p.LockBases(c.Context, false)
				}),
			baseVerb(env, "update", "pin the bases anew, and say what has changed", nil,
				func(c *cli.Context, p *pipeline.Pipeline) ([]pipeline.PinnedBase, error) {
					return p.LockBases(c.Context, true)
				}),
			baseVerb(env, "show", "list what is pinned, and whether its tags have moved", nil,
				func(c *cli.Context, p *pipeline.Pipeline) ([]pipeline.PinnedBase, error) {
					return p.ShowBases(c.Context)
				}),
			baseVerb(env, "fetch", "keep what is pinned in an OCI layout, from which builds take it", []cli.Flag{
				&cli.StringFlag{Name: "layout", DefaultText: "base.oci", Usage: "keep it in `DIR`, relative to the lock"},
			}, func(c *cli.Context, p *pipeline.Pipeline) ([]pipeline.PinnedBase, error) {
				list, _, err := p.FetchBases(c.Context, c.String("layout"))
				return list, err
			}),
		},
	}
}

func baseVerb(env *environment, name, usage string, flags []cli.Flag, run func(*cli.Context, *pipeline.Pipeline) ([]pipeline.PinnedBase, error)) *cli.Command {
	return &cli.Command{
		Name: name, Usage: usage, ArgsUsage: " ",
		Flags: join(flags, []cli.Flag{
			&cli.StringFlag{Name: "file", Aliases: []string{"f"}, Value: config.DefaultFile, Category: categoryConfig, Usage: "read the config from `FILE`"},
			&cli.BoolFlag{DisableDefaultText: true, Name: "offline", Category: categoryNetwork, Usage: "ask no server"},
		}, cacheFlags(), registryFlags(), outputFlags(), baseConfigFlags()),
		Action: withPipeline(env, func(c *cli.Context, s *session, p *pipeline.Pipeline) error {
			list, err := run(c, p)
			if err != nil {
				return err
			}
			return s.printLines(list, pinLines(list))
		}),
	}
}

// baseConfigFlags are those of the config's flags that are about the base.
func baseConfigFlags() []cli.Flag {
	var flags []cli.Flag
	for _, f := range configFlags() {
		if categoryOf(f) == config.TopicBase {
			flags = append(flags, f)
		}
	}
	return flags
}

func pinLines(list []pipeline.PinnedBase) []string {
	var lines []string
	for _, b := range list {
		what := []string{b.Base, b.Platform, b.Digest}
		if b.Python != "" {
			what = append(what, "Python "+b.Python)
		}
		if b.Kept {
			what = append(what, "(kept)")
		}
		lines = append(lines, strings.Join(what, " "))
		if b.Moved != "" {
			lines = append(lines, fmt.Sprintf("  the tag has moved to %s; assemble base update takes it", b.Moved))
		}
		for _, c := range b.Changes {
			lines = append(lines, "  "+c)
		}
	}
	return lines
}
