package main

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/assemble-image/assemble/internal/debs/debtest"
)

func init() {
	scriptCommands["debtree"] = makeDebTree
	scriptCommands["samedigest"] = compareDigests
}

// samedigest FILE… holds the results of runs against each other: their images
// must be the same.
func compareDigests(ts *testscript.TestScript, _ bool, args []string) {
	first := ""
	for _, name := range args {
		var result struct{ Digest string }
		ts.Check(json.Unmarshal([]byte(ts.ReadFile(name)), &result))
		if first == "" {
			first = result.Digest
		}
		if result.Digest == "" || result.Digest != first {
			ts.Fatalf("%s has the digest %q, %s %q", args[0], first, name, result.Digest)
		}
	}
}

// debtree DIR NAME VERSION TREE [FIELD…] makes a package of the archive in DIR
// out of the files below TREE; those in DEBIAN are its control files. What lies
// in a directory of programs is executable.
func makeDebTree(ts *testscript.TestScript, _ bool, args []string) {
	d := debtest.Deb{Name: args[1], Version: args[2], Compression: "xz", Control: map[string]string{}}
	for _, field := range args[4:] {
		d.Fields += field + "\n"
	}
	tree := ts.MkAbs(args[3])
	ts.Check(filepath.WalkDir(tree, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		rel, err := filepath.Rel(tree, path)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if name, isControl := strings.CutPrefix(rel, "DEBIAN/"); isControl {
			data, err := os.ReadFile(path)
			d.Control[name] = string(data)
			return err
		}
		f := debtest.File{Path: rel}
		if e.Type() == fs.ModeSymlink {
			f.Link, err = os.Readlink(path)
		} else {
			var data []byte
			data, err = os.ReadFile(path)
			f.Data = string(data)
			if strings.Contains(rel, "bin/") {
				f.Mode = 0o755
			}
		}
		d.Files = append(d.Files, f)
		return err
	}))
	debsOf(ts).archive(ts.MkAbs(args[0])).AddDebs(debsOf(ts), d)
}
