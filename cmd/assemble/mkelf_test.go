package main

import (
	"debug/elf"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/assemble-image/assemble/internal/doctor/objecttest"
	"github.com/assemble-image/assemble/internal/wheeltest"
)

// makeELF is mkelf FILE [KEY=VALUE …], which writes a shared library: soname,
// needed (may be repeated), rpath, runpath, interpreter, machine (x86_64),
// requires (LIBRARY:VERSION,VERSION), provides, and the words execstack, textrel
// and nodefault.
func makeELF(ts *testscript.TestScript, _ bool, args []string) {
	s := objecttest.Spec{}
	for _, arg := range args[1:] {
		key, value, _ := strings.Cut(arg, "=")
		switch key {
		case "soname":
			s.Soname = value
		case "needed":
			s.Needed = append(s.Needed, value)
		case "rpath":
			s.Rpath = value
		case "runpath":
			s.Runpath = value
		case "interpreter":
			s.Interpreter = value
		case "machine":
			s.Machine = elf.EM_X86_64
		case "requires":
			library, names, _ := strings.Cut(value, ":")
			s.Requires = append(s.Requires, objecttest.Version{Library: library, Names: strings.Split(names, ",")})
		case "provides":
			s.Provides = append(s.Provides, value)
		case "execstack":
			s.ExecutableStack = true
		case "textrel":
			s.TextRelocations = true
		case "nodefault":
			s.NoDefault = true
		default:
			ts.Fatalf("mkelf: unknown %q", arg)
		}
	}
	file := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(filepath.Dir(file), 0o755))
	ts.Check(os.WriteFile(file, objecttest.Make(s), 0o644))
}

// packWheel is packwheel DIR NAME VERSION TAG TREE [REQUIREMENT | extra=NAME …], which writes
// a wheel of the files of TREE. Its entry_points.txt becomes that of the wheel.
func packWheel(ts *testscript.TestScript, _ bool, args []string) {
	w := wheeltest.Wheel{Name: args[1], Version: args[2], Tag: args[3]}
	root := ts.MkAbs(args[4])
	ts.Check(filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if name == "entry_points.txt" {
			name = w.Name + "-" + w.Version + ".dist-info/" + name
		}
		w.Files = append(w.Files, wheeltest.File{Name: filepath.ToSlash(name), Data: data})
		return nil
	}))
	for _, r := range args[5:] {
		if extra, ok := strings.CutPrefix(r, "extra="); ok {
			w.Metadata += "Provides-Extra: " + extra + "\n"
			continue
		}
		w.Metadata += "Requires-Dist: " + r + "\n"
	}
	ts.Check(os.MkdirAll(ts.MkAbs(args[0]), 0o755))
	ts.Check(os.WriteFile(filepath.Join(ts.MkAbs(args[0]), w.Filename()), w.Bytes(), 0o644))
}
