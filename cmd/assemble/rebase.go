package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/urfave/cli/v2"

	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/internal/images"
	"github.com/assemble-image/assemble/internal/pipeline"
	"github.com/assemble-image/assemble/internal/registry"
	"github.com/assemble-image/assemble/internal/trust"
)

func rebaseCommand(env *environment) *cli.Command {
	return &cli.Command{
		Name:      "rebase",
		Usage:     "put an image's own layers onto a newer base",
		Category:  verbsImages,
		ArgsUsage: "REF…",
		Description: "Needs no wheels and no app: the image's layers stay as they are. The base is what the image says that it was built upon, as it is today, " +
			"or --base. Where Python, the C library, accounts or packages don't fit, it says what doesn't, and changes nothing. The new image is " +
			"smoke-tested by the smoke fields of assemble.yaml, if it exists, signed, and tagged last. With --all, each REF is a repository, " +
			"all of whose tags are rebased that are on that base.",
		Flags: join([]cli.Flag{
			&cli.BoolFlag{DisableDefaultText: true, Name: "all", Usage: "rebase all tags of repositories"},
			&cli.StringFlag{Name: "base", Category: config.TopicBase, Usage: "put it onto `REF`"},
			&cli.StringFlag{Name: "old-base", Category: config.TopicBase, Usage: "the base that it was built upon is at `REF`"},
			&cli.StringFlag{Name: "file", Aliases: []string{"f"}, Value: config.DefaultFile, Category: categoryConfig, Usage: "read `FILE`, if it is there"},
			&cli.BoolFlag{DisableDefaultText: true, Name: "legacy-signature", Usage: "sign in the format of cosign 1 and 2, too"},
		}, smokeFlags(), cacheFlags(), registryFlags(), outputFlags(), rebaseFlags()),
		Action: func(c *cli.Context) (err error) {
			tags, err := rebaseArguments(c)
			if err != nil {
				return err
			}
			smoke, err := smokeOptions(c)
			if err != nil {
				return err
			}
			cfg, err := smokeConfig(c)
			if err != nil {
				return err
			}
			s, err := newSession(c, env)
			if err != nil {
				return err
			}
			defer s.close(&err)
			s.mirrors.Config = cfg.Mirrors
			if !cfg.HostsDir.IsZero() {
				s.mirrors.Dir = cfg.HostsDir.Abs
			}
			p := pipeline.New(cfg, pipeline.Options{Registry: s.registry, Cache: s.cache, Progress: s.ui.event})
			opt := pipeline.RebaseOptions{Base: c.String("base"), OldBase: c.String("old-base"), PushOptions: pipeline.PushOptions{
				Smoke: smoke, Password: env.password, Attachments: trust.Signatures(c.Bool("legacy-signature")),
			}}
			if c.Bool("all") {
				return s.rebaseAll(c, p, tags, opt)
			}
			r, err := p.Rebase(c.Context, tags[0], opt)
			if err != nil {
				return err
			}
			for _, change := range r.Changes {
				s.note(change)
			}
			if r.Current {
				s.note(fmt.Sprintf("%s is on %s already", tags[0], r.Base))
			}
			return s.print(r, r.Image)
		},
	}
}

// rebaseFlags are those of the config's flags that say how an image is tested and
// signed, and where bases come from.
func rebaseFlags() []cli.Flag {
	flags := testFlags()
	for _, f := range configFlags() {
		if slices.Contains([]string{"key", "mirror", "hosts-dir"}, f.Names()[0]) {
			flags = append(flags, f)
		}
	}
	return flags
}

// rebaseArguments reads the references: one, or with --all any number.
func rebaseArguments(c *cli.Context) ([]name.Tag, error) {
	if c.NArg() == 0 || c.NArg() > 1 && !c.Bool("all") {
		return nil, usagef("%s takes a reference, or --all and repositories; got %d arguments", verbName(c), c.NArg())
	}
	var tags []name.Tag
	for _, arg := range c.Args().Slice() {
		if err := refuseCredentials(arg); err != nil {
			return nil, err
		}
		if _, _, local := strings.Cut(arg, "oci:"); local || strings.Contains(arg, "-archive:") {
			return nil, usagef("%s works on images in a registry, but %q is on disk", verbName(c), arg)
		}
		t, err := registry.ParseTarget(arg, c.Bool("insecure"))
		if err != nil {
			return nil, usageError{err}
		}
		tags = append(tags, t)
	}
	return tags, nil
}

// rebaseRow is a line of what became of many images.
type rebaseRow struct {
	Tag    string            `json:"tag"`
	Result *pipeline.Rebased `json:"result,omitempty"`
	Error  string            `json:"error,omitempty"`
}

var errNotAll = errors.New("not all images could be rebased")

// rebaseAll rebases the tags of repositories that are on the base, and prints a
// table. One that fails doesn't keep the others.
func (s *session) rebaseAll(c *cli.Context, p *pipeline.Pipeline, repos []name.Tag, opt pipeline.RebaseOptions) error {
	o := images.Opener{Registry: s.registry}
	var rows []rebaseRow
	failed := false
	for _, repo := range repos {
		list, err := o.List(c.Context, images.Place{Transport: images.Remote, Repository: repo.Context()})
		if err != nil {
			return err
		}
		for _, t := range list {
			tag := repo.Context().Tag(t.Tag)
			r, err := p.Rebase(c.Context, tag, opt)
			if c.Err() != nil {
				return err
			}
			row := rebaseRow{Tag: tag.Name(), Result: r}
			if err != nil {
				row.Error, failed = err.Error(), true
			}
			rows = append(rows, row)
		}
	}
	if err := s.printLines(rows, rebaseTable(rows)); err != nil {
		return err
	}
	if failed {
		return errNotAll
	}
	return nil
}

func rebaseTable(rows []rebaseRow) []string {
	table := make([][]string, 0, len(rows)+1)
	table = append(table, []string{"TAG", "BASE BEFORE", "BASE NOW", "WHAT"})
	for _, r := range rows {
		line := []string{r.Tag, "", "", strings.ReplaceAll(r.Error, "\n", " ")}
		if r.Result != nil {
			line[1], line[2] = shortDigest(r.Result.From), shortDigest(r.Result.To)
			line[3] = fmt.Sprintf("rebased, %d changes", len(r.Result.Changes))
			if r.Result.Current {
				line[3] = "on it already"
			}
		}
		table = append(table, line)
	}
	return columns(table)
}

// shortDigest is enough of a digest for people to tell two apart.
func shortDigest(d string) string { return d[:min(len(d), len("sha256:")+12)] }
