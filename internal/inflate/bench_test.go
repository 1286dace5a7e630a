package inflate

import (
	"bytes"
	"compress/flate"
	"io"
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
			start := cpuTime()
			for b.Loop() {
				for _, s := range streams {
					n, err := r.inflate(s)
					if err != nil || n != s.size {
						b.Fatalf("%s: %d of %d bytes: %v", s.name, n, s.size, err)
					}
				}
			}
			if used := (cpuTime() - start).Seconds(); used > 0 {
				b.ReportMetric(float64(total)*float64(b.N)/1e6/used, "cpu-MB/s")
			}
		})
	}
}

// BenchmarkWheels inflates every deflated entry of the wheels in the directory
// that ASSEMBLE_WHEELS names.
func BenchmarkWheels(b *testing.B) {
	bench(b, wheelStreams(b))
}

// BenchmarkSamples inflates made-up content of different natures; "small" is a
// thousand streams of about 2 KB, where starting a stream and building its
// tables count most.
func BenchmarkSamples(b *testing.B) {
	deflate := deflators(b)["flate 6"]
	contents := samples()
	for _, kind := range []string{"text", "binary", "runs", "random"} {
		b.Run(kind, func(b *testing.B) {
			p := deflate(contents[kind])
			bench(b, []packed{{src: bytes.NewReader(p), n: int64(len(p)), size: int64(len(contents[kind])), name: kind}})
		})
	}
	b.Run("small", func(b *testing.B) {
		var streams []packed
		for i := range 1000 {
			content := contents["text"][i*300:][:2000+i]
			p := deflate(content)
			streams = append(streams, packed{src: bytes.NewReader(p), n: int64(len(p)), size: int64(len(content)), name: "small"})
		}
		bench(b, streams)
	})
}
