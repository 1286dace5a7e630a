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

	kflate "github.com/klauspost/compress/flate"
)

// packed is one stream to measure with.
type packed struct {
	src    io.ReaderAt
	off, n int64
	size   int64
	name   string
}

// rival is one way to inflate; it returns the number of bytes of content.
type rival struct {
	name    string
	inflate func(p packed) (int64, error)
}

func rivals() []rival {
	d := NewDecoder()
	std := flate.NewReader(bytes.NewReader(nil))
	fast := kflate.NewReader(bytes.NewReader(nil))
	buf := make([]byte, 128<<10)
	through := func(r io.ReadCloser, reset func(io.Reader) error) func(p packed) (int64, error) {
		in := newBuffered(nil)
		return func(p packed) (int64, error) {
			in.Reset(io.NewSectionReader(p.src, p.off, p.n))
			if err := reset(in); err != nil {
				return 0, err
			}
			total := int64(0)
			for {
				n, err := r.Read(buf)
				total += int64(n)
				if err == io.EOF {
					return total, nil
				}
				if err != nil {
					return total, err
				}
			}
		}
	}
	return []rival{
		{"inflate", func(p packed) (int64, error) {
			total := int64(0)
			_, err := d.Decode(Stream{Src: p.src, Off: p.off, Len: p.n, Size: p.size}, func(b []byte) error {
				total += int64(len(b))
				return nil
			})
			return total, err
		}},
		{"klauspost", through(fast, func(r io.Reader) error { return fast.(kflate.Resetter).Reset(r, nil) })},
		{"flate", through(std, func(r io.Reader) error { return std.(flate.Resetter).Reset(r, nil) })},
	}
}

func bench(b *testing.B, streams []packed) {
	total := int64(0)
	for _, s := range streams {
		total += s.size
	}
	for _, r := range rivals() {
		b.Run(r.name, func(b *testing.B) {
			b.SetBytes(total)
			for b.Loop() {
				for _, s := range streams {
					n, err := r.inflate(s)
					if err != nil || n != s.size {
						b.Fatalf("%s: %d of %d bytes: %v", s.name, n, s.size, err)
					}
				}
			}
		})
	}
}

// BenchmarkWheels inflates every deflated entry of the wheels in the directory
// that ASSEMBLE_WHEELS names.
func BenchmarkWheels(b *testing.B) {
	bench(b, wheelStreams(b))
}

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
		tb.Cleanup(func() { f.Close() })
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
