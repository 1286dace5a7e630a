package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/assemble-image/assemble/internal/images"
	"github.com/assemble-image/assemble/internal/trust"
)

func imageCommand(env *environment) *cli.Command {
	return &cli.Command{
		Name:      "image",
		Usage:     "what is in images, and what differs between two",
		Category:  verbsImages,
		ArgsUsage: "COMMAND",
		Action: func(c *cli.Context) error {
			return usagef("image requires a subcommand: list, show, diff or delete%s", suggestion(c.Command.Subcommands, c.Args().First()))
		},
		Subcommands: []*cli.Command{imageListCommand(env), imageShowCommand(env), imageDiffCommand(env), imageDeleteCommand(env)},
	}
}

func imageListCommand(env *environment) *cli.Command {
	return &cli.Command{
		Name:        "list",
		Usage:       "list the tags of a repository or layout, or a registry's repositories",
		ArgsUsage:   "REF",
		Description: "REF is a repository, oci:DIR, oci-archive:FILE, or a registry such as localhost:5000.",
		Flags:       join(cacheFlags(), registryFlags(), outputFlags()),
		Action: func(c *cli.Context) (err error) {
			ref, err := oneArgument(c, "a repository, a layout or a registry")
			if err != nil {
				return err
			}
			s, err := newSession(c, env)
			if err != nil {
				return err
			}
			defer s.close(&err)
			o := images.Opener{Registry: s.registry}
			if r, ok := images.ParseRegistry(ref, c.Bool("insecure")); ok {
				list, err := o.Repositories(c.Context, r)
				if err != nil {
					return err
				}
				return s.printLines(list, list)
			}
			p, err := place(c, ref)
			if err != nil {
				return err
			}
			tags, err := o.List(c.Context, p)
			if err != nil {
				return err
			}
			return s.printLines(tags, tagRows(tags))
		},
	}
}

// tagRows is a table of tags.
func tagRows(tags []images.Tag) []string {
	rows := make([][]string, 0, len(tags)+1)
	rows = append(rows, []string{"TAG", "DIGEST", "PLATFORMS", "CREATED", "SIZE", "ATTACHED"})
	for _, t := range tags {
		row := []string{t.Tag, t.Digest, strings.Join(t.Platforms, ","), t.Created, sizeText(t.Size), strings.Join(t.Attached, ", ")}
		if t.Error != "" {
			row[5] = t.Error
		}
		rows = append(rows, row)
	}
	return columns(rows)
}

func imageShowCommand(env *environment) *cli.Command {
	return &cli.Command{
		Name:      "show",
		Usage:     "say what is in an image",
		ArgsUsage: "REF",
		Description: "REF is a reference, or oci:DIR[:TAG], oci-archive:FILE[:TAG] or docker-archive:FILE[:NAME:TAG]. What is installed is told by the build " +
			"record where there is one in the registry, and by the layers with --scan and for images on disk. With --key, signatures are verified.",
		Flags: join([]cli.Flag{
			&cli.StringFlag{Name: "platform", Usage: "of several platforms, show `PLATFORM` alone"},
			&cli.BoolFlag{DisableDefaultText: true, Name: "scan", Usage: "read the layers for what is installed"},
			&cli.StringSliceFlag{Name: "key", Usage: "say whether a signature matches the public key `FILE`"},
		}, cacheFlags(), registryFlags(), outputFlags()),
		Action: imageAction(env, 1, func(c *cli.Context, s *session, p []images.Place, opt images.DescribeOptions) error {
			desc, err := images.Opener{Registry: s.registry}.Describe(c.Context, p[0], opt)
			if err != nil {
				return err
			}
			shown := shownImage{Description: desc}
			if shown.Signed, err = s.signers(c, p[0]); err != nil {
				return err
			}
			return s.printLines(shown, shown.lines())
		}),
	}
}

// imageAction is the action of a verb that takes n places, and what DescribeOptions
// has flags for.
func imageAction(env *environment, n int, f func(*cli.Context, *session, []images.Place, images.DescribeOptions) error) cli.ActionFunc {
	return func(c *cli.Context) (err error) {
		if c.NArg() != n {
			return usagef("%s takes %s, got %d", verbName(c), map[int]string{1: "a reference", 2: "two references"}[n], c.NArg())
		}
		places := make([]images.Place, n)
		for i := range places {
			if places[i], err = place(c, c.Args().Get(i)); err != nil {
				return err
			}
		}
		opt := images.DescribeOptions{Scan: c.Bool("scan")}
		if opt.Platform, err = platformFlag(c); err != nil {
			return err
		}
		s, err := newSession(c, env)
		if err != nil {
			return err
		}
		defer s.close(&err)
		if s.cache != nil { // a nil *Cache would be a non-nil Store
			opt.Store = s.cache
		}
		return f(c, s, places, opt)
	}
}

// signers names the keys of --key that have signed an image in a registry.
func (s *session) signers(c *cli.Context, p images.Place) ([]string, error) {
	files := c.StringSlice("key")
	if len(files) == 0 {
		return nil, nil
	}
	if p.Transport != images.Remote {
		return nil, usagef("--key verifies signatures in registries; copy the image there first")
	}
	var signed []string
	for _, file := range files {
		key, err := trust.ReadPublicKey(file)
		if err != nil {
			return nil, err
		}
		if _, err := trust.Verify(c.Context, s.registry, p.String(), key); err == nil {
			signed = append(signed, file)
		} else {
			s.note(fmt.Sprintf("%s: %v", file, err))
		}
	}
	return signed, nil
}

func imageDiffCommand(env *environment) *cli.Command {
	return &cli.Command{
		Name:      "diff",
		Usage:     "say what differs between two images",
		ArgsUsage: "REF REF",
		Description: "Compares bases, configs, wheels and packages, and layers; with --files, the files of layers that only one of the images has. " +
			"The references are as with show.",
		Flags: join([]cli.Flag{
			&cli.StringFlag{Name: "platform", Usage: "compare the images for `PLATFORM`"},
			&cli.BoolFlag{DisableDefaultText: true, Name: "scan", Usage: "read the layers for what is installed"},
			&cli.BoolFlag{DisableDefaultText: true, Name: "files", Usage: "compare files, too"},
		}, cacheFlags(), registryFlags(), outputFlags()),
		Action: imageAction(env, 2, func(c *cli.Context, s *session, p []images.Place, opt images.DescribeOptions) error {
			d, err := images.Opener{Registry: s.registry}.Diff(c.Context, p[0], p[1], images.DiffOptions{DescribeOptions: opt, Files: c.Bool("files")})
			if err != nil {
				return err
			}
			return s.printLines(d, diffLines(d, c.Bool("files")))
		}),
	}
}

func imageDeleteCommand(env *environment) *cli.Command {
	return &cli.Command{
		Name:      "delete",
		Usage:     "delete a tag, or an image by digest",
		ArgsUsage: "REF",
		Description: "A tag goes alone. A digest goes with its signatures and whatever else is attached, and, if --force is given, with the tags that stand for it. " +
			"Without --yes it only says what would go.",
		Flags: join([]cli.Flag{
			&cli.BoolFlag{DisableDefaultText: true, Name: "yes", Aliases: []string{"y"}, Usage: "delete it"},
			&cli.BoolFlag{DisableDefaultText: true, Name: "force", Usage: "delete a digest that tags stand for"},
		}, cacheFlags(), registryFlags(), outputFlags()),
		Action: func(c *cli.Context) (err error) {
			ref, err := remoteArgument(c, "a reference")
			if err != nil {
				return err
			}
			p, err := place(c, ref)
			if err != nil {
				return err
			}
			if p.Ref == "" {
				return usagef("%s requires a tag or a digest: %q has none", verbName(c), ref)
			}
			s, err := newSession(c, env)
			if err != nil {
				return err
			}
			defer s.close(&err)
			return s.deleteImage(c, p)
		},
	}
}

func (s *session) deleteImage(c *cli.Context, p images.Place) error {
	o := images.Opener{Registry: s.registry}
	d, err := o.PlanDeletion(c.Context, p)
	if err != nil {
		return err
	}
	if len(d.Named) > 0 && !c.Bool("force") {
		return fmt.Errorf("deleting %s: tags stand for it: %s; --force deletes them, too", p, strings.Join(d.Named, ", "))
	}
	lines := []string{}
	for _, t := range d.Tags {
		lines = append(lines, p.With(t).String())
	}
	for _, m := range d.Manifests {
		lines = append(lines, p.With(m).String())
	}
	if !c.Bool("yes") {
		for _, l := range lines {
			s.note("would delete " + l)
		}
		return usagef("nothing was deleted; --yes deletes it")
	}
	if err := o.Delete(c.Context, p, d); err != nil {
		return err
	}
	return s.printLines(d, lines)
}

// printLines writes the result: as JSON, or a line each.
func (s *session) printLines(result any, lines []string) error {
	if s.json {
		return printJSON(s.env.stdout, result)
	}
	for _, l := range lines {
		if _, err := fmt.Fprintln(s.env.stdout, strings.TrimRight(l, " ")); err != nil {
			return fmt.Errorf("writing the result: %w", err)
		}
	}
	return nil
}

// columns aligns the cells of rows.
func columns(rows [][]string) []string {
	var widths []int
	for _, r := range rows {
		for i, cell := range r {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], runes(cell))
		}
	}
	lines := make([]string, len(rows))
	for n, r := range rows {
		cells := slices.Clone(r)
		for i := range cells[:len(cells)-1] {
			cells[i] += strings.Repeat(" ", widths[i]-runes(cells[i]))
		}
		lines[n] = strings.Join(cells, "  ")
	}
	return lines
}
