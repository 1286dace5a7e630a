package main

import (
	"errors"

	"github.com/urfave/cli/v2"

	"github.com/assemble-image/assemble/internal/pipeline"
)

func buildCommand(env *environment) *cli.Command {
	return &cli.Command{
		Name:  "build",
		Usage: "assemble an image into an OCI layout or an archive, without a registry",
		Flags: join([]cli.Flag{
			&cli.StringSliceFlag{Name: "output", Aliases: []string{"o"}, Usage: "write to oci:DIR[:TAG], oci-archive:FILE[:TAG] or docker-archive:FILE[:NAME:TAG] (`OUTPUT`, may be repeated)"},
		}, jobsFlag("read `N` wheels and pack N layers in parallel"), buildFlags(), smokeFlags(), offlineFlags(), registryFlags(), outputFlags(), configFlags()),
		Action: func(c *cli.Context) error {
			if err := noArgument(c); err != nil {
				return err
			}
			outs, err := parseOutputs(c.StringSlice("output"))
			if err != nil {
				return usageError{err}
			}
			for _, o := range outs {
				if err := o.Check(); err != nil {
					return err
				}
			}
			smoke, err := smokeOptions(c)
			if err != nil {
				return err
			}
			return withPipeline(env, func(c *cli.Context, s *session, p *pipeline.Pipeline) error {
				plan, err := p.Plan(c.Context)
				if err != nil {
					return err
				}
				result, err := p.Write(c.Context, plan, outs, pipeline.WriteOptions{Smoke: smoke, Password: env.password})
				if err != nil {
					return err
				}
				s.done(result)
				return s.print(result, result.Digest)
			})(c)
		},
	}
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
