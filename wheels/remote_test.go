package wheels

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/assemble-image/assemble/internal/wheeltest"
	"github.com/assemble-image/assemble/wheels/tags"
)

// countingReader counts what is read of a file.
type countingReader struct {
	r io.ReaderAt
	n int64
}

func (c *countingReader) ReadAt(p []byte, off int64) (int, error) {
	c.n += int64(len(p))
	return c.r.ReadAt(p, off)
}

func demoName(t testing.TB) tags.Filename {
	t.Helper()
	f, err := tags.ParseFilename("demo-1.0-py3-none-any.whl")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestReadMetadataReadsLittle(t *testing.T) {
	w := wheeltest.Wheel{Name: "demo", Version: "1.0", Metadata: "Requires-Dist: other\n"}
	for i := range 50 {
		w.Files = append(w.Files, wheeltest.File{Name: fmt.Sprintf("demo/%d", i), Data: make([]byte, 40<<10), Stored: true})
	}
	b := w.Bytes()
	r := &countingReader{r: bytes.NewReader(b)}
	text, m, err := ReadMetadata(r, int64(len(b)), demoName(t))
	if err != nil || len(m.RequiresDist) != 1 || !strings.Contains(string(text), "Requires-Dist: other") {
		t.Fatalf("%q, %v, %v", text, m, err)
	}
	if r.n > 32<<10 {
		t.Errorf("%d of %d bytes were read", r.n, len(b))
	}
}

func TestReadMetadataRefuses(t *testing.T) {
	zip := func(change func(z *wheeltest.Zip)) wheeltest.Wheel {
		return wheeltest.Wheel{Name: "demo", Version: "1.0", Zip: change}
	}
	const metadata = "demo-1.0.dist-info/METADATA"
	alter := func(change func(f *wheeltest.File)) wheeltest.Wheel {
		return zip(func(z *wheeltest.Zip) {
			for i := range z.Files {
				if z.Files[i].Name == metadata {
					change(&z.Files[i])
				}
			}
		})
	}
	for name, tt := range map[string]struct {
		wheel wheeltest.Wheel
		want  string
	}{
		"another project":    {wheeltest.Wheel{Name: "demo", Version: "1.0", MetadataFile: "Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n"}, "evil"},
		"another version":    {wheeltest.Wheel{Name: "demo", Version: "1.0", MetadataFile: "Metadata-Version: 2.1\nName: demo\nVersion: 2.0\n"}, "2.0"},
		"not UTF-8":          {wheeltest.Wheel{Name: "demo", Version: "1.0", MetadataFile: "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nSummary: \xff\n"}, "UTF-8"},
		"none":               {zip(func(z *wheeltest.Zip) { z.Files = z.Files[:0] }), "no .dist-info"},
		"a second archive":   {zip(func(z *wheeltest.Zip) { z.Suffix = []byte("x") }), "end record"},
		"another local name": {alter(func(f *wheeltest.File) { f.Local = func(h *wheeltest.Header) { h.Name = strings.ToUpper(h.Name) } }), "a different name"},
		"another CRC-32": {alter(func(f *wheeltest.File) {
			f.Local = func(h *wheeltest.Header) { h.CRC32++ }
			f.Central = f.Local
		}), "CRC-32"},
		"overlap": {alter(func(f *wheeltest.File) { f.Central = func(h *wheeltest.Header) { h.Packed += 1000 } }), ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := tt.wheel.Bytes()
			text, _, err := ReadMetadata(bytes.NewReader(b), int64(len(b)), demoName(t))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%q, %v; want %q", text, err, tt.want)
			}
		})
	}
}

func FuzzReadMetadata(f *testing.F) {
	name := demoName(f)
	f.Add(wheeltest.Wheel{Name: "demo", Version: "1.0"}.Bytes())
	f.Add(wheeltest.Wheel{Name: "demo", Version: "1.0", Zip: func(z *wheeltest.Zip) { z.Zip64 = true }}.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		text, m, err := ReadMetadata(bytes.NewReader(b), int64(len(b)), name)
		if err != nil {
			return
		}
		if again, err := CheckMetadata(text, name); err != nil || again.Name != m.Name {
			t.Errorf("%v, %v", again, err)
		}
		if int64(len(text)) > maxMetadata {
			t.Errorf("%d bytes", len(text))
		}
	})
}
