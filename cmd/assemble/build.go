package main

import (
	"errors"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"github.com/assemble-image/assemble/internal/pipeline"
)

func buildCommand(env *environment) *cli.Command {
	return &cli.Command{
		Name:     "build",
		Usage:    "assemble an image into an OCI layout or an archive",
		Category: verbsImages,
		Description: "OUTPUT is oci:DIR[:TAG], oci-archive:FILE[:TAG] or docker-archive:FILE[:NAME:TAG]; - as FILE is " +
			"standard output. No registry is asked for anything but the base.",
		Flags: join([]cli.Flag{
			&cli.StringSliceFlag{Name: "output", Aliases: []string{"o"}, Usage: "write the image to `OUTPUT` (may be repeated)"},
		}, jobsFlag("read and pack `N` at once"), buildFlags(), smokeFlags(), offlineFlags(), registryFlags(), outputFlags(), configFlags()),
		Action: func(c *cli.Context) error {
			if err := noArgument(c); err != nil {
				return err
			}
			outs, err := parseOutputs(c.StringSlice("output"))
			if err != nil {
				return usageError{err}
			}
			streams, err := env.checkOutputs(c, outs)
			if err != nil {
				return err
			}
			smoke, err := smokeOptions(c)
			if err != nil {
				return err
			}
			return withPipeline(env, func(c *cli.Context, s *session, p *pipeline.Pipeline) error {
				if err := p.CheckOutputs(outs); err != nil {
					return err
				}
				if err := p.CheckSmoke(smoke); err != nil {
					return err
				}
				plan, err := p.Plan(c.Context)
				if err != nil {
					return err
				}
				result, err := p.Write(c.Context, plan, outs, pipeline.WriteOptions{Smoke: smoke, Password: env.password, Stdout: env.binary})
				if err != nil {
					return err
				}
				s.done(result)
				if streams {
					return nil
				}
				return s.print(result, result.Digest)
			})(c)
		},
	}
}

// checkOutputs checks each output, and reports whether one goes to standard
// output, which then carries nothing else.
func (env *environment) checkOutputs(c *cli.Context, outs []pipeline.Output) (streams bool, err error) {
	for _, o := range outs {
		if err := o.Check(); err != nil {
			return false, err
		}
		streams = streams || o.Streams()
	}
	if f, ok := rawFile(env.stdout); streams && ok && term.IsTerminal(int(f.Fd())) {
		return true, usagef("standard output is a terminal, which an archive should not be written to")
	}
	if streams && c.Bool("json") {
		return true, usagef("--json and an archive can't both be written to standard output")
	}
	return streams, nil
}

func parseOutputs(list []string) ([]pipeline.Output, error) {
	if len(list) == 0 {
		return nil, errors.New("build requires --output, for example --output oci:out")
	}
	outs := make([]pipeline.Output, len(list))
	for i, s := range list {
		var err error
		if outs[i], err = pipeline.ParseOutput(s); err != nil {
			return nil, err
		}
	}
	return outs, nil
}
