package scan

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/internal/doctor/objecttest"
)

// TestStream holds that a file that is seen piece by piece is noted as one that is
// opened, whatever the pieces.
func TestStream(t *testing.T) {
	elf := objecttest.Make(objecttest.Spec{Soname: "libx.so.1", Needed: []string{"libc.so.6", "libm.so.6"}, Runpath: "$ORIGIN/../x.libs"})
	for name, data := range map[string][]byte{
		"empty":         nil,
		"one byte":      []byte("#"),
		"two bytes":     []byte("#!"),
		"text":          []byte(strings.Repeat("text ", 1000)),
		"script":        []byte("#!/usr/bin/env python3 -s\n" + strings.Repeat("pass\n", 1000)),
		"long line":     []byte("#!" + strings.Repeat("x", 5000)),
		"script's end":  []byte("#!/bin/sh"),
		"object":        elf,
		"larger object": append(bytes.Clone(elf), make([]byte, 200<<10)...),
		"cut object":    elf[:len(elf)/2],
		"magic alone":   []byte("\x7fELF"),
		"no object":     append([]byte("\x7fELF"), make([]byte, 300)...),
	} {
		if len(data) == 0 {
			continue // those aren't asked for
		}
		want, err := File(int64(len(data)), func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil })
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, piece := range []int{1, 7, 63, 64, 65, 4096, 64 << 10, 1 << 20} {
			s := NewStream(int64(len(data)))
			for rest := data; len(rest) > 0; rest = rest[min(piece, len(rest)):] {
				b := bytes.Clone(rest[:min(piece, len(rest))])
				s.See(b)
				clear(b) // it isn't kept
			}
			got, again := s.Note()
			if diff := cmp.Diff(want, got); diff != "" || again {
				t.Errorf("%s in pieces of %d, again %t: (-want +got)\n%s", name, piece, again, diff)
			}
		}
	}
}
