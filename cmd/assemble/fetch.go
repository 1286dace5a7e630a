package main

import (
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/internal/pipeline"
)

// offlineFlags steer which places are asked for wheels.
func offlineFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{DisableDefaultText: true, Name: "offline", Category: categoryNetwork, Usage: "ask no server for wheels or for the base"},
		&cli.BoolFlag{DisableDefaultText: true, Name: "no-index", Category: categoryNetwork, Usage: "ask no package index, only find_links"},
		&cli.BoolFlag{DisableDefaultText: true, Name: "no-config-discovery", Category: categoryNetwork, Usage: "ignore where pip and uv are set up to look"},
		&cli.BoolFlag{DisableDefaultText: true, Name: "refresh", Category: categoryNetwork, Usage: "ask the index again, even for what is cached"},
	}
}

func fetchCommand(env *environment) *cli.Command {
	return &cli.Command{
		Name:     "fetch",
		Usage:    "download the locks' wheels and Debian packages",
		Category: verbsWheels,
		Description: "Downloads missing wheels and verifies them by the lock's hashes, from find_links and the indexes\n" +
			"in the config or, if it has none, those that pip or uv are set up with and those in the lock. They are tried in order. An interrupted download\n" +
			"is resumed. Credentials come from the index's URL, from netrc, or from\n" +
			"ASSEMBLE_INDEX_USERNAME and ASSEMBLE_INDEX_PASSWORD for the config's first index.\n" +
			"The packages of packages.lock are brought into debs/, from the archives that it names.",
		Flags: join(buildFlags(), offlineFlags(), registryFlags(), outputFlags(), configFlags()),
		Action: withPipeline(env, func(c *cli.Context, s *session, p *pipeline.Pipeline) error {
			if err := requireAnyLock(s.config); err != nil {
				return err
			}
			got, err := p.Fetch(c.Context)
			if err != nil || !s.json {
				return err
			}
			return printJSON(env.stdout, fetchedFiles(got))
		}),
	}
}

// fetchedFile is a wheel or a package as JSON has it.
type fetchedFile struct {
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
	Server string `json:"server,omitempty"`
}

func fetchedFiles(got *pipeline.Fetched) []fetchedFile {
	list := make([]fetchedFile, 0, len(got.Wheels)+len(got.Packages))
	for _, f := range got.Wheels {
		list = append(list, fetchedFile{f.Filename.String(), f.SHA256, f.Size, f.Server})
	}
	for i, f := range got.Packages {
		list = append(list, fetchedFile{File: filepath.Base(f.Path), SHA256: got.Lock.Packages[i].SHA256, Size: f.Size})
	}
	return list
}

// requireAnyLock returns an error where the config has neither wheels nor Debian
// packages to work on.
func requireAnyLock(cfg *config.Config) error {
	if !cfg.Packages.IsZero() {
		return nil
	}
	return cfg.RequireLock()
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
	if err := refuseCredentials(s.config.Base...); err != nil {
		return err
	}
	if verb := verbName(c); verb == "fetch" || verb == "check" { // which do nothing without
		if err := requireLockFile(s.config); err != nil {
			return err
		}
	}
	return explainMissing(f(c, s, p), s.config)
}
