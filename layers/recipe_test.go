package layers

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"testing"
	"time"
)

// someRecipe has each kind of operation.
func someRecipe() *recipe {
	w := programWriter{ends: make([]int64, 2)}
	w.literal = append(w.literal, "begin"...)
	w.copy(0, 100, 50, 17)
	w.copy(0, 10, 60, -1)
	w.literal = append(w.literal, 0)
	w.stored(1, 7, 70_000)
	w.spool(1000)
	w.flush()
	w.literal = append(w.literal, "end"...)
	w.flush()
	r := &recipe{program: w.buf, sources: []fileID{{size: 200}, {size: 70_007}}, spool: fileID{size: 1000}}
	r.sources[1].sha256[0], r.spool.sha256[0] = 1, 2
	r.Key, r.ModTime = NewKey("x"), time.Unix(5, 0).UTC()
	r.Size = 5 + 50 + 60 + 1 + storedLength(70_000) + 1000 + 3
	r.TarSize, r.Entries = 1<<40, 3
	return r
}

// zeros is an input of nothing but zero bytes.
type zeros struct{}

func (zeros) ReadAt(p []byte, _ int64) (int, error) {
	clear(p)
	return len(p), nil
}

func (zeros) source(int) (io.ReaderAt, error) { return zeros{}, nil }
func (zeros) spool() (io.ReaderAt, error)     { return zeros{}, nil }

// yield returns how many bytes the recipe gives, up to a few more than it says.
func yield(t testing.TB, r *recipe) int64 {
	t.Helper()
	n := int64(0)
	b := make([]byte, 1000)
	for in := newRunner(r.program, len(r.sources), zeros{}); n <= r.Size+1000; {
		m, err := in.fill(b)
		n += int64(m)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return n
}

func TestRecipe(t *testing.T) {
	want := someRecipe()
	b := want.encode()
	got, err := parseRecipe(b)
	if err != nil {
		t.Fatal(err)
	}
	if got.Head != want.Head || !bytes.Equal(got.encode(), b) || len(got.sources) != 2 || got.sources[1] != want.sources[1] || got.spool != want.spool {
		t.Errorf("got %+v", got)
	}
	if n := yield(t, got); n != want.Size {
		t.Errorf("it gives %d bytes, not %d", n, want.Size)
	}
	if h, err := ParseHead(b[:HeadSize]); err != nil || h != want.Head {
		t.Errorf("head %+v, %v", h, err)
	}
}

func TestRecipeDamaged(t *testing.T) {
	b := someRecipe().encode()
	for i := range b {
		if r, err := parseRecipe(b[:i]); err == nil || r != nil || !errors.Is(err, ErrRecipe) {
			t.Fatalf("%d of %d bytes: %v", i, len(b), err)
		}
		c := bytes.Clone(b)
		c[i] ^= 0x40
		if r, err := parseRecipe(c); err == nil || r != nil || !errors.Is(err, ErrRecipe) {
			t.Fatalf("byte %d flipped: %v", i, err)
		}
	}
	if _, err := parseRecipe(append(bytes.Clone(b), 0)); !errors.Is(err, ErrRecipe) {
		t.Errorf("a byte too many: %v", err)
	}
}

// Recipes with right checksums that lie.
func TestRecipeLies(t *testing.T) {
	tests := map[string]func(r *recipe){
		"size":             func(r *recipe) { r.Size++ },
		"size too small":   func(r *recipe) { r.Size-- },
		"spool size":       func(r *recipe) { r.spool.size++ },
		"no spool":         func(r *recipe) { r.spool.size = 0 },
		"source too small": func(r *recipe) { r.sources[1].size-- },
		"source missing":   func(r *recipe) { r.sources = r.sources[:1] },
		"negative entries": func(r *recipe) { r.Entries = -1 },
		"literal too long": func(r *recipe) { r.program = []byte{40 << 2, 1, 2} },
		"empty operation":  func(r *recipe) { r.program = append(r.program, opLiteral) },
		"bit beyond": func(r *recipe) {
			r.program = append(r.program, 1<<2|opCopy, 0, 0, 9)
			r.Size++
		},
		"before the source": func(r *recipe) {
			r.program = append([]byte{1<<2 | opCopy, 0, 1, 0}, r.program...)
		},
		"overflow": func(r *recipe) {
			r.program = binary.AppendUvarint(r.program, 1<<63|opSpool)
		},
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			r := someRecipe()
			spoil(r)
			if got, err := parseRecipe(r.encode()); err == nil || got != nil || !errors.Is(err, ErrRecipe) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestRecipeVersion(t *testing.T) {
	b := someRecipe().encode()
	binary.LittleEndian.PutUint32(b[len(recipeMagic):], FormatVersion+1)
	at := HeadSize - crc32.Size
	binary.LittleEndian.PutUint32(b[at:], crc32.ChecksumIEEE(b[:at]))
	if _, err := ParseHead(b); !errors.Is(err, ErrRecipe) {
		t.Errorf("error %v", err)
	}
}

// FuzzRecipe corrects the checksums, so that what they guard is reached.
func FuzzRecipe(f *testing.F) {
	f.Add(someRecipe().encode())
	f.Add((&recipe{Head: Head{ModTime: time.Unix(0, 0)}}).encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) >= HeadSize+crc32.Size {
			at := HeadSize - crc32.Size
			binary.LittleEndian.PutUint32(b[at:], crc32.ChecksumIEEE(b[:at]))
			at = len(b) - crc32.Size
			binary.LittleEndian.PutUint32(b[at:], crc32.ChecksumIEEE(b[:at]))
		}
		r, err := parseRecipe(b)
		if err != nil {
			if r != nil {
				t.Fatal("a recipe along with an error")
			}
			return
		}
		again, err := parseRecipe(r.encode())
		if err != nil || again.Head != r.Head || !bytes.Equal(again.program, r.program) {
			t.Fatalf("not the same once more: %v", err)
		}
		if r.Size < 1<<24 {
			if n := yield(t, r); n != r.Size {
				t.Fatalf("it gives %d bytes, not %d", n, r.Size)
			}
		}
	})
}

func TestNewKey(t *testing.T) {
	seen := map[Key][]string{}
	for _, parts := range [][]string{nil, {""}, {"", ""}, {"ab"}, {"a", "b"}, {"", "ab"}, {"ab", ""}, {"a\x01\x00\x00\x00\x00\x00\x00\x00b"}} {
		k := NewKey(parts...)
		if other, ok := seen[k]; ok || k.IsZero() {
			t.Errorf("%q and %q have one key", parts, other)
		}
		seen[k] = parts
	}
	const want = "5295d1b036d3cf1722d8dcd46ee3ebc0b2922d2cc575882aba94582914b8d938"
	if got := NewKey("a", "b").String(); got != want {
		t.Errorf("key %s", got)
	}
}
