package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/serve"
)

func registryCommand(env *environment) *cli.Command {
	return &cli.Command{
		Name:     "registry",
		Usage:    "serve a registry from a directory",
		Category: verbsOther,
		Description: "For demos, tests and machines without a network. Runs until interrupted. The content is kept in the directory. Without --htpasswd " +
			"there is no access control: it listens on this machine only, unless --public is given. A browser sees at / what is in it; /metrics has " +
			"counters for Prometheus.",
		ArgsUsage: " ",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "dir", Usage: "keep the content in `DIR`"},
			&cli.StringFlag{Name: "address", Value: "127.0.0.1:5000", Usage: "listen at `HOST:PORT`"},
			&cli.BoolFlag{DisableDefaultText: true, Name: "quiet", Aliases: []string{"q"}, Usage: "print only errors"},
			&cli.BoolFlag{DisableDefaultText: true, Name: "verbose", Aliases: []string{"v"}, Usage: "log every request"},
			&cli.BoolFlag{DisableDefaultText: true, Name: "public", Usage: "allow an address that other machines can reach"},
			&cli.BoolFlag{DisableDefaultText: true, Name: "read-only", Usage: "refuse all changes"},
			&cli.StringFlag{Name: "htpasswd", Usage: "let in only who has a password in `FILE` (htpasswd -B)"},
			&cli.BoolFlag{DisableDefaultText: true, Name: "anonymous-read", Usage: "with --htpasswd, let anybody read"},
			&cli.StringFlag{Name: "tls-cert", Usage: "speak HTTPS with the certificate in `FILE`"},
			&cli.StringFlag{Name: "tls-key", Usage: "the certificate's private key `FILE`"},
		},
		Subcommands: []*cli.Command{registryGCCommand(env)},
		Action: func(c *cli.Context) error {
			if c.NArg() > 0 {
				return noVerb(c)
			}
			dir, err := required(c, "dir", "a directory for the content")
			if err != nil {
				return err
			}
			opt := serve.Options{
				Dir: dir, Address: c.String("address"), Public: c.Bool("public"), ReadOnly: c.Bool("read-only"),
				Passwords: c.String("htpasswd"), AnybodyReads: c.Bool("anonymous-read"),
				Certificate: c.String("tls-cert"), Key: c.String("tls-key"),
			}
			if opt.AnybodyReads && opt.Passwords == "" {
				return usagef("--anonymous-read requires --htpasswd")
			}
			if (opt.Certificate == "") != (opt.Key == "") {
				return usagef("--tls-cert and --tls-key require each other")
			}
			if !c.Bool("quiet") {
				opt.Requests = requestPrinter(env.stderr, c.Bool("verbose"))
			}
			return serve.Run(c.Context, opt, func(addr string) {
				if !c.Bool("quiet") {
					fmt.Fprintf(env.stderr, "assemble: serving %q at %s\n", opt.Dir, addr)
				}
			})
		},
	}
}

// requestPrinter returns what writes a line for each request, or only for
// those that the registry has failed at.
func requestPrinter(w io.Writer, all bool) func(serve.Request) {
	var mu sync.Mutex
	return func(r serve.Request) {
		failed := r.Status >= http.StatusInternalServerError
		if !failed && !all {
			return
		}
		line := fmt.Sprintf("%d %s %s (%s, %v)", r.Status, r.Method, r.Path, report.Bytes(r.Sent), r.Elapsed.Round(time.Millisecond))
		if r.Failure != "" {
			line += ": " + strings.TrimSpace(r.Failure)
		}
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(w, "assemble: %s\n", printable(line))
	}
}
