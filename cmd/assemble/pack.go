package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/assemble-image/assemble/internal/pipeline"
	"github.com/assemble-image/assemble/internal/registry"
)

func packCommand(env *environment) *cli.Command {
	return &cli.Command{
		Name:      "pack",
		Usage:     "pack a lock's wheels into an image of layers only",
		Category:  verbsImages,
		ArgsUsage: "[LOCK] REF",
		Description: "Other pushes take layers from it: assemble push --layer-cache REF. With --shard i/n, several machines\n" +
			"pack at once: each downloads its part of the wheels and pushes its layers to REF-i.",
		Flags: join(jobsFlag("read and pack `N` at once"), buildFlags(), []cli.Flag{
			&cli.StringFlag{Name: "shard", Usage: "pack part `I/N` alone, I from 0 to N-1, into REF-I"},
			&cli.StringFlag{Name: "chunk-size", Usage: "upload in chunks of `SIZE`, for example 50MiB"},
		}, offlineFlags(), registryFlags(), outputFlags(), configFlags()),
		Action: func(c *cli.Context) error {
			target, shard, err := packArguments(c)
			if err != nil {
				return err
			}
			return runPipeline(c, env, func(c *cli.Context, s *session, p *pipeline.Pipeline) error {
				if err := s.config.RequireLock(); err != nil {
					return err
				}
				tag, err := registry.ParseTarget(target, c.Bool("insecure"))
				if err != nil {
					return usageError{err}
				}
				if shard.Of > 0 {
					tag = tag.Context().Tag(fmt.Sprintf("%s-%d", tag.TagStr(), shard.Index))
				}
				result, err := p.Pack(c.Context, tag, pipeline.PackOptions{Shard: shard, Password: env.password})
				if err != nil {
					return err
				}
				s.done(result)
				return s.print(result, result.Reference)
			})
		},
	}
}

// packArguments reads the verb's arguments: the lock, if it isn't the config's,
// and the reference.
func packArguments(c *cli.Context) (target string, shard pipeline.Shard, err error) {
	args := c.Args().Slice()
	switch len(args) {
	case 1:
	case 2:
		if c.IsSet("lock") {
			return "", shard, usagef("the lock is given twice: as an argument and with --lock")
		}
		if err := c.Set("lock", args[0]); err != nil {
			return "", shard, fmt.Errorf("setting the lock: %w", err)
		}
	default:
		return "", shard, usagef("pack requires a reference, for example registry.example.com/cache/ml:2026, and a lock before it unless the config names one")
	}
	target = args[len(args)-1]
	if err := refuseCredentials(target); err != nil {
		return "", shard, err
	}
	if text := c.String("shard"); text != "" {
		if shard, err = pipeline.ParseShard(text); err != nil {
			return "", shard, usageError{err}
		}
	}
	return target, shard, nil
}
