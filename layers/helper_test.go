package layers

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/assemble-image/assemble/internal/osfile"
)

// newSource writes a file and describes it.
func newSource(t testing.TB, name string, data []byte) *Source {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	fi, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return &Source{
		Name: name, Path: path, SHA256: sha256.Sum256(data),
		Size: int64(len(data)), ModTime: fi.ModTime(), Inode: osfile.VersionOf(fi).Inode,
	}
}

// zipFile is a member of a zip that a test makes.
type zipFile struct {
	name   string
	data   []byte
	stored bool
}

// newWheel makes a zip and returns its entries, as slices of it.
func newWheel(t testing.TB, name string, files ...zipFile) (*Source, []Entry) {
	t.Helper()
	var buf bytes.Buffer
	zw := zip.NewWriter(&buf)
	for _, f := range files {
		h := &zip.FileHeader{Name: f.name, Method: zip.Deflate}
		if f.stored {
			h.Method = zip.Store
		}
		w, err := zw.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(f.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	source := newSource(t, name, buf.Bytes())
	zr, err := zip.NewReader(bytes.NewReader(buf.Bytes()), int64(buf.Len()))
	if err != nil {
		t.Fatal(err)
	}
	var entries []Entry
	for i, f := range zr.File {
		offset, err := f.DataOffset()
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(files[i].data)
		entries = append(entries, Entry{
			Path: f.Name, Mode: 0o644, Size: int64(f.UncompressedSize64), SHA256: sum[:], Owner: name,
			Slice: &Slice{Source: source, Offset: offset, Length: int64(f.CompressedSize64), Deflated: f.Method == zip.Deflate, CRC32: f.CRC32},
		})
	}
	return source, entries
}

// mixed returns files of many sizes: text and noise, deflated and stored.
func mixed(seed uint64, n, largest int) []zipFile {
	rng := rand.New(rand.NewPCG(seed, 0))
	files := make([]zipFile, n)
	for i := range files {
		files[i] = zipFile{
			name:   fmt.Sprintf("pkg%d/sub%d/file%03d.py", i%3, i%7, i),
			data:   text(rng, rng.IntN(largest)>>rng.IntN(8)),
			stored: i%5 == 4,
		}
	}
	return files
}

// text returns n bytes that compress about as well as text does.
func text(rng *rand.Rand, n int) []byte {
	words := strings.Fields("def return import self None for in if not and class raise lambda yield")
	var b bytes.Buffer
	for b.Len() < n {
		if rng.IntN(9) == 0 {
			fmt.Fprintf(&b, "%x\n", rng.Uint64())
		}
		b.WriteString(words[rng.IntN(len(words))] + " ")
	}
	return b.Bytes()[:n]
}

func noise(seed uint64, n int) []byte {
	b := make([]byte, n)
	rng := rand.New(rand.NewPCG(seed, 1))
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

func specOf(name string, sources []*Source, entries []Entry) Spec {
	return Spec{Name: name, Sources: sources, Entries: func() ([]Entry, error) { return entries, nil }}
}

func buildOne(t testing.TB, opt Options, spec Spec) *Layer {
	t.Helper()
	ls, err := Build(context.Background(), []Spec{spec}, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := ls[0].Close(); err != nil {
			t.Error(err)
		}
	})
	return ls[0]
}

func buildError(t testing.TB, opt Options, spec Spec) error {
	t.Helper()
	ls, err := Build(context.Background(), []Spec{spec}, opt)
	if err == nil {
		t.Fatal("no error")
	}
	if ls != nil {
		t.Fatal("layers along with an error")
	}
	return err
}

func compressed(t testing.TB, l *Layer) []byte {
	t.Helper()
	return readAll(t, l.Compressed)
}

func readAll(t testing.TB, open func() (io.ReadCloser, error)) []byte {
	t.Helper()
	r, err := open()
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	return b
}

// listed is what a test looks at in a tar.
type listed struct {
	Name, Link string
	Mode       fs.FileMode
	Sum        uint32 // CRC-32 of the content
}

func list(t testing.TB, b []byte) []listed {
	t.Helper()
	var all []listed
	for tr := tar.NewReader(bytes.NewReader(b)); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		sum := crc32.NewIEEE()
		if _, err := io.Copy(sum, tr); err != nil {
			t.Fatal(err)
		}
		all = append(all, listed{h.Name, h.Linkname, h.FileInfo().Mode(), sum.Sum32()})
	}
}

// memStore is a Store in memory, with files in a directory.
type memStore struct {
	dir string

	mu   sync.Mutex
	data map[string][]byte
	// fail makes everything that writes fail.
	fail bool
}

func newMemStore(t testing.TB) *memStore {
	return &memStore{dir: t.TempDir(), data: map[string][]byte{}}
}

var errStore = errors.New("no space left in the store")

func (s *memStore) Get(kind, key string) ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.data[kind+"/"+key]
	return b, ok
}

func (s *memStore) Put(kind, key string, data []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail {
		return errStore
	}
	s.data[kind+"/"+key] = bytes.Clone(data)
	return nil
}

func (s *memStore) path(kind, key string) string { return filepath.Join(s.dir, kind+"-"+key) }

func (s *memStore) File(kind, key string) (string, bool) {
	p := s.path(kind, key)
	_, err := os.Stat(p)
	return p, err == nil
}

func (s *memStore) TempFile() (*os.File, error) {
	if s.fail {
		return nil, errStore
	}
	return os.CreateTemp(s.dir, "temp-")
}

func (s *memStore) AddFile(kind, key, path string) (string, error) {
	if s.fail {
		return "", errStore
	}
	p := s.path(kind, key)
	return p, os.Rename(path, p)
}
