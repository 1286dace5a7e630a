package main

import (
	"os"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/assemble-image/assemble/manifest"
)

// copyImage is the script command `copyimage LAYOUT REF`: it pushes the image of a
// layout as it is, without what refers to it.
func copyImage(ts *testscript.TestScript, _ bool, args []string) {
	img, err := manifest.ReadLayout(ts.MkAbs(args[0]), "", v1.Platform{})
	ts.Check(err)
	ref, err := name.ParseReference(args[1])
	ts.Check(err)
	ts.Check(remote.Write(ref, img))
}

// forget is the script command `forget DIR…`: it removes directories, as a fresh
// runner lacks them.
func forget(ts *testscript.TestScript, _ bool, args []string) {
	for _, dir := range args {
		ts.Check(os.RemoveAll(ts.MkAbs(dir)))
	}
}

// sameImage is the script command `sameimage FILE`: the digest that was printed
// last is the one in FILE, whatever the repository.
func sameImage(ts *testscript.TestScript, _ bool, args []string) {
	_, got, _ := strings.Cut(ts.ReadFile("stdout"), "@")
	_, want, _ := strings.Cut(ts.ReadFile(args[0]), "@")
	if got != want || want == "" {
		ts.Fatalf("the image is %s, not %s", got, want)
	}
}

// newLog is the script command `newlog`: the registry forgets what it was asked.
func newLog(ts *testscript.TestScript, _ bool, _ []string) {
	r := ts.Value("faults").(*faultyRegistry)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log = nil
}
