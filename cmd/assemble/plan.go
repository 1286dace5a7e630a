package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/assemble-image/assemble/internal/pipeline"
)

func planCommand(env *environment) *cli.Command {
	return &cli.Command{
		Name:  "plan",
		Usage: "say what would be built, and write nothing",
		Flags: join(buildFlags(), offlineFlags(), registryFlags(), outputFlags(), configFlags()),
		Action: withPipeline(env, "plan", func(c *cli.Context, s *session, p *pipeline.Pipeline) error {
			plan, err := p.Plan(c.Context)
			if err != nil {
				return err
			}
			if s.json {
				return printJSON(env.stdout, plan)
			}
			return printPlan(env, plan)
		}),
	}
}

// printPlan writes the plan as people read it.
func printPlan(env *environment, plan *pipeline.Plan) error {
	w := tabwriter.NewWriter(env.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "base\t%s\n", printable(plan.Base.Reference))
	fmt.Fprintf(w, "digest\t%s\n", plan.Base.Digest)
	fmt.Fprintf(w, "target\t%s, Python %s, %s\n", plan.Platform, printable(plan.Python), printable(plan.Libc))
	fmt.Fprintf(w, "layers\t%d of the base, %d on top (%s)\n\n", plan.Base.Layers, len(plan.Layers), bytesText(plan.Size()))
	fmt.Fprintf(w, "LAYER\tKIND\tSIZE\tHOLDS\n")
	for i, l := range plan.Layers {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\n", i+1, l.Kind, bytesText(l.Size), printable(l.Name))
	}
	printChoice(w, plan.Choice)
	fmt.Fprintln(w)
	cfg := plan.Config
	for _, row := range [][2]string{
		{"user", cfg.User},
		{"workdir", cfg.WorkingDir},
		{"entrypoint", strings.Join(cfg.Entrypoint, " ")},
		{"cmd", strings.Join(cfg.Cmd, " ")},
		{"ports", strings.Join(cfg.Ports, " ")},
	} {
		if row[1] != "" {
			fmt.Fprintf(w, "%s\t%s\n", row[0], printable(row[1]))
		}
	}
	return w.Flush()
}
