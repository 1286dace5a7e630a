package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/assemble-image/assemble/internal/contents"
	"github.com/assemble-image/assemble/internal/pipeline"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/manifest"
)

func planCommand(env *environment) *cli.Command {
	return &cli.Command{
		Name:     "plan",
		Usage:    "show what would be built, without building it",
		Category: verbsImages,
		Description: "Nothing is written, and no wheel is downloaded: those that the wheelhouse lacks are planned by " +
			"what the lock and the indexes say of them. A note says what only the wheels themselves can tell.",
		Flags: join(jobsFlag("read `N` wheels at once"), buildFlags(), offlineFlags(), registryFlags(), outputFlags(), configFlags()),
		Action: withPipeline(env, func(c *cli.Context, s *session, p *pipeline.Pipeline) error {
			plan, err := p.Preview(c.Context)
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
	fmt.Fprintf(w, "layers\t%d in the base, %d on top (%s)\n\n", plan.Base.Layers, len(plan.Layers), report.Bytes(plan.Size()))
	fmt.Fprintf(w, "LAYER\tKIND\tSIZE\tCONTENTS\n")
	for i, l := range plan.Layers {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\n", i+1, l.Kind, report.Bytes(l.Size), printable(l.Name))
	}
	printPackages(w, plan.Packages)
	printChoice(w, plan.Choice)
	fmt.Fprintln(w)
	printConfig(w, plan.Config)
	return w.Flush()
}

// printPackages writes which system packages the image gets.
func printPackages(w io.Writer, list []contents.Package) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(w, "\nPACKAGE\tVERSION\tSIZE\tWHY\n")
	for _, p := range list {
		version := p.Version
		if p.Replaces != "" {
			version += " (replaces " + p.Replaces + ")"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", p.Name, printable(version), report.Bytes(p.Size), printable(p.Why))
	}
}

// printConfig writes what the image's configuration gets beside the base's,
// in columns.
func printConfig(w io.Writer, cfg manifest.Config) {
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(w, "%s\t%s\n", name, printable(value))
		}
	}
	row("user", cfg.User)
	row("workdir", cfg.WorkingDir)
	row("entrypoint", commandText(cfg.Entrypoint))
	row("cmd", commandText(cfg.Cmd))
	row("ports", strings.Join(cfg.Ports, " "))
	row("volumes", strings.Join(cfg.Volumes, " "))
	row("stop signal", cfg.StopSignal)
	if h := cfg.Healthcheck; h != nil {
		row("health check", commandText(h.Test))
	}
	for _, m := range []struct {
		name   string
		values map[string]string
	}{{"env", cfg.Env}, {"label", cfg.Labels}, {"annotation", cfg.Annotations}} {
		for _, key := range slices.Sorted(maps.Keys(m.values)) {
			row(m.name, key+"="+m.values[key])
		}
	}
}

// commandText writes a command's arguments, those in quotes that would else
// look like several or none.
func commandText(args []string) string {
	texts := make([]string, len(args))
	for i, arg := range args {
		texts[i] = arg
		if arg == "" || strings.ContainsAny(arg, " \t\n\"'\\") {
			texts[i] = strconv.Quote(arg)
		}
	}
	return strings.Join(texts, " ")
}
