package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/assemble-image/assemble/internal/pipeline"
	"github.com/assemble-image/assemble/internal/registry"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/trust"
)

func pushCommand(env *environment) *cli.Command {
	return &cli.Command{
		Name:      "push",
		Usage:     "assemble, push, test and sign an image, and tag it last",
		Category:  verbsImages,
		ArgsUsage: "REF",
		Description: "Reads assemble.yaml in the current directory. Standard output carries only the\n" +
			"image's reference by digest, or a JSON report with --json.",
		Flags: join(jobsFlag("read and pack `N` at once"), buildFlags(), smokeFlags(), []cli.Flag{
			&cli.BoolFlag{DisableDefaultText: true, Name: "legacy-signature", Usage: "sign in the format of cosign 1 and 2, too"},
			&cli.BoolFlag{DisableDefaultText: true, Name: "verify-layers", Usage: "pack all layers anew, and compare with records"},
			&cli.BoolFlag{DisableDefaultText: true, Name: "no-check", Usage: "don't examine the image first (see check)"},
			&cli.StringFlag{Name: "chunk-size", Usage: "upload in chunks of `SIZE`, for example 50MiB"},
		}, offlineFlags(), registryFlags(), outputFlags(), configFlags()),
		Action: func(c *cli.Context) error {
			arg, err := remoteArgument(c, "a reference, for example registry.example.com/team/app:1.4.2")
			if err != nil {
				return err
			}
			target, err := registry.ParseTarget(arg, c.Bool("insecure"))
			if err != nil {
				return usageError{err}
			}
			smoke, err := smokeOptions(c)
			if err != nil {
				return err
			}
			return runPipeline(c, env, func(c *cli.Context, s *session, p *pipeline.Pipeline) error {
				if !strings.HasSuffix(arg, ":"+target.TagStr()) {
					s.note(fmt.Sprintf("no tag given, using %q", target.TagStr()))
				}
				result, err := p.Push(c.Context, target, pipeline.PushOptions{
					Smoke:       smoke,
					Password:    env.password,
					Attachments: trust.Signatures(c.Bool("legacy-signature")),

					VerifyLayers: c.Bool("verify-layers"),
				})
				if err != nil {
					return err
				}
				s.done(result)
				return s.print(result, result.Reference)
			})
		},
	}
}

// done writes the last line of what goes on: what was made, and how long all
// of it took.
func (s *session) done(r *pipeline.Result) {
	text := fmt.Sprintf("%s, %s in %.1f s", r.Digest, report.Bytes(r.Size), r.Seconds)
	s.ui.event(report.Event{Stage: "done", End: true, Text: text})
}

// print writes the result: all of it as JSON, or the one line that scripts
// want.
func (s *session) print(result any, line string) error {
	if s.json {
		return printJSON(s.env.stdout, result)
	}
	if _, err := fmt.Fprintln(s.env.stdout, line); err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	return nil
}
