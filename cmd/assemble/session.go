package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/assemble-image/assemble/internal/cache"
	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/internal/mirrors"
	"github.com/assemble-image/assemble/internal/pipconf"
	"github.com/assemble-image/assemble/internal/pipeline"
	"github.com/assemble-image/assemble/internal/registry"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/wire"
)

// session is what the verbs that work on images share: display, registry
// client and cache.
type session struct {
	env      *environment
	ui       ui
	registry *registry.Client
	cache    *cache.Cache
	config   *config.Config // once there is a pipeline
	mirrors  *mirrors.Table
	trace    func(wire.Exchange)
	json     bool
}

// newSession opens what the verb's flags ask for. The caller closes it.
func newSession(c *cli.Context, env *environment) (*session, error) {
	mode := c.String("progress")
	if c.Bool("quiet") {
		mode = "none"
	}
	display, err := newUI(env.stderr, mode, c.Bool("verbose"))
	if err != nil {
		return nil, err
	}
	chunk, err := chunkSize(c)
	if err != nil {
		return nil, err
	}
	s := &session{env: env, ui: display, json: c.Bool("json"), trace: httpTrace(env.stderr, os.Getenv)}
	opt := registry.Options{
		Insecure:     c.Bool("insecure"),
		ChunkSize:    chunk,
		TrustedHosts: c.StringSlice("trusted-registry-host"),
		UserAgent:    "assemble/" + version,
		Progress:     uploadProgress(report.New(display.event)),
		Trace:        s.trace,
	}
	if words := unknownTraces(os.Getenv); len(words) > 0 {
		s.note(fmt.Sprintf("%s=%s: nothing of that name can be traced, only http", debugVariable, strings.Join(words, ",")))
	}
	if !c.Bool("no-cache") {
		s.openCache(c.String("cache-dir"))
	}
	if s.cache != nil { // a nil *Cache would be a non-nil Store
		opt.Store = s.cache
	}
	s.mirrors = &mirrors.Table{Dir: mirrors.DefaultDir}
	opt.Mirrors = s.mirrors.Lookup
	s.registry = registry.New(opt)
	return s, nil
}

// chunkSize reads the flag of verbs that push; 0 is none.
func chunkSize(c *cli.Context) (int64, error) {
	if !c.IsSet("chunk-size") {
		return 0, nil
	}
	size, err := config.ParseSize(c.String("chunk-size"))
	if err != nil || size <= 0 {
		return 0, usagef("--chunk-size: invalid size %q", c.String("chunk-size"))
	}
	return int64(size), nil
}

// openCache opens the cache; a run without one is slower, but no worse.
func (s *session) openCache(dir string) {
	opened, err := cache.Open(dir, cache.Options{Note: s.note})
	if err != nil {
		s.note(fmt.Sprintf("continuing without a cache: %v", err))
		return
	}
	s.cache = opened
}

func (s *session) note(text string) { s.ui.event(report.Event{Note: text}) }

// close ends the display and gives back the cache; err is what the verb has
// come to.
func (s *session) close(err *error) {
	if cerr := s.cache.Close(); cerr != nil && *err == nil {
		s.note(fmt.Sprintf("closing the cache: %v", cerr))
	}
	s.ui.close()
}

// pipeline makes the pipeline of the verb's config and flags.
func (s *session) pipeline(c *cli.Context) (*pipeline.Pipeline, error) {
	if c.IsSet("jobs") && c.Int("jobs") < 1 {
		return nil, usagef("--jobs %d: must be at least 1", c.Int("jobs"))
	}
	cfg, err := loadConfig(c)
	if err != nil {
		return nil, err
	}
	if cfg.File == "" {
		s.note(fmt.Sprintf("there is no %s here: the command line alone says what is built", config.DefaultFile))
	}
	s.config = cfg
	s.mirrors.Config = cfg.Mirrors
	if !cfg.HostsDir.IsZero() {
		s.mirrors.Dir = cfg.HostsDir.Abs
	}
	discover, err := discovery(c, cfg)
	if err != nil {
		return nil, err
	}
	return pipeline.New(cfg, pipeline.Options{
		Registry:   s.registry,
		Cache:      s.cache,
		Jobs:       c.Int("jobs"),
		Progress:   s.ui.event,
		SkipRecord: c.Bool("no-verify-record"),
		SkipCheck:  c.Bool("no-check"),

		AppAnywhere: c.IsSet("app"),
		Own:         cacheDirs(c),
		Offline:     c.Bool("offline"),
		Refresh:     c.Bool("refresh"),
		NoIndex:     c.Bool("no-index"),
		Discover:    discover,
		Trace:       s.trace,
	}), nil
}

// discovery is where settings of pip and uv are looked for, nil where they don't
// count.
func discovery(c *cli.Context, cfg *config.Config) (*pipconf.Machine, error) {
	if c.Bool("no-config-discovery") {
		return nil, nil //nolint:nilnil // off is a valid answer
	}
	dir, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("finding the current directory: %w", err)
	}
	return &pipconf.Machine{Getenv: os.Getenv, Dir: dir, Project: cfg.Dir}, nil
}

// cacheDirs is where the cache is, or was in a run with it.
func cacheDirs(c *cli.Context) []string {
	if dir := c.String("cache-dir"); dir != "" {
		return []string{dir}
	}
	dir, err := cache.Dir()
	if err != nil {
		return nil // there is none
	}
	return []string{dir}
}

// smokeOptions reads the flags of the smoke test.
func smokeOptions(c *cli.Context) (pipeline.SmokeOptions, error) {
	mode, err := pipeline.ParseSmokeMode(c.String("smoke"))
	if err != nil {
		return pipeline.SmokeOptions{}, usageError{err}
	}
	return pipeline.SmokeOptions{Mode: mode, Containerd: c.String("containerd")}, nil
}

var errNotATerminal = errors.New("COSIGN_PASSWORD is not set, and there is no terminal for a prompt")
