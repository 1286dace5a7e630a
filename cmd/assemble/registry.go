package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/assemble-image/assemble/internal/serve"
)

func registryCommand(env *environment) *cli.Command {
	return &cli.Command{
		Name:  "registry",
		Usage: "serve a registry from a directory, for demos, tests and machines without a network",
		Description: "Runs until it is interrupted. The content stays in the directory. There is no access\n" +
			"control: it listens on this machine only, unless --public is given.",
		ArgsUsage: " ",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "dir", Usage: "keep the content in `DIR`"},
			&cli.StringFlag{Name: "address", Value: "127.0.0.1:5000", Usage: "listen at `HOST:PORT`"},
			&cli.BoolFlag{DisableDefaultText: true, Name: "verbose", Aliases: []string{"v"}, Usage: "show the registry's own log"},
			&cli.BoolFlag{DisableDefaultText: true, Name: "public", Usage: "permit an address that other machines can reach"},
		},
		Action: func(c *cli.Context) error {
			if c.NArg() > 0 {
				return usagef("registry takes no argument, but %q follows", c.Args().First())
			}
			dir, err := required(c, "dir", "a directory for the content")
			if err != nil {
				return err
			}
			opt := serve.Options{Dir: dir, Address: c.String("address"), Public: c.Bool("public")}
			if c.Bool("verbose") {
				opt.Log = env.stderr
			}
			return serve.Run(c.Context, opt, func(addr string) {
				fmt.Fprintf(env.stderr, "assemble: serving %q at %s\n", opt.Dir, addr)
			})
		},
	}
}
