package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/assemble-image/assemble/internal/pipeline"
)

// problemsError says that a check found something.
type problemsError struct{ n int }

func (e problemsError) Error() string { return fmt.Sprintf("the check found %d problems", e.n) }

// checkKinds refuses kinds that there aren't.
func checkKinds(c *cli.Context) error {
	for _, flag := range []string{"warn", "error"} {
		for _, kind := range c.StringSlice(flag) {
			if !slices.Contains(pipeline.ProblemKinds(), kind) {
				return usagef("--%s %s: it is one of %s", flag, kind, strings.Join(pipeline.ProblemKinds(), ", "))
			}
		}
	}
	return nil
}

func checkCommand(env *environment) *cli.Command {
	return &cli.Command{
		Name:  "check",
		Usage: "check the lock's wheels, each and together, and build nothing",
		Description: "Each wheel against the lock, its own RECORD and the target; together: Requires-Python, the\n" +
			"closure of Requires-Dist under the target's markers, and paths that several wheels own.\n" +
			"Kinds of problems: requires-python, missing, version, extra, metadata, conflict.",
		Flags: join([]cli.Flag{
			&cli.StringSliceFlag{Name: "warn", Usage: "problems of that `KIND` are notes, not errors (may be repeated)", Value: cli.NewStringSlice("conflict")},
			&cli.StringSliceFlag{Name: "error", Usage: "problems of that `KIND` are errors (may be repeated)"},
		}, buildFlags(), offlineFlags(), registryFlags(), outputFlags(), configFlags()),
		Before: checkKinds,
		Action: withPipeline(env, "check", func(c *cli.Context, s *session, p *pipeline.Pipeline) error {
			found, err := p.Check(c.Context)
			if err != nil {
				return err
			}
			n := 0
			for _, kind := range found.Kinds() {
				if slices.Contains(c.StringSlice("error"), kind) || !slices.Contains(c.StringSlice("warn"), kind) {
					n++
				}
			}
			if s.json {
				err = printJSON(env.stdout, found)
			} else {
				_, err = fmt.Fprintf(env.stdout, "%d wheels, %d problems\n", found.Wheels, n)
			}
			if err == nil && n > 0 {
				err = problemsError{n}
			}
			return err
		}),
	}
}
