package main

import (
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/urfave/cli/v2"

	"github.com/assemble-image/assemble/internal/images"
	"github.com/assemble-image/assemble/internal/pipeline"
	"github.com/assemble-image/assemble/internal/report"
)

func copyCommand(env *environment) *cli.Command {
	return &cli.Command{
		Name:      "copy",
		Usage:     "copy an image with all that is attached to it",
		Category:  verbsImages,
		ArgsUsage: "SRC DST",
		Description: "SRC and DST are references, oci:DIR[:TAG] or oci-archive:FILE[:TAG]; SRC may be a docker-archive:FILE, too. " +
			"All platforms, signatures, attestations and other referrers come along, digests stay, and only what DST lacks is sent. " +
			"Tags are put last. Without a tag, DST gets that of SRC.",
		Flags: join([]cli.Flag{
			&cli.BoolFlag{DisableDefaultText: true, Name: "all-tags", Usage: "copy all tags of SRC's repository or layout"},
			&cli.StringFlag{Name: "platform", Usage: "of several platforms, copy `PLATFORM` alone"},
			&cli.BoolFlag{DisableDefaultText: true, Name: "image-only", Usage: "leave out what is attached"},
			&cli.StringFlag{Name: "chunk-size", Usage: "upload in chunks of `SIZE`, for example 50MiB"},
		}, cacheFlags(), registryFlags(), outputFlags()),
		Action: func(c *cli.Context) (err error) {
			from, to, opt, err := copyArguments(c)
			if err != nil {
				return err
			}
			s, err := newSession(c, env)
			if err != nil {
				return err
			}
			defer s.close(&err)
			return s.copy(c, from, to, opt)
		},
	}
}

// copyArguments reads the command line of copy.
func copyArguments(c *cli.Context) (from, to images.Place, opt images.CopyOptions, err error) {
	if c.NArg() != 2 {
		return from, to, opt, usagef("%s takes two arguments, what to copy and where to, got %d", verbName(c), c.NArg())
	}
	opt = images.CopyOptions{AllTags: c.Bool("all-tags"), Plain: c.Bool("image-only")}
	if opt.Platform, err = platformFlag(c); err != nil {
		return from, to, opt, err
	}
	if from, err = place(c, c.Args().Get(0)); err != nil {
		return from, to, opt, err
	}
	if to, err = place(c, c.Args().Get(1)); err != nil {
		return from, to, opt, err
	}
	if err := images.CheckCopy(from, to, opt); err != nil {
		return from, to, opt, usageError{err}
	}
	if to.Transport == images.OCIArchive {
		err = pipeline.Output{Transport: to.Transport, Path: to.Path}.Check()
	}
	return from, to, opt, err
}

// place reads a place as people write it.
func place(c *cli.Context, text string) (images.Place, error) {
	if err := refuseCredentials(text); err != nil {
		return images.Place{}, err
	}
	p, err := images.ParsePlace(text, c.Bool("insecure"))
	if err != nil {
		return p, usageError{err}
	}
	return p, nil
}

// platformFlag reads --platform, the zero platform where it isn't given.
func platformFlag(c *cli.Context) (v1.Platform, error) {
	if c.String("platform") == "" {
		return v1.Platform{}, nil
	}
	p, err := v1.ParsePlatform(c.String("platform"))
	if err != nil || p.OS == "" || p.Architecture == "" {
		return v1.Platform{}, usagef("--platform=%s: must be OS/ARCHITECTURE, for example linux/arm64", c.String("platform"))
	}
	return *p, nil
}

func (s *session) copy(c *cli.Context, from, to images.Place, opt images.CopyOptions) error {
	r := report.New(s.ui.event)
	stage := report.StagePush
	if to.Transport != images.Remote {
		stage = report.StageWrite
		opt.Progress = func(done, total int64) { r.Progress(stage, "", done, total) }
	}
	var result *images.Copied
	err := r.Stage(stage, fmt.Sprintf("copying %s to %s", from, to), func() (text string, err error) {
		result, err = images.Opener{Registry: s.registry}.Copy(c.Context, from, to, opt)
		if err != nil {
			return "", err
		}
		return copySummary(result), nil
	})
	if err != nil {
		return err
	}
	for _, n := range result.Notes {
		s.note(n)
	}
	line := result.Reference
	if line == "" {
		line = to.String()
	}
	return s.print(result, line)
}

// copySummary says what a copy came to.
func copySummary(r *images.Copied) string {
	b := r.Blobs
	text := fmt.Sprintf("%s (%d attached, %d there already)", report.Count(r.Manifests, "manifest"), r.Attached, r.Existed)
	text += fmt.Sprintf(", %s copied (%s)", report.Count(b.Copied, "blob"), report.Bytes(b.Bytes))
	if b.Mounted > 0 {
		text += fmt.Sprintf(", %d mounted", b.Mounted)
	}
	if b.Existed > 0 {
		text += fmt.Sprintf(", %d there already", b.Existed)
	}
	return text
}
