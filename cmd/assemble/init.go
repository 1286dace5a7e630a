package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/assemble-image/assemble/internal/adopt"
	"github.com/assemble-image/assemble/internal/adopt/draft"
	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/internal/osfile"
)

func initCommand(env *environment) *cli.Command {
	return &cli.Command{
		Name:      "init",
		Usage:     "write a first assemble.yaml, from a Dockerfile or code",
		Category:  verbsImages,
		ArgsUsage: "[DIR]",
		Description: "Reads the Dockerfile of DIR (default: the current directory), its requirements and locks, Compose file and code, " +
			"and writes assemble.yaml there, each line explained. Nothing is run. What can't be carried over is listed with a way out, " +
			"here and at the end of the file. An assemble.yaml that is there is kept, unless --force is given.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "dockerfile", Usage: "read `FILE` (default: DIR/Dockerfile)"},
			&cli.StringFlag{Name: "target", Usage: "take `STAGE` of the Dockerfile, not the last one"},
			&cli.StringSliceFlag{Name: "build-arg", Usage: "set an ARG of the Dockerfile, as `NAME=VALUE`"},
			&cli.StringFlag{Name: "platform", Usage: "make it for `OS/ARCH`"},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "write to `FILE`, - for standard output"},
			&cli.BoolFlag{DisableDefaultText: true, Name: "stdout", Usage: "write to standard output, as -o -"},
			&cli.BoolFlag{DisableDefaultText: true, Name: "force", Usage: "replace a config that is there"},
			&cli.BoolFlag{DisableDefaultText: true, Name: "quiet", Aliases: []string{"q"}, Category: categoryOutput, Usage: "print only the result and errors"},
			jsonFlag(),
		},
		Action: func(c *cli.Context) error { return runInit(c, env) },
	}
}

func runInit(c *cli.Context, env *environment) error {
	if c.NArg() > 1 {
		return usagef("init takes one directory")
	}
	dir := c.Args().First()
	if dir == "" {
		dir = "."
	}
	output, err := initOutput(c, dir)
	if err != nil {
		return err
	}
	args, err := buildArgs(c.StringSlice("build-arg"))
	if err != nil {
		return err
	}
	result, err := adopt.Directory(dir, adopt.Options{Dockerfile: c.String("dockerfile"), Target: c.String("target"), Args: args, Platform: c.String("platform")})
	if err != nil {
		return err
	}
	if !c.Bool("quiet") && !c.Bool("json") {
		printAdopted(env.stderr, result)
	}
	if output == "-" {
		_, err := env.binary.Write(result.Config)
		return err
	}
	write := osfile.WriteNew
	if c.Bool("force") {
		write = func(path string, data []byte, mode fs.FileMode) error {
			return osfile.Replace(path, osfile.Bytes(data), osfile.Options{Mode: mode})
		}
	}
	if err := write(output, result.Config, 0o644); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return configExistsError{output}
		}
		return fmt.Errorf("writing %q: %w", output, err)
	}
	if c.Bool("json") {
		return printJSON(env.stdout, adoptedJSON(output, result))
	}
	_, err = fmt.Fprintln(env.stdout, output)
	return err
}

// initOutput is where the config goes. That it is there already is told before
// anything is read.
func initOutput(c *cli.Context, dir string) (string, error) {
	output := c.String("output")
	switch {
	case c.Bool("stdout") && output != "" && output != "-":
		return "", usagef("--stdout and --output %q: the config goes to one place", output)
	case c.Bool("stdout") || output == "-":
		if c.Bool("json") {
			return "", usagef("--json and the config both go to standard output; write the config to a file")
		}
		return "-", nil
	case output == "":
		output = filepath.Join(dir, config.DefaultFile)
	}
	if !sameDir(filepath.Dir(output), dir) {
		return "", usagef("--output %q: paths in a config start from its own directory, so it must lie in %q", output, dir)
	}
	if _, err := os.Lstat(output); err == nil && !c.Bool("force") {
		return "", configExistsError{output}
	}
	return output, nil
}

// sameDir reports whether two paths are one directory. A directory that isn't
// there is told when it is read.
func sameDir(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errY != nil || errX == nil && os.SameFile(x, y)
}

// configExistsError says that there is a config already.
type configExistsError struct{ name string }

// Error implements error.
func (e configExistsError) Error() string {
	return fmt.Sprintf("writing %q: the file already exists", e.name)
}

func buildArgs(list []string) (map[string]string, error) {
	args := map[string]string{}
	for _, text := range list {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return nil, usagef("--build-arg %q: must be NAME=VALUE", text)
		}
		args[name] = value
	}
	return args, nil
}

// printAdopted tells what was carried over, what wasn't, and what comes next.
func printAdopted(w io.Writer, r *adopt.Result) {
	all := len(r.Steps)
	carried, unneeded, left := r.Count(draft.Carried), r.Count(draft.Unneeded), r.Count(draft.Left)
	if len(r.Read) == 0 {
		fmt.Fprintf(w, "assemble: init   nothing here that it knows: no Dockerfile, no requirements, no code; the config has the defaults\n")
	}
	for _, f := range r.Read {
		fmt.Fprintf(w, "assemble: init   %s: %s\n", f.Key, f.Value)
	}
	if all > 0 {
		fmt.Fprintf(w, "assemble: init   %d of %d steps carried over, %d not needed, %d left to you\n", carried, all, unneeded, left)
	}
	printSteps(w, r, draft.Carried, "carried over")
	printSteps(w, r, draft.Unneeded, "not needed here")
	printSteps(w, r, draft.Left, "left to you, also at the end of the config")
	fmt.Fprintf(w, "\nnext:\n")
	for _, n := range r.Next {
		fmt.Fprintf(w, "  %s\n", n)
	}
}

func printSteps(w io.Writer, r *adopt.Result, status draft.Status, title string) {
	if r.Count(status) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s:\n", title)
	for _, s := range r.Steps {
		switch {
		case s.Status != status:
		case status == draft.Carried:
			fmt.Fprintf(w, "  %s  %s → %s\n", s.Place, draft.Line(s.Text), s.Field)
		default:
			fmt.Fprintf(w, "  %s  %s\n      %s\n", s.Place, draft.Line(s.Text), s.Note)
		}
	}
}

type adoptedStep struct {
	File   string `json:"file"`
	Line   int    `json:"line,omitempty"`
	Text   string `json:"text"`
	Status string `json:"status"`
	Field  string `json:"field,omitempty"`
	Note   string `json:"note,omitempty"`
}

// adoptedJSON is what `assemble init --json` prints.
func adoptedJSON(output string, r *adopt.Result) any {
	steps := make([]adoptedStep, len(r.Steps))
	for i, s := range r.Steps {
		steps[i] = adoptedStep{File: s.Place.File, Line: s.Place.Line, Text: draft.Line(s.Text), Status: s.Status.String(), Note: s.Note}
		if s.Status == draft.Carried {
			steps[i].Field = s.Field
		}
	}
	return struct {
		Output string        `json:"output"`
		Steps  []adoptedStep `json:"steps"`
		Next   []string      `json:"next"`
	}{output, steps, r.Next}
}
