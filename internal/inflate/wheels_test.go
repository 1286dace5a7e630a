package inflate

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"io"
	"os"
	"path/filepath"
	"sort"
	"testing"
)

// wheelStreams lists every deflated entry of the wheels in the directory that
// ASSEMBLE_WHEELS names.
func wheelStreams(tb testing.TB) []packed {
	tb.Helper()
	dir := os.Getenv("ASSEMBLE_WHEELS")
	if dir == "" {
		tb.Skip("ASSEMBLE_WHEELS names no directory of wheels")
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.whl"))
	if err != nil || len(names) == 0 {
		tb.Fatalf("no wheels in %q (%v)", dir, err)
	}
	sort.Strings(names)
	var streams []packed
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(func() {
			if err := f.Close(); err != nil {
				tb.Error(err)
			}
		})
		fi, err := f.Stat()
		if err != nil {
			tb.Fatal(err)
		}
		r, err := zip.NewReader(f, fi.Size())
		if err != nil {
			tb.Fatal(err)
		}
		for _, e := range r.File {
			if e.Method != zip.Deflate {
				continue
			}
			off, err := e.DataOffset()
			if err != nil {
				tb.Fatal(err)
			}
			streams = append(streams, packed{
				src: f, off: off, n: int64(e.CompressedSize64), size: int64(e.UncompressedSize64),
				name: filepath.Base(name) + ": " + e.Name,
			})
		}
	}
	return streams
}

// TestWheels compares every deflated entry with compress/flate's content.
func TestWheels(t *testing.T) {
	d := NewDecoder()
	for _, s := range wheelStreams(t) {
		want := flate.NewReader(newBuffered(io.NewSectionReader(s.src, s.off, s.n)))
		got := make([]byte, outputSize)
		_, err := d.Decode(Stream{Src: s.src, Off: s.off, Len: s.n, Size: s.size}, func(p []byte) error {
			if _, err := io.ReadFull(want, got[:len(p)]); err != nil {
				return err
			}
			if !bytes.Equal(got[:len(p)], p) {
				t.Fatalf("%s: wrong content", s.name)
			}
			return nil
		})
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
	}
}
