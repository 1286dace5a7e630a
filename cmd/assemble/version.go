package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/urfave/cli/v2"
)

// versionInfo is what `assemble version --json` prints.
type versionInfo struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func versionCommand(env *environment) *cli.Command {
	return &cli.Command{
		Name:     "version",
		Usage:    "print the version",
		Category: verbsOther,
		Flags:    []cli.Flag{jsonFlag()},
		Action: func(c *cli.Context) error {
			if err := noArgument(c); err != nil {
				return err
			}
			v := readVersion()
			if c.Bool("json") {
				return printJSON(env.stdout, v)
			}
			_, err := fmt.Fprintf(env.stdout, "assemble %s (%s, %s)\n", v.Version, v.Go, v.Platform)
			return err
		},
	}
}

func readVersion() versionInfo {
	v := versionInfo{Version: version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if v.Version == "dev" && info.Main.Version != "" && info.Main.Version != "(devel)" {
		v.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			v.Revision = s.Value
		}
	}
	return v
}
