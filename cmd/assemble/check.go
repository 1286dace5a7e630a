package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/internal/pipeline"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/supply"
)

// problemsError says what a check found.
type problemsError struct{ found []supply.Finding }

func (e problemsError) Error() string {
	lines := make([]string, 0, len(e.found)+1)
	for _, f := range e.found {
		lines = append(lines, fmt.Sprintf("%s: %s", f.Kind, f.Text))
	}
	return strings.Join(append(lines, "found "+report.Count(len(e.found), "problem")), "\n")
}

// judgeKinds hands --warn and --error on as the flags that say it of a kind.
func judgeKinds(c *cli.Context) error {
	for _, level := range []string{config.ProblemWarn, config.ProblemError} {
		for _, kind := range c.StringSlice(level) {
			flag, value := "problem", kind+"="+level
			if kind == string(supply.KindConflict) {
				flag, value = "on-conflict", level
			} else if !slices.Contains(supply.ProblemKinds(), kind) {
				return usagef("--%s %s: must be one of %s", level, kind, strings.Join(supply.ProblemKinds(), ", "))
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
		Name:     "check",
		Usage:    "check the locks' wheels and Debian packages",
		Category: verbsWheels,
		Description: "Checks each wheel against the lock, its own RECORD and the target, and all together:\n" +
			"Requires-Python, Requires-Dist under the target's markers, and paths that several wheels own.\n" +
			"Kinds of problems: requires-python, missing, version, extra, metadata, conflict. All but\n" +
			"conflict are errors here unless the config's problems, or --warn, say otherwise.\n" +
			"packages.lock is held against the config and the base, and its packages against it; what\n" +
			"configuring them can't do is said.",
		Flags: join([]cli.Flag{
			&cli.StringSliceFlag{Name: "warn", Usage: "report problems of `KIND` as notes (may be repeated)"},
			&cli.StringSliceFlag{Name: "error", Usage: "report problems of `KIND` as errors (may be repeated)"},
		}, jobsFlag("read `N` wheels at once"), buildFlags(), offlineFlags(), registryFlags(), outputFlags(), configFlags()),
		Before: judgeKinds,
		Action: withPipeline(env, func(c *cli.Context, s *session, p *pipeline.Pipeline) error {
			if err := requireAnyLock(s.config); err != nil {
				return err
			}
			found, err := p.Check(c.Context)
			if err != nil {
				return err
			}
			wrong := found.Errors()
			if s.json {
				err = printJSON(env.stdout, found)
			} else {
				what := report.Count(found.Wheels, "wheel")
				if !s.config.Packages.IsZero() {
					what += ", " + report.Count(found.Packages, "Debian package")
				}
				_, err = fmt.Fprintf(env.stdout, "%s, %s\n", what, report.Count(len(wrong), "problem"))
			}
			if err == nil && len(wrong) > 0 {
				err = problemsError{wrong}
			}
			return err
		}),
	}
}
