// Command gen makes the table of Debian's shared libraries out of the Contents
// indexes of the releases that it covers.
//
//	go run ./gen DIR
//
// DIR has a file SUITE.gz for each release, which is main/Contents-arm64.gz of
// that suite as a Debian mirror has it.
package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/assemble-image/assemble/internal/doctor/provide"
)

const output = "debian.gz"

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return errors.New("usage: go run ./gen DIR")
	}
	var out bytes.Buffer
	zip, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return err
	}
	for _, suite := range provide.Suites {
		table, err := read(filepath.Join(args[0], suite+".gz"))
		if err != nil {
			return err
		}
		fmt.Fprintf(zip, "[%s]\n", suite)
		write(zip, table)
	}
	if err := zip.Close(); err != nil {
		return err
	}
	return os.WriteFile(output, out.Bytes(), 0o644) //nolint:gosec // part of the source
}

// write writes a line for each package: its name and its libraries, without "lib"
// and ".so." as these are in all of them.
func write(w io.Writer, table map[string]string) {
	by := map[string][]string{}
	for lib, pkg := range table {
		by[pkg] = append(by[pkg], lib)
	}
	for _, pkg := range slices.Sorted(maps.Keys(by)) {
		slices.Sort(by[pkg])
		fmt.Fprint(w, pkg)
		for _, lib := range by[pkg] {
			fmt.Fprint(w, " ", lib)
		}
		fmt.Fprintln(w)
	}
}

func read(file string) (_ map[string]string, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	return provide.Distil(z)
}
