package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/urfave/cli/v2"

	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/internal/doctor"
	"github.com/assemble-image/assemble/internal/doctor/sarif"
	"github.com/assemble-image/assemble/internal/pipeline"
	"github.com/assemble-image/assemble/internal/registry"
)

// judgeKinds hands --warn and --error on as the flags that say it of a kind.
func judgeKinds(c *cli.Context) error {
	for _, level := range []string{config.ProblemWarn, config.ProblemError} {
		for _, kind := range c.StringSlice(level) {
			flag, value := "problem", kind+"="+level
			if kind == "conflict" {
				flag, value = "on-conflict", level
			} else if !slices.Contains(config.FindingKinds(), kind) {
				return usagef("--%s %s: must be one of %s", level, kind, strings.Join(config.FindingKinds(), ", "))
			}
			if err := c.Set(flag, value); err != nil {
				return usageError{err}
			}
		}
	}
	return nil
}

func checkCommand(env *environment) *cli.Command {
	return &cli.Command{
		Name:      "check",
		Usage:     "check the wheels, and what would go wrong in the image",
		Category:  verbsWheels,
		ArgsUsage: "[REF]",
		Description: "Checks each wheel against the lock, its own RECORD and the target, and all together:\n" +
			"Requires-Python, Requires-Dist under the target's markers, and paths that several wheels own.\n" +
			"Then examines the image that they, the base and the app would make: shared libraries that\n" +
			"are missing, what the entrypoint starts, what the app imports, and more. Nothing is run.\n" +
			"packages.lock is held against the config and the base, and its packages against it.\n" +
			"budget.growth is counted from the image REF. docs/doctor.md lists what is found, by id.",
		Flags: join([]cli.Flag{
			&cli.StringFlag{Name: "explain", Usage: "say what the finding `ID` is, and nothing else"},
			&cli.BoolFlag{DisableDefaultText: true, Name: "fix", Usage: "write the packages that are missing into the config"},
			&cli.BoolFlag{DisableDefaultText: true, Name: "sarif", Usage: "print a SARIF 2.1.0 log on standard output"},
			&cli.StringSliceFlag{Name: "warn", Usage: "report findings `ID` as warnings (may be repeated)"},
			&cli.StringSliceFlag{Name: "error", Usage: "report findings `ID` as errors (may be repeated)"},
		}, jobsFlag("read `N` wheels at once"), buildFlags(), offlineFlags(), registryFlags(), outputFlags(), configFlags()),
		Before: judgeKinds,
		Action: orExplain(env, func(c *cli.Context) error {
			ref, err := beforeArgument(c)
			if err != nil {
				return err
			}
			return runPipeline(c, env, func(c *cli.Context, s *session, p *pipeline.Pipeline) error { return s.check(c, p, ref) })
		}),
	}
}

// beforeArgument is the image that a check compares with, nil for none.
func beforeArgument(c *cli.Context) (name.Reference, error) {
	if c.NArg() == 0 {
		return nil, nil //nolint:nilnil // there is none
	}
	arg, err := remoteArgument(c, "a reference, for example registry.example.com/team/app:1.4.2")
	if err != nil {
		return nil, err
	}
	ref, err := registry.ParseTarget(arg, c.Bool("insecure"))
	if err != nil {
		return nil, usageError{err}
	}
	return ref, nil
}

func (s *session) check(c *cli.Context, p *pipeline.Pipeline, before name.Reference) error {
	if cfg := s.config; len(cfg.App)+len(cfg.Entrypoint)+len(cfg.Cmd)+len(cfg.Wheels) == 0 && cfg.ProjectDir().IsZero() {
		if err := requireAnyLock(cfg); err != nil { // there is nothing else to check
			return err
		}
	}
	found, err := p.Check(c.Context, before)
	if err != nil {
		return err
	}
	wrong := found.Errors()
	s.tellFindings(found)
	switch {
	case c.Bool("sarif"):
		err = printJSON(s.env.stdout, sarif.Log(found.Findings, sarif.Options{Version: readVersion().Version, Config: filepath.ToSlash(s.config.File)}))
	case s.json:
		err = printJSON(s.env.stdout, found)
	default:
		_, err = fmt.Fprintln(s.env.stdout, found.Summary())
	}
	if err == nil && c.Bool("fix") {
		err = s.fix(found.Mendable())
	}
	if err == nil && len(wrong) > 0 {
		err = problemsError{wrong}
	}
	return err
}

// orExplain answers --explain in the place of the verb.
func orExplain(env *environment, action cli.ActionFunc) cli.ActionFunc {
	return func(c *cli.Context) error {
		id := c.String("explain")
		if id == "" {
			return action(c)
		}
		rule, ok := doctor.RuleOf(id)
		if !ok {
			return usagef("--explain %s: must be one of %s", id, strings.Join(config.FindingKinds(), ", "))
		}
		if c.Bool("json") {
			return printJSON(env.stdout, rule)
		}
		_, err := fmt.Fprintf(env.stdout, "%s (%s): %s\n\n%s\n", rule.ID, rule.Severity, rule.Title, rule.Why)
		return err
	}
}
