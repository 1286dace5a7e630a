// Package provide tells which Debian package has a shared library.
//
// Start with [Embedded], which knows the releases of [Suites] without a network.
// [Distil] makes such a table of an archive's Contents index.
package provide

import (
	"bufio"
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"strings"
	"sync"
)

//go:generate go run ./gen contents

// Suites are the releases that the embedded table covers, by code name.
var Suites = []string{"bookworm", "trixie"}

//go:embed debian.gz
var embedded []byte

// Table has the package of each shared library.
type Table map[string]string

var tables = sync.OnceValues(func() (map[string]Table, error) {
	z, err := gzip.NewReader(bytes.NewReader(embedded))
	if err != nil {
		return nil, fmt.Errorf("reading the table of libraries: %w", err)
	}
	out, now := map[string]Table{}, Table{}
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		if suite, ok := strings.CutPrefix(lines.Text(), "["); ok {
			now = Table{}
			out[strings.TrimSuffix(suite, "]")] = now
			continue
		}
		fields := strings.Fields(lines.Text())
		for _, lib := range fields[1:] {
			now[lib] = fields[0]
		}
	}
	return out, lines.Err()
})

// Embedded returns the table of a release, by its code name, nil for one that it
// doesn't cover.
func Embedded(codename string) (Table, error) {
	all, err := tables()
	return all[codename], err
}
