package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/serve"
)

func registryGCCommand(env *environment) *cli.Command {
	return &cli.Command{
		Name:      "gc",
		Usage:     "remove what nothing needs from a registry's directory",
		ArgsUsage: " ",
		Description: "Removes blobs that no image names, signatures of images that are gone, and uploads that were given up. " +
			"A registry may serve from the directory meanwhile. What was pushed or asked for within --grace stays.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "dir", Usage: "the registry's `DIR`"},
			&cli.BoolFlag{DisableDefaultText: true, Name: "untagged", Usage: "remove images without a tag as well"},
			&cli.DurationFlag{Name: "grace", Value: serve.DefaultGrace, Usage: "keep what is younger than `TIME`"},
			&cli.BoolFlag{DisableDefaultText: true, Name: "dry-run", Usage: "only say what would be removed"},
			jsonFlag(),
		},
		Action: func(c *cli.Context) error {
			if err := noArgument(c); err != nil {
				return err
			}
			dir, err := required(c, "dir", "the directory of a registry")
			if err != nil {
				return err
			}
			if c.Duration("grace") < 0 {
				return usagef("--grace %v: must not be negative", c.Duration("grace"))
			}
			got, err := serve.Collect(c.Context, dir, serve.CollectOptions{
				Untagged: c.Bool("untagged"), Grace: c.Duration("grace"), DryRun: c.Bool("dry-run"),
			})
			if err != nil {
				return err
			}
			if c.Bool("json") {
				return printJSON(env.stdout, got)
			}
			verb := "removed"
			if c.Bool("dry-run") {
				verb = "would remove"
			}
			_, err = fmt.Fprintf(env.stdout, "%s %s (%s), %s, %s and %s; %s kept\n", verb,
				report.Count(got.Blobs, "blob"), report.Bytes(got.Bytes), report.Count(got.Manifests, "manifest"),
				report.Count(got.Tags, "tag"), report.Count(got.Uploads, "upload"), report.Count(got.Kept, "blob"))
			return err
		},
	}
}
