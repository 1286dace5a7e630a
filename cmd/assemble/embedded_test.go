package main

import (
	"context"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/assemble-image/assemble/internal/serve"
)

// serveEmbedded is the script command that serves the embedded registry as long
// as the script runs.
func serveEmbedded(ts *testscript.TestScript, _ bool, args []string) {
	opt := serve.Options{Dir: ts.MkAbs(args[0])}
	server, err := serve.Start(context.Background(), opt)
	ts.Check(err)
	ts.Defer(func() { ts.Check(server.Close()) })
	ts.Setenv("EMBEDDED", server.Addr)
}
