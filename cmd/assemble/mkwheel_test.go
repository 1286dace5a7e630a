package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/assemble-image/assemble/internal/wheeltest"
)

// makeWheel is mkwheel DIR NAME VERSION TAG [REQUIREMENT…], which writes a
// small wheel. A TAG of norecord leaves a row out of its RECORD, one of
// badrecord gives a file the digest of another, and one of bzip2 packs one in a
// way that wheels may not. That of certifi has a bundle.
func makeWheel(ts *testscript.TestScript, _ bool, args []string) {
	w := wheeltest.Wheel{
		Name: args[1], Version: args[2], Tag: args[3],
		Files: []wheeltest.File{{Name: args[1] + "/__init__.py", Data: []byte("# " + strings.Join(args, " ") + "\n")}},
	}
	switch args[3] {
	case "norecord":
		w.Tag, w.Record = "", func(rows []string) []string { return rows[1:] }
	case "bzip2":
		says := func(h *wheeltest.Header) { h.Method = 12 }
		w.Tag = ""
		w.Files = append(w.Files, wheeltest.File{Name: args[1] + "/" + strings.Repeat("long/", 40) + "end.py", Local: says, Central: says})
	case "badrecord":
		w.Tag, w.Record = "", func(rows []string) []string {
			_, size, _ := strings.Cut(rows[0][strings.Index(rows[0], ","):], wheeltest.Hash(w.Files[0].Data))
			rows[0] = w.Files[0].Name + "," + wheeltest.Hash(nil) + size
			return rows
		}
	}
	if args[1] == "certifi" {
		w.Files = append(w.Files, wheeltest.File{Name: "certifi/cacert.pem", Data: []byte("# a bundle\n")})
	}
	for _, r := range args[4:] {
		w.Metadata += "Requires-Dist: " + r + "\n"
	}
	ts.Check(os.WriteFile(filepath.Join(ts.MkAbs(args[0]), w.Filename()), w.Bytes(), 0o644))
}

// writeHashed is hashed FILE DIR REQUIREMENT WHEEL[,WHEEL…] …, which writes
// requirements with the hashes of wheels in DIR.
func writeHashed(ts *testscript.TestScript, _ bool, args []string) {
	var b strings.Builder
	for i := 2; i+1 < len(args); i += 2 {
		b.WriteString(args[i])
		for name := range strings.SplitSeq(args[i+1], ",") {
			data, err := os.ReadFile(filepath.Join(ts.MkAbs(args[1]), name))
			ts.Check(err)
			fmt.Fprintf(&b, " --hash=sha256:%x", sha256.Sum256(data))
		}
		b.WriteString("\n")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(b.String()), 0o644))
}
