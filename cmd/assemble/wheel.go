package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/assemble-image/assemble/internal/lazyregexp"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/target"
	"github.com/assemble-image/assemble/wheels"
)

func wheelCommand(env *environment) *cli.Command {
	flags := []cli.Flag{
		jsonFlag(),
		noVerifyRecordFlag(),
		&cli.StringFlag{Name: "python", Value: "3.10", Usage: "show the paths for Python `VERSION`"},
	}
	checkPython := func(c *cli.Context) error {
		if v := c.String("python"); !pythonMinor.MatchString(v) {
			return usagef("--python %s: must be a version such as 3.10", v)
		}
		return nil
	}
	return &cli.Command{
		Name:     "wheel",
		Usage:    "inspect wheels without running any of their code",
		Category: verbsWheels,
		Action: func(c *cli.Context) error {
			return usagef("wheel requires a subcommand: check or show%s", suggestion(c.Command.Subcommands, c.Args().First()))
		},
		Subcommands: []*cli.Command{
			{
				Name: "check", Usage: "check wheels as push does, including their content", ArgsUsage: "FILE…", Flags: flags, Before: checkPython,
				Action: func(c *cli.Context) error { return wheelCheck(c, env) },
			},
			{
				Name: "show", Usage: "show what a wheel would install, and where", ArgsUsage: "FILE", Flags: flags, Before: checkPython,
				Action: func(c *cli.Context) error { return wheelShow(c, env) },
			},
		},
	}
}

// pythonMinor is a Python's version as directories have it.
var pythonMinor = lazyregexp.New(`^3\.\d{1,3}$`)

// checkedWheel is one file's verdict in JSON.
type checkedWheel struct {
	File string `json:"file"`
	OK   bool   `json:"ok"`
	// RecordUnchecked says that RECORD was left unread.
	RecordUnchecked bool   `json:"recordUnchecked,omitempty"`
	Error           string `json:"error,omitempty"`
}

func wheelCheck(c *cli.Context, env *environment) error {
	if c.NArg() == 0 {
		return usagef("wheel check requires files")
	}
	var errs []error
	list := make([]checkedWheel, 0, c.NArg())
	for _, path := range c.Args().Slice() {
		err := checkWheel(c, path)
		v := checkedWheel{File: path, OK: err == nil, RecordUnchecked: c.Bool("no-verify-record")}
		if err != nil {
			v.Error = err.Error()
			errs = append(errs, err)
		} else if !c.Bool("json") {
			fmt.Fprintf(env.stdout, "%s: ok%s\n", printable(path), unverified(v.RecordUnchecked))
		}
		list = append(list, v)
	}
	if c.Bool("json") {
		errs = append(errs, printJSON(env.stdout, list))
	}
	return errors.Join(errs...)
}

func unverified(record bool) string {
	if record {
		return " (RECORD not verified)"
	}
	return ""
}

func checkWheel(c *cli.Context, path string) error {
	w, err := openWheel(c, path)
	if err != nil {
		return err
	}
	if _, err := w.Info(target.DefaultScheme(c.String("python"))); err != nil {
		return fmt.Errorf("installing wheel %q: %w", w.Name(), err)
	}
	return w.VerifyContent(c.Context)
}

// openWheel is wheels.Open for a path that a person has typed.
func openWheel(c *cli.Context, path string) (*wheels.Wheel, error) {
	var bad *fs.PathError
	if _, err := os.Stat(path); errors.As(err, &bad) {
		return nil, fmt.Errorf("opening wheel %q: %w", path, bad.Err)
	}
	return wheels.Open(path, wheels.Options{SkipRecord: c.Bool("no-verify-record")})
}

func wheelShow(c *cli.Context, env *environment) error {
	path, err := oneArgument(c, "a file")
	if err != nil {
		return err
	}
	w, err := openWheel(c, path)
	if err != nil {
		return err
	}
	info, err := w.Info(target.DefaultScheme(c.String("python")))
	if err != nil {
		return err
	}
	if c.Bool("json") {
		return printJSON(env.stdout, info)
	}
	return printWheel(env, info)
}

// printWheel writes what is in the wheel as people read it.
func printWheel(env *environment, info wheels.Info) error {
	w := tabwriter.NewWriter(env.stdout, 0, 0, 2, ' ', 0)
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(w, "%s\t%s\n", name, printable(value))
		}
	}
	row("name", info.Name+" "+info.Version)
	row("summary", info.Summary)
	row("licence", info.License)
	row("sha256", info.SHA256)
	row("size", fmt.Sprintf("%s, %s installed in %d files", report.Bytes(info.Size), report.Bytes(info.InstalledSize), len(info.Files)))
	row("tags", strings.Join(info.Tags, " "))
	row("python", info.RequiresPython)
	for _, r := range info.RequiresDist {
		row("requires", r)
	}
	for _, e := range info.EntryPoints {
		if e.IsScript() {
			row("script", e.Name+" = "+e.Value)
		}
	}
	for _, l := range info.Libraries {
		row("library", l)
	}
	for _, f := range info.StartupFiles {
		row("runs at startup", f)
	}
	fmt.Fprintln(w)
	for _, f := range info.Files {
		fmt.Fprintf(w, "%s\t%s\t%s\n", f.Scheme, report.Bytes(f.Size), printable(f.Path))
	}
	return w.Flush()
}
