package main

import (
	"github.com/urfave/cli/v2"

	"github.com/assemble-image/assemble/internal/pipeline"
)

// offlineFlags steer which places are asked for wheels.
func offlineFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{DisableDefaultText: true, Name: "offline", Usage: "ask no server for wheels; directories of find_links still count"},
		&cli.BoolFlag{DisableDefaultText: true, Name: "no-index", Usage: "ask no package index, whatever config and requirements name; find_links still count"},
		&cli.BoolFlag{DisableDefaultText: true, Name: "refresh", Usage: "ask the package index even for what the cache knows"},
	}
}

func fetchCommand(env *environment) *cli.Command {
	return &cli.Command{
		Name:  "fetch",
		Usage: "download the lock's wheels into the wheelhouse",
		Description: "Fetches what isn't there, with the hashes of the lock: from find_links and the indexes of the\n" +
			"config or, where that names none, of the lock. They are tried in order. A broken download is\n" +
			"taken up where it ended. Credentials: in the index's URL, in netrc, or in\n" +
			"ASSEMBLE_INDEX_USERNAME and ASSEMBLE_INDEX_PASSWORD for the config's first index.",
		Flags: join(buildFlags(), offlineFlags(), registryFlags(), outputFlags(), configFlags()),
		Action: withPipeline(env, func(c *cli.Context, s *session, p *pipeline.Pipeline) error {
			got, err := p.Fetch(c.Context)
			if err != nil {
				return err
			}
			if !s.json {
				return nil
			}
			type wheel struct {
				File   string `json:"file"`
				SHA256 string `json:"sha256"`
				Size   int64  `json:"size"`
				Server string `json:"server,omitempty"`
			}
			list := make([]wheel, len(got))
			for i, f := range got {
				list[i] = wheel{f.Filename.String(), f.SHA256, f.Size, f.Server}
			}
			return printJSON(env.stdout, list)
		}),
	}
}

// withPipeline is the action of a verb without arguments that works on the
// config's pipeline.
func withPipeline(env *environment, f func(*cli.Context, *session, *pipeline.Pipeline) error) cli.ActionFunc {
	return func(c *cli.Context) error {
		if err := noArgument(c); err != nil {
			return err
		}
		return runPipeline(c, env, f)
	}
}

// runPipeline opens the session and the pipeline of the verb's flags, runs f,
// and closes both.
func runPipeline(c *cli.Context, env *environment, f func(*cli.Context, *session, *pipeline.Pipeline) error) (err error) {
	s, err := newSession(c, env)
	if err != nil {
		return err
	}
	defer s.close(&err)
	p, err := s.pipeline(c)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := p.Close(); cerr != nil && err == nil {
			err = cerr
		}
	}()
	return explainMissing(f(c, s, p), s.config)
}
