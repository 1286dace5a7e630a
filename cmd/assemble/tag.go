package main

import (
	"fmt"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/urfave/cli/v2"

	"github.com/assemble-image/assemble/internal/images"
)

func tagCommand(env *environment) *cli.Command {
	return &cli.Command{
		Name:      "tag",
		Usage:     "move a tag to an image in a registry, or back",
		Category:  verbsImages,
		ArgsUsage: "REF TAG",
		Description: "REF is the image, by digest or by another tag. What the tag stood for is kept in its history, at the tag TAG.history, so that it " +
			"stays in the registry; with --history, REF is a tag, and its history is printed, the newest first.",
		Flags: join([]cli.Flag{
			&cli.BoolFlag{DisableDefaultText: true, Name: "history", Usage: "print what a tag has stood for"},
		}, cacheFlags(), registryFlags(), outputFlags()),
		Action: func(c *cli.Context) (err error) {
			want := 2
			if c.Bool("history") {
				want = 1
			}
			if c.NArg() != want {
				return usagef("%s takes an image and a tag, or --history and a reference; got %d arguments", verbName(c), c.NArg())
			}
			p, err := place(c, c.Args().First())
			if err != nil {
				return err
			}
			if p.Transport != images.Remote {
				return usagef("%s works on images in a registry, but %q is on disk", verbName(c), p)
			}
			s, err := newSession(c, env)
			if err != nil {
				return err
			}
			defer s.close(&err)
			if c.Bool("history") {
				return s.tagHistory(c, p)
			}
			return s.moveTag(c, p, c.Args().Get(1))
		},
	}
}

func (s *session) tagHistory(c *cli.Context, p images.Place) error {
	if p.IsDigest() {
		return usagef("tag --history takes a tag, and %q is a digest", p)
	}
	if p.Ref == "" {
		p.Ref = name.DefaultTag
	}
	past, err := images.Opener{Registry: s.registry}.History(c.Context, p)
	if err != nil {
		return err
	}
	if len(past) == 0 {
		return fmt.Errorf("%s: %w", p, images.ErrMissing)
	}
	var rows [][]string
	for _, e := range past {
		row := []string{" ", e.Digest, e.Since}
		if e.Current {
			row[0] = "*"
		}
		rows = append(rows, row)
	}
	return s.printLines(past, columns(rows))
}

func (s *session) moveTag(c *cli.Context, p images.Place, tag string) error {
	if _, err := name.NewTag(p.Repository.Name()+":"+tag, name.StrictValidation); err != nil {
		return usagef("%q is not a tag", tag)
	}
	got, err := images.Opener{Registry: s.registry}.Tag(c.Context, p, tag, time.Now())
	if err != nil {
		return err
	}
	switch {
	case got.Existed:
		s.note(fmt.Sprintf("%s stood for it already", got.Tag))
	case got.Before != "":
		s.note(fmt.Sprintf("%s stood for %s before", got.Tag, got.Before))
	}
	return s.print(got, got.Reference)
}
