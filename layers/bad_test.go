package layers

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/assemble-image/assemble/internal/inflate"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// Content that is not what the zip or RECORD says makes no layer, and the
// error names wheel and file.
func TestBadContent(t *testing.T) {
	content := text(rand.New(rand.NewPCG(1, 1)), 200_000)
	wrong := make([]byte, 32)
	tests := []struct {
		name  string
		spoil func(e *Entry, packed []byte)
		want  error
		what  string // of a ContentError
	}{
		{"truncated", func(e *Entry, _ []byte) { e.Slice.Length /= 2 }, inflate.ErrTruncated, ""},
		{"one byte short", func(e *Entry, _ []byte) { e.Slice.Length-- }, inflate.ErrTruncated, ""},
		{"over-long", func(e *Entry, _ []byte) { e.Slice.Length++ }, inflate.ErrTrailing, ""},
		{"reserved block type", func(_ *Entry, packed []byte) { packed[0] |= 6 }, inflate.ErrCorrupt, ""},
		{"declared too small", func(e *Entry, _ []byte) { e.Size-- }, inflate.ErrSize, ""},
		{"declared too large", func(e *Entry, _ []byte) { e.Size++ }, inflate.ErrSize, ""},
		{"declared empty", func(e *Entry, _ []byte) { e.Size = 0 }, inflate.ErrSize, ""},
		{"wrong CRC", func(e *Entry, _ []byte) { e.Slice.CRC32 ^= 1 }, ErrContent, "CRC-32"},
		{"wrong SHA-256", func(e *Entry, _ []byte) { e.SHA256 = wrong }, ErrContent, "SHA-256"},
		{"no packed bytes", func(e *Entry, _ []byte) { e.Slice.Length = 0 }, inflate.ErrTruncated, ""},
		{"not deflated", func(e *Entry, _ []byte) { e.Slice.Deflated = false; e.Size = e.Slice.Length }, ErrContent, "CRC-32"},
		{"beyond the source", func(e *Entry, _ []byte) { e.Slice.Offset = e.Slice.Source.Size }, nil, ""},
		{"before the source", func(e *Entry, _ []byte) { e.Slice.Offset = -1 }, nil, ""},
		{"overflow", func(e *Entry, _ []byte) { e.Slice.Offset = 1<<63 - 1 }, nil, ""},
		{"negative size", func(e *Entry, _ []byte) { e.Size = -1 }, nil, ""},
		{"no source", func(e *Entry, _ []byte) { e.Slice.Source = nil }, nil, ""},
		{"unknown source", func(e *Entry, _ []byte) { e.Slice.Source = &Source{Size: 1 << 40, Name: "x"} }, nil, ""},
		{"twice given", func(e *Entry, _ []byte) { e.Open = opener(nil) }, nil, ""},
		{"odd SHA-256", func(e *Entry, _ []byte) { e.SHA256 = wrong[:20] }, nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			good, entries := newWheel(t, "a.whl", zipFile{name: "a/good", data: content}, zipFile{name: "b/bad", data: content})
			slice := *entries[1].Slice
			b := readAll(t, func() (io.ReadCloser, error) { return good.Open() })
			bad := newSource(t, "b.whl", b)
			slice.Source = bad
			e := entries[1]
			e.Slice, e.Owner = &slice, "b.whl"
			tt.spoil(&e, b[slice.Offset:])
			if tt.name == "reserved block type" {
				bad = newSource(t, "b.whl", b)
				slice.Source = bad
			}
			err := buildError(t, Options{}, specOf("ab", []*Source{good, bad}, []Entry{entries[0], e}))
			if tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
			var entry *EntryError
			if !errors.As(err, &entry) || entry.Owner != "b.whl" || entry.Path != "b/bad" {
				t.Errorf("error %v doesn't name wheel and file", err)
			}
			var c *ContentError
			if errors.As(err, &c) != (tt.what != "") || c != nil && (c.What != tt.what || c.Want == "" || c.Got == c.Want) {
				t.Errorf("error %v", err)
			}
		})
	}
}

// Whichever bit of a wheel's streams is flipped, no layer with other content
// comes out.
func TestFlippedBits(t *testing.T) {
	good, entries := newWheel(t, "a.whl", mixed(1, 3, 3000)...)
	want := listOf(t, entries)
	b := readAll(t, func() (io.ReadCloser, error) { return good.Open() })
	rng := rand.New(rand.NewPCG(5, 5))
	for range 300 {
		bit := rng.IntN(8 * len(b))
		b[bit/8] ^= 1 << (bit % 8)
		bad := newSource(t, "a.whl", b)
		b[bit/8] ^= 1 << (bit % 8)
		again := make([]Entry, len(entries))
		for i, e := range entries {
			slice := *e.Slice
			slice.Source = bad
			e.Slice, e.SHA256 = &slice, nil
			again[i] = e
		}
		ls, err := Build(context.Background(), []Spec{specOf("a", []*Source{bad}, again)}, Options{Jobs: 1})
		if err != nil {
			continue
		}
		// Outside of the streams, or a bit that means nothing.
		got := list(t, readAll(t, ls[0].Uncompressed))
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("bit %d: %v", bit, got)
		}
		check(t, validate.Layer(ls[0]))
	}
}

func TestBadPlain(t *testing.T) {
	boom := errors.New("boom")
	failing := func() (io.ReadCloser, error) {
		return io.NopCloser(io.MultiReader(strings.NewReader("some"), failingReader{boom})), nil
	}
	tests := []struct {
		name  string
		entry Entry
		want  error
	}{
		{"short", Entry{Size: 11, Open: opener(make([]byte, 10))}, ErrContent},
		{"long", Entry{Size: 9, Open: opener(make([]byte, 10))}, ErrContent},
		{"not empty", Entry{Open: opener(make([]byte, 10))}, ErrContent},
		{"large and short", Entry{Size: 3<<20 + 1, Open: opener(make([]byte, 3<<20))}, ErrContent},
		{"large and long", Entry{Size: 3 << 20, Open: opener(make([]byte, 3<<20+1))}, ErrContent},
		{"data", Entry{Size: 2, Data: []byte("abc")}, ErrContent},
		{"missing", Entry{Size: 2}, nil},
		{"can't be opened", Entry{Size: 2, Open: func() (io.ReadCloser, error) { return nil, boom }}, boom},
		{"can't be read", Entry{Size: 10, Open: failing}, boom},
		{"can't be read, large", Entry{Size: 10 << 20, Open: failing}, boom},
		{"can't be closed", Entry{Size: 1, Open: func() (io.ReadCloser, error) { return failingCloser{strings.NewReader("x"), boom}, nil }}, boom},
		{"wrong SHA-256", Entry{Size: 1, Data: []byte("x"), SHA256: make([]byte, 32)}, ErrContent},
		{"wrong SHA-256, empty", Entry{SHA256: make([]byte, 32)}, ErrContent},
		{"wrong SHA-256, large", Entry{Size: 3 << 20, Open: opener(make([]byte, 3<<20)), SHA256: make([]byte, 32)}, ErrContent},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.entry.Path, tt.entry.Mode, tt.entry.Owner = "app/f", 0o644, "src"
			err := buildError(t, Options{TempDir: t.TempDir()}, specOf("app", nil, []Entry{tt.entry}))
			var entry *EntryError
			if !errors.As(err, &entry) || entry.Owner != "src" || entry.Path != "app/f" || tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
		})
	}
}

type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }

type failingCloser struct {
	io.Reader
	err error
}

func (c failingCloser) Close() error { return c.err }

func TestBadEntries(t *testing.T) {
	long := strings.Repeat("n", 256)
	file := func(path string) Entry { return Entry{Path: path, Mode: 0o644} }
	tests := []struct {
		name  string
		entry Entry
		want  string
	}{
		{"empty", file(""), "empty"},
		{"absolute", file("/etc/passwd"), "absolute"},
		{"dot", file("./a"), `"."`},
		{"dots", file("a/../b"), `".."`},
		{"only dots", file(".."), `".."`},
		{"double slash", file("a//b"), `""`},
		{"final slash", file("a/"), `""`},
		{"zero byte", file("a\x00b"), "zero byte"},
		{"not UTF-8", file("a\xffb"), "UTF-8"},
		{"256 bytes", file("a/" + long), "256 bytes"},
		{"300 bytes", file(strings.Repeat("n", 300)), "300 bytes"},
		{"4096 bytes", file(strings.Repeat("abcdefg/", 512)), "too long"},
		{"hard link to nothing", Entry{Path: "b", HardLink: "a"}, `target "a" is no file`},
		{"hard link to itself", Entry{Path: "b", HardLink: "b"}, "doesn't come before"},
		{"hard link to what comes after", Entry{Path: "b", HardLink: "c"}, "doesn't come before"},
		{"hard link out of the root", Entry{Path: "b", HardLink: "../a"}, "element"},
		{"hard link with content", Entry{Path: "b", HardLink: "a", Size: 1, Data: []byte("x")}, "content"},
		{"hard link with an empty content", Entry{Path: "b", HardLink: "a", Data: []byte{}}, "content"},
		{"hard link of a directory", Entry{Path: "b", Mode: fs.ModeDir, HardLink: "a"}, "not a file"},
		{"hard link as a whiteout", Entry{Path: ".wh.b", HardLink: ".a"}, "not a file"},
		{"capabilities of a directory", Entry{Path: "b", Mode: fs.ModeDir, Capability: strings.Repeat("x", 20)}, "not a file"},
		{"capabilities that are none", Entry{Path: "b", Capability: "x"}, "none"},
		{"device", Entry{Path: "a", Mode: fs.ModeDevice}, "mode"},
		{"two types", Entry{Path: "a", Mode: fs.ModeDir | fs.ModeSymlink}, "mode"},
		{"owner", Entry{Path: "a", UID: -1}, "owner"},
		{"group", Entry{Path: "a", GID: 1<<32 - 1}, "owner"},
		{"no target", Entry{Path: "a", Mode: fs.ModeSymlink}, "target"},
		{"target of a file", Entry{Path: "a", Link: "b"}, "target"},
		{"target with a zero byte", Entry{Path: "a", Mode: fs.ModeSymlink, Link: "b\x00"}, "zero byte"},
		{"directory with content", Entry{Path: "a", Mode: fs.ModeDir, Data: []byte{}}, "not a file"},
		{"link with size", Entry{Path: "a", Mode: fs.ModeSymlink, Link: "b", Size: 1}, "not a file"},
		{"whiteout with content", Entry{Path: "a/.wh.b", Data: []byte("x"), Size: 1}, "whiteout"},
		{"whiteout directory", Entry{Path: ".wh.b", Mode: fs.ModeDir}, "whiteout"},
		{"whiteout of nothing", file("a/.wh."), "whiteout"},
		{"whiteout of old", file(".wh..wh.plnk"), "whiteout"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.entry.Owner = "evil.whl"
			err := buildError(t, Options{}, specOf("evil", nil, []Entry{file("ok"), tt.entry}))
			var entry *EntryError
			if !errors.As(err, &entry) || entry.Owner != "evil.whl" || entry.Path != tt.entry.Path {
				t.Errorf("error %v", err)
			}
			if entry != nil && !strings.Contains(entry.Err.Error(), tt.want) {
				t.Errorf("error %v doesn't say %q", err, tt.want)
			}
		})
	}
}

func TestConflicts(t *testing.T) {
	file := func(path, owner string) Entry { return Entry{Path: path, Mode: 0o644, Owner: owner} }
	dir := func(path, owner string, perm fs.FileMode) Entry {
		return Entry{Path: path, Mode: fs.ModeDir | perm, Owner: owner}
	}
	tests := []struct {
		name    string
		entries []Entry
		path    string
		want    error
	}{
		{"two files", []Entry{file("a/b", "one"), file("a/b", "two")}, "a/b", ErrDuplicatePath},
		{"two links", []Entry{
			{Path: "l", Mode: fs.ModeSymlink, Link: "x", Owner: "one"},
			{Path: "l", Mode: fs.ModeSymlink, Link: "x", Owner: "two"},
		}, "l", ErrDuplicatePath},
		{"directories at odds", []Entry{dir("a", "one", 0o755), dir("a", "two", 0o700)}, "a", ErrDuplicatePath},
		{"same directories", []Entry{dir("a", "one", 0o755), dir("a", "two", 0o755)}, "", nil},
		{"file and directory", []Entry{file("a", "one"), dir("a", "two", 0o755)}, "a", ErrNotDirectory},
		{"file and below", []Entry{file("a", "one"), file("a/b", "two")}, "a", ErrNotDirectory},
		{"file and far below", []Entry{file("a/b/c/d", "two"), file("a", "one")}, "a", ErrNotDirectory},
		{"neighbours", []Entry{file("a", "one"), file("a.b", "one"), file("a-b/c", "two")}, "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Build(context.Background(), []Spec{specOf("x", nil, tt.entries)}, Options{})
			if tt.want == nil {
				check(t, err)
				return
			}
			var c *ConflictError
			if !errors.Is(err, tt.want) || !errors.As(err, &c) || c.Path != tt.path || c.Owners != [2]string{"one", "two"} {
				t.Errorf("error %v, want %v", err, tt.want)
			}
		})
	}
}

func TestManyProblems(t *testing.T) {
	var entries []Entry
	for i := range 50 {
		entries = append(entries, Entry{Path: fmt.Sprintf("../%d", i), Owner: "evil.whl"})
	}
	err := buildError(t, Options{}, specOf("evil", nil, entries))
	if n := strings.Count(err.Error(), "evil.whl"); n != maxProblems || !strings.HasSuffix(err.Error(), "and 30 more") {
		t.Errorf("%d problems named: %v", n, err)
	}
}

// Of several bad files, the first in the layer is named, even if another core
// comes upon a later one long before.
func TestFirstErrorIsReported(t *testing.T) {
	source, entries := newWheel(t, "a.whl",
		zipFile{name: "first", data: make([]byte, 30<<20)}, zipFile{name: "later", data: []byte("x")})
	for i := range entries {
		entries[i].Slice.CRC32 ^= 1
	}
	for range 5 {
		err := buildError(t, Options{Jobs: 8, Limits: Limits{Ratio: -1}}, specOf("a", []*Source{source}, entries))
		var entry *EntryError
		if !errors.As(err, &entry) || entry.Path != "first" {
			t.Fatalf("error %v", err)
		}
	}
}

// A deflated slice may end in any way that DEFLATE allows.
func TestStreamEnds(t *testing.T) {
	type stream struct {
		name         string
		packed, want []byte
	}
	streams := []stream{
		{"fixed, empty", []byte{0x03, 0x00}, nil},
		{"stored, empty", []byte{0x01, 0, 0, 0xff, 0xff}, nil},
		{"stored", []byte("\x01\x03\x00\xfc\xffabc"), []byte("abc")},
		{"stored, stored", []byte("\x00\x03\x00\xfc\xffabc\x01\x01\x00\xfe\xffd"), []byte("abcd")},
		{"stored, fixed", []byte("\x00\x03\x00\xfc\xffabc\x03\x00"), []byte("abc")},
	}
	// One that ends at each bit of a byte: literals of nine bits.
	for n := range 9 {
		var w bitWriter
		w.write(blockFixedFinal, 3)
		for range n {
			c := literalCodes[200]
			w.write(c.bits, c.n)
		}
		w.write(0, 7)
		w.write(0xff, 7) // the rest of the last byte holds anything
		packed := w.buf[:(3+9*n+7+7)/8]
		streams = append(streams, stream{fmt.Sprintf("fixed, %d bits", 10+9*n), packed, bytes.Repeat([]byte{200}, n)})
	}
	// And some with codes of their own, whose end of block is not zeros.
	for _, s := range [][2]string{
		{"05c10101000008c2b0ac08cafb27704bc38d3a71611a56508cf68e6b943d1347aee531582a572955513225beb9d12e4bf601", "dgdhfbagbdcghhbgdheahhghchaeffhfgdadefchdcdacgcacbchhcaaghfgaadgaghaddbghdcfbfbaeehehde"},
		{"05c1070100000c02a0acbe69ff0403dd88c5de2aaba010646da72334a769af3e444727e4c66385b4c403", "cfhbaheddhhgcdcgabcaeaehggghcfbachdegeggfgdfaecfbdeebbhhbfbgcaeggba"},
		{"05c1070100300cc330ac5e4ec31fc124821e0ac3ce8eced15b6ecf5aaeba6c6ec2da1824045ecb6472e52df107", "aeacbaceahaddehgafhdecbheghbdchegfcgehhdfeeahffedaaccacaadhffahcdaegfabheed"},
		{"05c10101000008c2b0ac5c05fa27701b212aea314eceb70ea33072a3c87552ed1ed98ceca304a3ce46909111bd430b0f", "cababhabhfcfbfggefedfgbcagbcafhgagafhfgghaddebgdgcaffebhbgbfbahcdgabbgcafbabheebadbb"},
		{"05c1010100300cc230ad8751f0afe089d35d476715239c79ec714a685ee9f0e52accdc5dd1dbd9924aa3858b4e1f", "ceghdghfghcbgfcfbfcehchfhafdbeefgeagfghfcdedgbfcfhcghdgfbahdccbbbgfgebhefdebdb"},
		{"05c1010100300cc230adc05ef0afe00960d5b2ac683a6e0cf5d52f75694ae86ee3a553a2d99c3e", "fffbagbababacahadfdhfhfagegbecgbgfgcgfcfghdhhfecghaccahbbfda"},
		{"05c10101003008c330ad03daddbf8227a95cc84caeb051b77d1d7a144c4d373ee5259187eb2a74b21ce77646ef7d", "agfedaeabbadgeecafffcgghgbegdegeefagfagcafhffehaaafehefcfcffeegbacededfcgbbffdh"},
	} {
		packed, err := hex.DecodeString(s[0])
		check(t, err)
		streams = append(streams, stream{"dynamic", packed, []byte(s[1])})
	}
	var all []byte
	var entries []Entry
	for i, s := range streams {
		e := Entry{Path: fmt.Sprintf("%02d", i), Mode: 0o644, Size: int64(len(s.want)), Owner: s.name}
		e.Slice = &Slice{Offset: int64(len(all)), Length: int64(len(s.packed)), Deflated: true, CRC32: crc32.ChecksumIEEE(s.want)}
		entries = append(entries, e)
		all = append(all, s.packed...)
	}
	source := newSource(t, "ends.whl", all)
	for i := range entries {
		entries[i].Slice.Source = source
	}
	l := buildOne(t, Options{}, specOf("ends", []*Source{source}, entries))
	check(t, validate.Layer(l))
	if got, want := list(t, readAll(t, l.Uncompressed)), listOf(t, entries); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("lists %v, want %v", got, want)
	}
}
