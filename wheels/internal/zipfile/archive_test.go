package zipfile_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/internal/wheeltest"
	"github.com/assemble-image/assemble/wheels/internal/zipfile"
)

type (
	file   = wheeltest.File
	header = wheeltest.Header
	zip    = wheeltest.Zip
)

func read(b []byte) (*zipfile.Archive, error) {
	return zipfile.Read(bytes.NewReader(b), int64(len(b)), zipfile.Limits{})
}

func TestRead(t *testing.T) {
	data := []byte(strings.Repeat("some content ", 100))
	for _, test := range []struct {
		name string
		zip  zip
	}{
		{"empty", zip{}},
		{"stored, deflated, empty, directory", zip{Files: []file{
			{Name: "d/", Unix: 0o40755},
			{Name: "d/stored", Data: data, Stored: true},
			{Name: "d/deflated", Data: data},
			{Name: "d/empty", Stored: true},
			{Name: "d/empty deflated"},
		}}},
		{"UTF-8", zip{Files: []file{{Name: "ä/ß.py", Data: data}}}},
		{"descriptors", zip{Files: []file{
			{Name: "a", Data: data, Descriptor: true},
			{Name: "b", Data: data, Descriptor: true, Sum: func(d *wheeltest.Descriptor) { d.Unsigned = true }},
			{Name: "c", Data: data, Descriptor: true, Sum: func(d *wheeltest.Descriptor) { d.Wide = true }, Local: func(h *header) {
				h.Packed, h.Size, h.Extra = 0xFFFFFFFF, 0xFFFFFFFF, append([]byte{1, 0, 16, 0}, make([]byte, 16)...)
			}},
		}}},
		{"zip64 field that repeats the sizes", zip{Files: []file{{Name: "a", Data: data, Local: func(h *header) { h.Extra = sizes64(h.Size, h.Packed) }}}}},
		{"local padding", zip{Files: []file{{Name: "a", Data: data, Local: func(h *header) { h.Extra = make([]byte, 11) }}}}},
		{"zip64 end", zip{Files: []file{{Name: "a", Data: data}}, Zip64: true}},
		{"zip64 end in the place of full fields", zip{Files: []file{{Name: "a", Data: data}}, Zip64: true, End: func(e *wheeltest.End) {
			e.Count, e.Total, e.Size, e.Offset = 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF
		}}},
		{"Unicode path that repeats the name", zip{Files: []file{{Name: "a", Data: data, Central: unicodePath("a")}}}},
		{"deflated directory", zip{Files: []file{{Name: "d/", Local: deflated("\x03\x00"), Central: deflated("\x03\x00"), Packed: []byte("\x03\x00")}, {Name: "d/a", Data: data}}}},
		{"deflated directory in blocks", zip{Files: []file{{Name: "d/", Local: deflated(flushed), Central: deflated(flushed), Packed: []byte(flushed)}}}},
		{"deflated directory with a descriptor", zip{Files: []file{{
			Name: "d/", Descriptor: true, Packed: []byte("\x03\x00"), Central: deflated("\x03\x00"), Local: func(h *header) { h.Method = 8 },
		}}}},
		{"deflated directory without a stream", zip{Files: []file{{Name: "d/", Local: deflated(""), Central: deflated("")}}}},
		{"directory with a descriptor", zip{Files: []file{{Name: "d/", Descriptor: true}}}},
		{"directory without a mode", zip{Files: []file{{Name: "d/", Central: func(h *header) { h.Attributes = 0 }}}}},
		{"archive comment", zip{Files: []file{{Name: "a", Data: data}}, End: func(e *wheeltest.End) { e.Comment = []byte("packed by PKZIP") }}},
		{"longest archive comment", zip{Files: []file{{Name: "a", Data: data}}, End: func(e *wheeltest.End) { e.Comment = make([]byte, 0xFFFF) }}},
		{"archive comment after a zip64 end", zip{Files: []file{{Name: "a", Data: data}}, Zip64: true, End: func(e *wheeltest.End) { e.Comment = []byte("x") }}},
		{"entry comment", zip{Files: []file{{Name: "a", Data: data, Central: func(h *header) { h.Comment = "hello" }}, {Name: "b", Data: data}}}},
		{"names that differ in case only", zip{Files: []file{{Name: "a", Data: data}, {Name: "A"}, {Name: "d/"}, {Name: "D/"}, {Name: "s"}, {Name: "ſ"}}}},
		{"file and directory that differ in case only", zip{Files: []file{{Name: "a", Data: data}, {Name: "A/b"}}}},
		{"central order differs", zip{Files: []file{{Name: "b", Data: data}, {Name: "a", Data: data}}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, err := read(test.zip.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			if len(a.Entries) != len(test.zip.Files) {
				t.Fatalf("%d entries, want %d", len(a.Entries), len(test.zip.Files))
			}
			for i := range a.Entries {
				got, err := a.ReadAll(&a.Entries[i], 1<<20)
				if err != nil {
					t.Fatal(err)
				}
				if want := test.zip.Files[i].Data; !bytes.Equal(got, want) {
					t.Errorf("%s: content differs: %s", a.Entries[i].Name, cmp.Diff(string(want), string(got)))
				}
			}
		})
	}
}

// flushed is the DEFLATE stream of nothing that a writer makes which flushes
// before it closes.
const flushed = "\x00\x00\x00\xff\xff\x03\x00"

// deflated returns a hook that says that a directory is deflated to packed.
func deflated(packed string) func(h *header) {
	return func(h *header) { h.Method, h.Packed = 8, uint32(len(packed)) }
}

func TestModes(t *testing.T) {
	for _, test := range []struct {
		unix uint16
		exec bool
		want os.FileMode
	}{
		{0o100644, false, 0o644},
		{0o100755, true, 0o755},
		{0o100711, true, 0o711},
		{0o104755, true, 0o755},
		{0o100000, false, 0},
		{0o755, false, 0o755},
	} {
		a, err := read(zip{Files: []file{{Name: "a", Unix: test.unix}}}.Bytes())
		if err != nil {
			t.Errorf("%06o: %v", test.unix, err)
			continue
		}
		e := &a.Entries[0]
		if e.Executable() != test.exec || e.Mode() != test.want {
			t.Errorf("%06o: executable %t, mode %v; want %t, %v", test.unix, e.Executable(), e.Mode(), test.exec, test.want)
		}
	}
}

func TestContentErrors(t *testing.T) {
	data := []byte(strings.Repeat("x", 1000))
	packed := wheeltest.Deflate(data)
	both := func(f func(h *header)) file { return file{Name: "a", Data: data, Local: f, Central: f} }
	trailing := both(func(*header) {})
	trailing.Packed = append(bytes.Clone(packed), 0)
	short := both(func(*header) {})
	short.Packed = packed[:len(packed)-1]
	for _, test := range []struct {
		name, want string
		file       file
	}{
		{"CRC-32", "CRC-32", both(func(h *header) { h.CRC32++ })},
		{"declared too large", "shorter than declared", both(func(h *header) { h.Size++ })},
		{"declared too small", "longer than declared", both(func(h *header) { h.Size-- })},
		{"bytes after the stream", "bytes follow", trailing},
		{"stream cut off", "unexpected EOF", short},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, err := read(zip{Files: []file{test.file}}.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, a.Open(&a.Entries[0])); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
			if b, err := a.ReadAll(&a.Entries[0], 1<<20); err == nil || b != nil {
				t.Errorf("ReadAll: %d bytes, %v", len(b), err)
			}
		})
	}
}

// TestSeedWheels reads the real wheels in the directory that ASSEMBLE_WHEELS
// names.
func TestSeedWheels(t *testing.T) {
	dir := os.Getenv("ASSEMBLE_WHEELS")
	if dir == "" {
		t.Skip("ASSEMBLE_WHEELS is not set")
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*.whl"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no wheels in %s: %v", dir, err)
	}
	entries := 0
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		fi, err := f.Stat()
		if err != nil {
			t.Fatal(err)
		}
		a, err := zipfile.Read(f, fi.Size(), zipfile.Limits{})
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(path), err)
			continue
		}
		entries += len(a.Entries)
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d wheels, %d entries", len(paths), entries)
}
