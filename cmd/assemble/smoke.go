package main

import (
	"errors"
	"io/fs"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/internal/pipeline"
)

func smokeCommand(env *environment) *cli.Command {
	return &cli.Command{
		Name:      "smoke",
		Usage:     "start an image in containerd and check its health",
		Category:  verbsImages,
		ArgsUsage: "REF",
		Description: "REF is a reference, or oci:DIR[:TAG], oci-archive:FILE[:TAG] or docker-archive:FILE[:TAG].\n" +
			"The test is configured by the smoke fields of assemble.yaml, if it exists, and by\n" +
			"flags. An image that can't be started on this machine is an error here, not skipped.\n" +
			"Without an assemble.yaml and --platform, the image's own platform is taken.",
		Flags: join([]cli.Flag{
			&cli.StringFlag{Name: "file", Aliases: []string{"f"}, Value: config.DefaultFile, Category: categoryConfig, Usage: "read `FILE`, if it is there"},
			&cli.StringFlag{Name: "containerd", Category: config.TopicSmoke, Usage: "containerd's `SOCKET`, if not in a usual place"},
		}, cacheFlags(), registryFlags(), outputFlags(), testFlags()),
		Action: func(c *cli.Context) (err error) {
			ref, err := oneArgument(c, "a reference")
			if err == nil {
				err = refuseCredentials(ref)
			}
			if err != nil {
				return err
			}
			cfg, err := smokeConfig(c)
			if err != nil {
				return err
			}
			s, err := newSession(c, env)
			if err != nil {
				return err
			}
			defer s.close(&err)
			p := pipeline.New(cfg, pipeline.Options{Registry: s.registry, Cache: s.cache, Progress: s.ui.event})
			result, err := p.SmokeReference(c.Context, ref, pipeline.SmokeOptions{
				Mode: pipeline.SmokeRequire, Containerd: c.String("containerd"),
				OwnPlatform: cfg.File == "" && !c.IsSet("platform"),
			})
			if err != nil {
				return err
			}
			return s.print(result, result.Status)
		},
	}
}

// testFlags are those of the config's flags that say how an image is tested.
func testFlags() []cli.Flag {
	var flags []cli.Flag
	for _, f := range configFlags() {
		if name := f.Names()[0]; strings.HasPrefix(name, "smoke-") || name == "platform" {
			flags = append(flags, f)
		}
	}
	return flags
}

// smokeConfig reads the config, or starts from an empty one where the user
// named none and there is none.
func smokeConfig(c *cli.Context) (*config.Config, error) {
	cfg, err := config.Load(c.String("file"))
	if errors.Is(err, fs.ErrNotExist) && !c.IsSet("file") {
		cfg, err = config.New("")
	}
	if err != nil {
		return nil, err
	}
	return cfg, override(c, cfg)
}
