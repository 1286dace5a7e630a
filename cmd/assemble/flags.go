package main

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/assemble-image/assemble/internal/config"
)

func jsonFlag() cli.Flag {
	return &cli.BoolFlag{DisableDefaultText: true, Name: "json", Category: categoryOutput, Usage: "print the result as JSON"}
}

// outputFlags control what is printed while a verb runs.
func outputFlags() []cli.Flag {
	return []cli.Flag{
		jsonFlag(),
		&cli.BoolFlag{DisableDefaultText: true, Name: "quiet", Aliases: []string{"q"}, Category: categoryOutput, Usage: "print only the result and errors"},
		&cli.BoolFlag{DisableDefaultText: true, Name: "verbose", Aliases: []string{"v"}, Category: categoryOutput, Usage: "print each step as well"},
		&cli.StringFlag{Name: "progress", Value: "auto", Category: categoryOutput, Usage: "show progress as `HOW`: auto, plain or none"},
	}
}

// registryFlags steer how registries are spoken to.
func registryFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{DisableDefaultText: true, Name: "insecure", Category: categoryNetwork, Usage: "speak plain HTTP to other machines, too"},
		&cli.StringSliceFlag{Name: "trusted-registry-host", Category: categoryNetwork, Usage: "let a registry redirect to internal `HOST`"},
	}
}

// buildFlags steer how an image is put together, beside the config's fields.
func buildFlags() []cli.Flag {
	return append([]cli.Flag{
		&cli.StringFlag{Name: "file", Aliases: []string{"f"}, Value: config.DefaultFile, Category: categoryConfig, Usage: "read the config from `FILE`"},
		noVerifyRecordFlag(),
	}, cacheFlags()...)
}

// cacheFlags are those of all verbs that use the cache.
func cacheFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{DisableDefaultText: true, Name: "no-cache", Category: categoryConfig, Usage: "don't use the cache"},
		cacheDirFlag(),
	}
}

func noVerifyRecordFlag() cli.Flag {
	return &cli.BoolFlag{DisableDefaultText: true, Name: "no-verify-record", Category: config.TopicWheels, Usage: "don't verify the wheels' files against RECORD"}
}

// cacheDirFlag says where the cache is.
func cacheDirFlag() cli.Flag {
	return &cli.StringFlag{Name: "cache-dir", Category: categoryConfig, Usage: "keep the cache in `DIR` (or $" + cacheVariable + ")", EnvVars: []string{cacheVariable}}
}

// cacheVariable names the cache's directory for all verbs.
const cacheVariable = "ASSEMBLE_CACHE"

// jobsFlag bounds what is done at once by the verbs that put wheels together;
// what waits for the network has bounds of its own.
func jobsFlag(usage string) []cli.Flag {
	return []cli.Flag{&cli.IntFlag{Name: "jobs", Aliases: []string{"j"}, DefaultText: "one per CPU", Usage: usage}}
}

// smokeFlags steer the smoke test, beside the config's fields.
func smokeFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "smoke", Value: "auto", Category: config.TopicSmoke, Usage: "run it `WHEN`: auto, require or off"},
		&cli.StringFlag{Name: "containerd", Category: config.TopicSmoke, Usage: "containerd's `SOCKET`, if not in a usual place"},
	}
}

// configFlags has a flag for each of the config's fields that has one, in the
// order of its topics.
func configFlags() []cli.Flag {
	fields := map[string]config.Field{}
	for _, f := range config.Fields() {
		fields[f.Path] = f
	}
	var flags []cli.Flag
	for _, t := range config.Topics() {
		for _, b := range t.Fields {
			flags = append(flags, configFlag(fields[b.Path], b, t.Title))
		}
	}
	return flags
}

// configFlag is the flag of one field.
func configFlag(f config.Field, b config.Brief, category string) cli.Flag {
	switch {
	case f.Form == config.FormBool:
		return &cli.BoolFlag{DisableDefaultText: true, Name: f.Flag, Usage: b.Text, Category: category}
	case f.Form.Repeated():
		return &cli.StringSliceFlag{Name: f.Flag, Usage: b.Text, Category: category, KeepSpace: true}
	}
	return &cli.StringFlag{Name: f.Flag, Usage: b.Text, Category: category}
}

// loadConfig reads the config file, lays the flags over it, and checks the
// whole. The flags do without a file where none was named and they say
// something themselves.
func loadConfig(c *cli.Context) (*config.Config, error) {
	vars, err := config.ParseVars(c.StringSlice("set"))
	if err != nil {
		return nil, usageError{err}
	}
	cfg, err := config.LoadWith(c.String("file"), vars)
	if errors.Is(err, fs.ErrNotExist) {
		if c.IsSet("file") || !givesField(c) {
			return nil, noConfigError{err, verbName(c)}
		}
		cfg, err = config.New("")
	}
	if err != nil {
		return nil, err
	}
	if err := override(c, cfg); err != nil {
		return nil, err
	}
	if err := useSourceDateEpoch(cfg); err != nil {
		return nil, err
	}
	return cfg, blameFlags(cfg.Validate())
}

// givesField reports whether the command line says anything that a config
// would.
func givesField(c *cli.Context) bool {
	return slices.ContainsFunc(config.Fields(), func(f config.Field) bool { return f.Flag != "" && c.IsSet(f.Flag) })
}

// blameFlags makes err a wrong command line where flags alone are to blame.
func blameFlags(err error) error {
	var bad *config.Error
	if !errors.As(err, &bad) {
		return err
	}
	for _, p := range bad.Problems {
		if !strings.HasPrefix(p.Field, "--") {
			return err
		}
	}
	return usageError{err}
}

// noConfigError says that there is no config file.
type noConfigError struct {
	error
	verb string
}

func (e noConfigError) Unwrap() error { return e.error }

// useSourceDateEpoch takes the time of files and image from the environment,
// where neither config nor flags give one
// (https://reproducible-builds.org/specs/source-date-epoch/).
func useSourceDateEpoch(cfg *config.Config) error {
	epoch := os.Getenv("SOURCE_DATE_EPOCH")
	if epoch == "" || cfg.SourceDateEpoch != nil {
		return nil
	}
	n, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return usagef("SOURCE_DATE_EPOCH=%q in the environment is not a number of seconds since 1970", epoch)
	}
	cfg.SourceDateEpoch = &n
	return nil
}

// override lays the verb's flags over cfg.
func override(c *cli.Context, cfg *config.Config) error {
	for _, f := range config.Fields() {
		if f.Flag == "" || !c.IsSet(f.Flag) {
			continue
		}
		var values []string
		switch {
		case f.Form == config.FormBool:
			values = []string{strconv.FormatBool(c.Bool(f.Flag))}
		case f.Form.Repeated():
			values = c.StringSlice(f.Flag)
		default:
			values = []string{c.String(f.Flag)}
		}
		if err := cfg.Set(f.Path, "", values...); err != nil {
			return usageError{err}
		}
	}
	return nil
}

// join strings flag groups together.
func join(groups ...[]cli.Flag) []cli.Flag {
	var all []cli.Flag
	for _, g := range groups {
		all = append(all, g...)
	}
	return all
}
