package inflate

import (
	"bytes"
	"compress/flate"
	"math/rand/v2"
	"testing"
)

func TestDecodeEveryWriter(t *testing.T) {
	d := NewDecoder()
	contents := samples()
	for name, deflate := range deflators(t) {
		t.Run(name, func(t *testing.T) {
			for kind, content := range contents {
				p := deflate(content)
				got, tail, err := inflateAll(d, p, int64(len(content)))
				if err != nil || !bytes.Equal(got, content) {
					t.Fatalf("%s: %d bytes of %d, error %v", kind, len(got), len(content), err)
				}
				checkSplice(t, p, content, tail)
			}
		})
	}
}

// TestDecodeDamaged flips bits, cuts and repeats pieces of good streams.
func TestDecodeDamaged(t *testing.T) {
	d := NewDecoder()
	r := rand.New(rand.NewPCG(3, 7))
	contents := samples()
	for _, deflate := range deflators(t) {
		for _, kind := range []string{"empty", "byte", "short", "few", "text", "binary", "runs"} {
			content := contents[kind]
			p := deflate(content[:min(len(content), 4000)])
			for range 60 {
				q := bytes.Clone(p)
				for range 1 + r.IntN(3) {
					q[min(r.IntN(len(q)), r.IntN(len(q)))] ^= 1 << r.IntN(8)
				}
				switch r.IntN(4) {
				case 0:
					q = q[:r.IntN(len(q)+1)]
				case 1:
					q = append(q, q[:r.IntN(len(q))]...)
				}
				check(t, d, q)
			}
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, c := range handMade() {
		f.Add(c.stream)
	}
	contents := samples()
	for _, deflate := range deflators(f) {
		f.Add(deflate(contents["text"][:300]))
		f.Add(deflate(contents["runs"][:2000]))
		f.Add(deflate(contents["binary"][:500]))
	}
	d := NewDecoder()
	f.Fuzz(func(t *testing.T, p []byte) { check(t, d, p) })
}

func FuzzRoundTrip(f *testing.F) {
	for _, content := range samples() {
		f.Add(content[:min(len(content), 3000)], 6, uint16(1))
	}
	d := NewDecoder()
	f.Fuzz(func(t *testing.T, content []byte, level int, times uint16) {
		level = (level%12+12)%12 - 2
		content = bytes.Repeat(content, 1+int(times)%1000)
		if len(content) > 4<<20 {
			t.Skip("long enough")
		}
		var buf bytes.Buffer
		w, err := flate.NewWriter(&buf, level)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(content); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		got, tail, err := inflateAll(d, buf.Bytes(), int64(len(content)))
		if err != nil || !bytes.Equal(got, content) {
			t.Fatalf("level %d: %d bytes of %d, error %v", level, len(got), len(content), err)
		}
		checkSplice(t, buf.Bytes(), content, tail)
	})
}
