package layers

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// everyKind returns a spec with each kind of entry that there is, and what
// archive/tar must list of it.
func everyKind(t testing.TB) (Spec, []listed) {
	source, entries := newWheel(t, "kinds-1.0-py3-none-any.whl",
		zipFile{name: "pkg/__init__.py"},
		zipFile{name: "pkg/text.py", data: []byte(strings.Repeat("import this\n", 5000))},
		zipFile{name: "pkg/stored.bin", data: noise(1, 200_000), stored: true},
		zipFile{name: "pkg/noise.bin", data: noise(2, 100_000)},
		zipFile{name: "pkg/one", data: []byte("1")},
		zipFile{name: "pkg/" + strings.Repeat("long/", 60) + "file", data: []byte("deep")},
		zipFile{name: "pkg/caf\u00e9", data: []byte("unicode")},
		zipFile{name: "pkg/whole", data: bytes.Repeat([]byte{7}, 1024)},
		zipFile{name: "pkg/window.bin", data: bytes.Repeat([]byte("window"), 40_000)},
	)
	none := sha256.Sum256(nil)
	plain := []byte(strings.Repeat("plain text, not deflated yet\n", 100_000))
	entries = append(entries,
		Entry{Path: "app/made", Mode: 0o600, Data: []byte("made\n"), Size: 5, UID: 1000, GID: 1000},
		Entry{Path: "app/plain.txt", Mode: 0o644, Size: int64(len(plain)), Open: opener(plain)},
		Entry{Path: "app/model.bin", Mode: 0o444, Size: 3<<20 + 5, Open: opener(noise(3, 3<<20+5))},
		Entry{Path: "app/empty", Mode: 0o644, Open: opener(nil)},
		Entry{Path: "app/nothing", Mode: 0o644, SHA256: none[:]},
		Entry{Path: "app/.wh.old", Mode: 0o644},
		Entry{Path: "app/logs", Mode: fs.ModeDir | 0o700, UID: 1000, GID: 1000},
		Entry{Path: "app/link", Mode: fs.ModeSymlink | 0o777, Link: "../pkg/one"},
	)
	spec := specOf("kinds", []*Source{source}, entries)
	spec.CreatedBy = "test"
	return spec, listOf(t, entries)
}

func opener(b []byte) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }
}

// listOf says what a tar of the entries holds.
func listOf(t testing.TB, entries []Entry) []listed {
	t.Helper()
	sorted, err := arrange(entries, nil)
	if err != nil {
		t.Fatal(err)
	}
	var all []listed
	for _, e := range sorted {
		l := listed{Name: e.Path, Link: e.Link, Mode: e.Mode}
		if e.Mode.IsDir() {
			l.Name += "/"
		}
		switch {
		case e.Slice != nil:
			l.Sum = e.Slice.CRC32
		case e.Open != nil:
			l.Sum = crc32.ChecksumIEEE(readAll(t, e.Open))
		default:
			l.Sum = crc32.ChecksumIEEE(e.Data)
		}
		all = append(all, l)
	}
	return all
}

func TestLayer(t *testing.T) {
	spec, want := everyKind(t)
	l := buildOne(t, Options{TempDir: t.TempDir()}, spec)
	if err := validate.Layer(l); err != nil {
		t.Error(err)
	}
	b := compressed(t, l)

	// One member, with nothing after it.
	in := bytes.NewReader(b)
	zr, err := gzip.NewReader(in)
	if err != nil {
		t.Fatal(err)
	}
	zr.Multistream(false)
	tarred, err := io.ReadAll(zr)
	if err != nil {
		t.Fatal(err)
	}
	if in.Len() != 0 {
		t.Errorf("%d bytes after the first gzip member", in.Len())
	}
	if diff := cmp.Diff(want, list(t, tarred)); diff != "" {
		t.Errorf("the tar differs (-want +got):\n%s", diff)
	}
	if !bytes.HasSuffix(tarred, make([]byte, 2*blockSize)) || len(tarred)%blockSize != 0 {
		t.Error("the tar is not ended by two blocks of zeros")
	}

	// The values of the layer are those of its bytes.
	if got := readAll(t, l.Uncompressed); !bytes.Equal(got, tarred) {
		t.Error("Uncompressed differs from Compressed")
	}
	h := l.Head()
	if h.Digest != sha256.Sum256(b) || h.DiffID != sha256.Sum256(tarred) || h.Size != int64(len(b)) || h.TarSize != int64(len(tarred)) || h.Entries != int64(len(want)) {
		t.Errorf("head is %+v", h)
	}
	if m, _ := l.MediaType(); m != types.OCILayer || l.Name() != "kinds" || l.CreatedBy() != "test" || l.Cached() {
		t.Errorf("media type %q, name %q, created by %q, cached %v", m, l.Name(), l.CreatedBy(), l.Cached())
	}
	var viaWriterTo bytes.Buffer
	r, err := l.Compressed()
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(&viaWriterTo, r); err != nil || n != h.Size || !bytes.Equal(viaWriterTo.Bytes(), b) {
		t.Errorf("WriteTo: %d bytes, %v", n, err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if _, err := r.Read(make([]byte, 1)); err == nil {
		t.Error("reading after Close gives no error")
	}
}

func TestEmptyLayer(t *testing.T) {
	l := buildOne(t, Options{MediaType: types.DockerLayer}, specOf("empty", nil, nil))
	if err := validate.Layer(l); err != nil {
		t.Error(err)
	}
	if got := list(t, readAll(t, l.Uncompressed)); got != nil {
		t.Errorf("lists %v", got)
	}
	if m, _ := l.MediaType(); m != types.DockerLayer {
		t.Errorf("media type %q", m)
	}
}

// The digests of a layer of fixed entries never change, unless FormatVersion
// is raised.
func TestGoldenLayer(t *testing.T) {
	const (
		wantDigest = "63614229ab04544e120c7c76a4ab61972b6804af6437153892326ee1d27bda5e"
		wantDiffID = "e7bfc8c2eac5c1b23a2a14cfd8723595adde9ba3150fecfd1679e4f738b2fe1d"
	)
	// "hello hello hello hello\n", deflated by hand: literals, one match.
	deflated := []byte("\xcb\x48\xcd\xc9\xc9\x57\xc8\x40\x27\xb9\x00")
	source := newSource(t, "fixed.whl", append(append([]byte("PK"), deflated...), "stored as it is"...))
	entries := []Entry{
		{Path: "lib/hello.txt", Mode: 0o644, Size: 24, Slice: &Slice{Source: source, Offset: 2, Length: 11, Deflated: true, CRC32: 0x0b598800}},
		{Path: "lib/again.txt", Mode: 0o755, UID: 3e9, Size: 24, Slice: &Slice{Source: source, Offset: 2, Length: 11, Deflated: true, CRC32: 0x0b598800}},
		{Path: "lib/stored", Mode: 0o644, Size: 15, Slice: &Slice{Source: source, Offset: 13, Length: 15, CRC32: crc32.ChecksumIEEE([]byte("stored as it is"))}},
		{Path: "lib/" + strings.Repeat("n", 120), Mode: 0o644},
		{Path: "bin", Mode: fs.ModeSymlink, Link: "usr/bin"},
	}
	spec := specOf("fixed", []*Source{source}, entries)
	l := buildOne(t, Options{ModTime: time.Unix(1700000000, 0)}, spec)
	checkDigests(t, l, wantDigest, wantDiffID)
	if err := validate.Layer(l); err != nil {
		t.Error(err)
	}
}

// The same for plain content, whose bytes also depend on the compressor: if
// an upgrade of that moves this digest, raise FormatVersion.
func TestGoldenPlainLayer(t *testing.T) {
	const (
		wantDigest = "0074702040cd115364bea0f4a0b5da1eff592c812e4064498e599bf8a855b651"
		wantDiffID = "1e24b9685952b157aa01859ae5925c5001f1b0eb7a757ffc6d82c627f5546a85"
	)
	entries := []Entry{
		{Path: "noise", Mode: 0o644, Size: 70_000, Data: noise(9, 70_000)},
		{Path: "text", Mode: 0o644, Size: 2_400_000, Data: bytes.Repeat([]byte("some text, some more text"), 96_000)},
	}
	checkDigests(t, buildOne(t, Options{}, specOf("plain", nil, entries)), wantDigest, wantDiffID)
}

func checkDigests(t *testing.T, l *Layer, digest, diffID string) {
	t.Helper()
	d, _ := l.Digest()
	if d.Hex != digest {
		t.Errorf("digest %s, want %s", d.Hex, digest)
	}
	if d, _ := l.DiffID(); d.Hex != diffID {
		t.Errorf("diffID %s, want %s", d.Hex, diffID)
	}
}

// A source that changes after packing gives an error, never other bytes.
func TestSourceChangedLater(t *testing.T) {
	tests := []struct {
		name  string
		alter func(t *testing.T, s *Source)
		want  error
	}{
		{"deleted", func(t *testing.T, s *Source) { check(t, os.Remove(s.Path)) }, fs.ErrNotExist},
		{"truncated", func(t *testing.T, s *Source) { check(t, os.Truncate(s.Path, s.Size-1)) }, ErrSourceChanged},
		{"grown", func(t *testing.T, s *Source) { check(t, os.Truncate(s.Path, s.Size+1)) }, ErrSourceChanged},
		{"replaced", func(t *testing.T, s *Source) {
			check(t, os.WriteFile(s.Path+".new", bytes.Repeat([]byte{1}, int(s.Size)), 0o600))
			check(t, os.Rename(s.Path+".new", s.Path))
		}, ErrSourceChanged},
		// Neither size nor time nor inode tell: only the digest does.
		{"altered in place", func(t *testing.T, s *Source) {
			flip(t, s.Path, s.Size/2)
			check(t, os.Chtimes(s.Path, time.Time{}, s.ModTime))
		}, ErrSourceChanged},
		{"touched", func(t *testing.T, s *Source) { check(t, os.Chtimes(s.Path, time.Time{}, time.Unix(1, 0))) }, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			source, entries := newWheel(t, "a.whl", mixed(1, 30, 60_000)...)
			l := buildOne(t, Options{}, specOf("a", []*Source{source}, entries))
			tt.alter(t, source)
			r, err := l.Compressed()
			check(t, err)
			n, err := io.Copy(io.Discard, r)
			if !errors.Is(err, tt.want) || tt.want == nil && err != nil {
				t.Errorf("error %v, want %v", err, tt.want)
			}
			if size, _ := l.Size(); tt.want != nil && n >= size {
				t.Errorf("all %d bytes were given out", n)
			}
			check(t, r.Close())
			if tt.want != nil {
				if r, err := l.Uncompressed(); err == nil {
					if _, err := io.Copy(io.Discard, r); err == nil {
						t.Error("Uncompressed gives no error")
					}
					check(t, r.Close())
				}
			}
		})
	}
}

// A source that is cut or replaced while it is read.
func TestSourceChangedMeanwhile(t *testing.T) {
	source, entries := newWheel(t, "a.whl", mixed(1, 200, 200_000)...)
	l := buildOne(t, Options{}, specOf("a", []*Source{source}, entries))
	want := compressed(t, l)

	r, err := l.Compressed()
	check(t, err)
	_, err = io.ReadFull(r, make([]byte, fillSize+1))
	check(t, err)
	check(t, os.Rename(source.Path, source.Path+".old"))
	check(t, os.WriteFile(source.Path, []byte("another"), 0o600))
	rest, err := io.ReadAll(r) // the opened file is still the old one
	if err != nil || len(rest) != len(want)-fillSize-1 {
		t.Errorf("after a replacement: %d bytes, %v", len(rest), err)
	}
	check(t, r.Close())
	check(t, os.Rename(source.Path+".old", source.Path))

	if r, err = l.Compressed(); err != nil {
		t.Fatal(err)
	}
	_, err = io.ReadFull(r, make([]byte, fillSize+1))
	check(t, err)
	check(t, os.Truncate(source.Path, source.Size/2))
	if _, err := io.ReadAll(r); !errors.Is(err, ErrSourceChanged) {
		t.Errorf("after a cut: %v", err)
	}
	check(t, r.Close())
}

func TestSourceChangedWhilePacking(t *testing.T) {
	for _, how := range []string{"altered", "altered and back in time", "truncated", "deleted before"} {
		t.Run(how, func(t *testing.T) {
			source, entries := newWheel(t, "a.whl", mixed(1, 30, 60_000)...)
			spec := specOf("a", []*Source{source}, entries)
			spec.Entries = func() ([]Entry, error) {
				if how == "deleted before" {
					return entries, os.Remove(source.Path)
				}
				return entries, nil
			}
			// The last entry of all meddles with the source.
			entries = append(entries, Entry{Path: "zzz", Mode: 0o644, Size: 1, Open: func() (io.ReadCloser, error) {
				switch how {
				case "truncated":
					check(t, os.Truncate(source.Path, 10))
				default:
					flip(t, source.Path, source.Size/2)
					if how == "altered" {
						check(t, os.Chtimes(source.Path, time.Time{}, time.Unix(1, 0)))
					} else {
						check(t, os.Chtimes(source.Path, time.Time{}, source.ModTime))
					}
				}
				return io.NopCloser(strings.NewReader("z")), nil
			}})
			_, err := Build(context.Background(), []Spec{spec}, Options{})
			switch how {
			case "altered and back in time":
				if runtime.GOOS == "linux" && !errors.Is(err, ErrSourceChanged) {
					t.Errorf("error %v", err)
				}
			case "deleted before":
				if !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("error %v", err)
				}
			default:
				if !errors.Is(err, ErrSourceChanged) {
					t.Errorf("error %v", err)
				}
			}
		})
	}
}

func flip(t testing.TB, path string, at int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	check(t, err)
	var b [1]byte
	_, err = f.ReadAt(b[:], at)
	check(t, err)
	b[0] ^= 0x10
	_, err = f.WriteAt(b[:], at)
	check(t, errors.Join(err, f.Close()))
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestUnverified reads what a receiver checks: the same bytes, and an error
// where the sources show that they are others by now.
func TestUnverified(t *testing.T) {
	source, entries := newWheel(t, "a.whl", mixed(1, 30, 60_000)...)
	l := buildOne(t, Options{}, specOf("a", []*Source{source}, entries))
	want := compressed(t, l)
	read := func() ([]byte, error) {
		r, err := OpenUnverified(t.Context(), wrapper{l})
		check(t, err)
		got, err := io.ReadAll(r)
		check(t, r.Close())
		return got, err
	}
	if got, err := read(); err != nil || !bytes.Equal(got, want) {
		t.Fatalf("%d bytes of %d, error %v", len(got), len(want), err)
	}
	flip(t, source.Path, source.Size/2)
	check(t, os.Chtimes(source.Path, time.Time{}, time.Unix(1, 0)))
	if got, err := read(); !errors.Is(err, ErrSourceChanged) || len(got) >= len(want) {
		t.Errorf("altered: %d bytes of %d, error %v", len(got), len(want), err)
	}
	check(t, os.Truncate(source.Path, source.Size-1))
	if got, err := read(); !errors.Is(err, ErrSourceChanged) || len(got) >= len(want) {
		t.Errorf("truncated: %d bytes of %d, error %v", len(got), len(want), err)
	}
}

// wrapper is a layer within another.
type wrapper struct{ v1.Layer }

func (w wrapper) Unwrap() v1.Layer { return w.Layer }
