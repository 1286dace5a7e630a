package layers

import (
	"bytes"
	"context"
	"testing"
)

// However a layer ends, the cores that were taken for it are free again.
func TestCoresComeBack(t *testing.T) {
	content := bytes.Repeat(noise(1, 1<<20), 20)
	source, entries := newWheel(t, "a.whl", append(mixed(1, 60, 300_000), zipFile{name: "pkg1/large", data: content})...)
	plain := Entry{Path: "pkg2/plain", Mode: 0o644, Size: int64(len(content)), Open: opener(content)}
	short := plain
	short.Size++
	for name, more := range map[string][]Entry{"good": {plain}, "bad": {short}} {
		t.Run(name, func(t *testing.T) {
			var opt Options
			check(t, opt.fill())
			b := &builder{opt: opt}
			for range 3 {
				b.cores.free.Store(4)
				spec := specOf("a", []*Source{source}, append(more, entries...))
				l, err := b.build(context.Background(), 0, &spec)
				if (err != nil) != (name == "bad") {
					t.Fatal(err)
				}
				if l != nil {
					check(t, l.Close())
				}
				if n := b.cores.free.Load(); n != 4 {
					t.Fatalf("%d cores are free, not 4", n)
				}
			}
		})
	}
}

func TestBesideHash(t *testing.T) {
	content := noise(1, 3*fillSize+17)
	for _, piece := range []int{1000, fillSize, fillSize + 1, len(content)} {
		var got bytes.Buffer
		b := newBesideHash(func(p []byte) { got.Write(p) })
		for p := content; len(p) > 0; {
			n := min(piece, len(p))
			b.write(p[:n])
			p = p[n:]
		}
		b.close()
		if !bytes.Equal(got.Bytes(), content) {
			t.Errorf("pieces of %d: other bytes are hashed", piece)
		}
	}
}
