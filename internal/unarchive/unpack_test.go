package unarchive_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/assemble-image/assemble/internal/unarchive"
)

// entry is one of a test's archive.
type entry struct {
	name, content, link string
	mode                fs.FileMode // with the type; 0 is a plain file
	typ                 byte        // of a tar, in the place of the mode's
}

func tarOf(t testing.TB, list ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range list {
		h := &tar.Header{Name: e.name, Linkname: e.link, Mode: int64(e.mode.Perm()), Size: int64(len(e.content)), Typeflag: e.typ}
		if e.mode == 0 {
			h.Mode = 0o600
		}
		switch {
		case e.typ != 0:
		case e.mode.IsDir():
			h.Typeflag = tar.TypeDir
		case e.mode&fs.ModeSymlink != 0:
			h.Typeflag = tar.TypeSymlink
		default:
			h.Typeflag = tar.TypeReg
		}
		if e.typ == tar.TypeXGlobalHeader { // as git archive writes it
			h = &tar.Header{Typeflag: e.typ, Name: e.name, PAXRecords: map[string]string{"comment": "0123abcd"}}
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, e.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zipOf(t testing.TB, list ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range list {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		h.SetMode(e.mode)
		if e.mode == 0 {
			h.SetMode(0o600)
		}
		f, err := w.CreateHeader(h)
		if err == nil {
			_, err = io.WriteString(f, e.content+e.link)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gzipOf(t testing.TB, b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := w.Write(b)
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func zstdOf(t testing.TB, b []byte) []byte {
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll(b, nil)
}

// program packs by a program of this machine, nil where there is none.
func program(t testing.TB, b []byte, name string) []byte {
	if _, err := exec.LookPath(name); err != nil {
		t.Logf("skipped: no %s", name)
		return nil
	}
	cmd := exec.CommandContext(t.Context(), name, "-c")
	cmd.Stdin = bytes.NewReader(b)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// unpack returns the paths with their modes and contents.
func unpack(t testing.TB, archive []byte, opt unarchive.Options) ([]string, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "archive")
	if err := os.WriteFile(file, archive, 0o600); err != nil {
		t.Fatal(err)
	}
	above := t.TempDir()
	dir := filepath.Join(above, "dir")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	err := unarchive.Unpack(t.Context(), file, dir, opt)
	if left, _ := os.ReadDir(above); len(left) != 1 {
		t.Errorf("it wrote outside of its directory: %v", left)
	}
	var list []string
	werr := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || p == dir {
			return err
		}
		fi, err := d.Info()
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		if err != nil {
			return err
		}
		line := fmt.Sprintf("%c%v %s", fi.Mode().String()[0], fi.Mode()&0o100 != 0, rel)
		switch {
		case fi.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink(p)
			if err != nil {
				return err
			}
			line = "L " + rel + " -> " + target
		case fi.Mode().IsRegular():
			data, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			line += fmt.Sprintf(" %.20q", data)
		}
		list = append(list, line)
		return nil
	})
	if werr != nil {
		t.Fatal(werr)
	}
	return list, err
}

var usual = []entry{
	{name: "./", mode: fs.ModeDir | 0o755},
	{name: "app-1/bin/run", content: "#!", mode: 0o755},
	{name: "app-1/", mode: fs.ModeDir | 0o755},
	{name: "./app-1/lib/a.py", content: "a", mode: 0o640},
	{name: "app-1/lib/b.py", link: "a.py", mode: fs.ModeSymlink | 0o777},
	{name: "app-1/empty/", mode: fs.ModeDir | 0o700},
	{name: "README", content: "r"},
}

func TestUnpack(t *testing.T) {
	want := []string{
		`-false README "r"`, "dtrue app-1", "dtrue app-1/bin", `-true app-1/bin/run "#!"`, "dtrue app-1/empty", "dtrue app-1/lib",
		`-false app-1/lib/a.py "a"`, "L app-1/lib/b.py -> a.py",
	}
	stripped := []string{"dtrue bin", `-true bin/run "#!"`, "dtrue empty", "dtrue lib", `-false lib/a.py "a"`, "L lib/b.py -> a.py"}
	plain := tarOf(t, usual...)
	for name, archive := range map[string][]byte{
		"zip": zipOf(t, usual[1:]...), "tar": plain, "gzip": gzipOf(t, plain), "zstd": zstdOf(t, plain),
		"xz": program(t, plain, "xz"), "bzip2": program(t, plain, "bzip2"),
		"pax": tarOf(t, append([]entry{{name: "pax_global_header", typ: tar.TypeXGlobalHeader}}, usual...)...),
	} {
		if archive == nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			got, err := unpack(t, archive, unarchive.Options{SHA256: sha256.Sum256(archive)})
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("%v\n%s", err, strings.Join(got, "\n"))
			}
			got, err = unpack(t, archive, unarchive.Options{Strip: 1})
			if err != nil || !slices.Equal(got, stripped) {
				t.Errorf("stripped: %v\n%s", err, strings.Join(got, "\n"))
			}
		})
	}
	got, err := unpack(t, tarOf(t, entry{name: "a", content: "1", mode: 0o755}, entry{name: "d/b", link: "a", typ: tar.TypeLink, mode: 0o755}), unarchive.Options{})
	if want := []string{`-true a "1"`, "dtrue d", `-true d/b "1"`}; err != nil || !slices.Equal(got, want) {
		t.Errorf("hard link: %v %q", err, got)
	}
}

func TestHostile(t *testing.T) {
	file := func(name string) entry { return entry{name: name, content: "x"} }
	link := func(name, to string) entry { return entry{name: name, link: to, mode: fs.ModeSymlink | 0o777} }
	overlapping := zipOf(t, file("a"), file("b"))
	// The second entry of the central directory is said to lie where the first does.
	at := bytes.LastIndex(overlapping, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(overlapping[at+42:], 0)
	zeros := strings.Repeat("\x00", 80<<20)
	for _, tt := range []struct {
		name    string
		archive []byte
		opt     unarchive.Options
		want    string
	}{
		{"up", tarOf(t, file("../x")), unarchive.Options{}, `entry "../x": its path leads out`},
		{"up in the middle", tarOf(t, file("a/../../x")), unarchive.Options{}, "leads out"},
		{"absolute", tarOf(t, file("/etc/passwd")), unarchive.Options{}, "leads out"},
		{"up in a zip", zipOf(t, file("../x")), unarchive.Options{}, "leads out"},
		{"absolute in a zip", zipOf(t, file("/x")), unarchive.Options{}, "leads out"},
		{"backslashes", zipOf(t, file(`..\x`)), unarchive.Options{}, "backslash"},
		{"up behind what is stripped", tarOf(t, file("a/../../x")), unarchive.Options{Strip: 2}, "leads out"},
		{"through a link", tarOf(t, link("a", ".."), file("a/x")), unarchive.Options{}, "no directory"},
		{"through a link in a zip", zipOf(t, link("a", "/"), file("a/x")), unarchive.Options{}, "no directory"},
		{"a link in a directory's place", tarOf(t, entry{name: "a/", mode: fs.ModeDir}, link("a", "/tmp")), unarchive.Options{}, "there twice"},
		{"a file twice", tarOf(t, file("a"), file("./a")), unarchive.Options{}, "there twice"},
		{"below a file", tarOf(t, file("a"), file("a/b")), unarchive.Options{}, "no directory"},
		{"hard link up", tarOf(t, entry{name: "a", link: "../../etc/passwd", typ: tar.TypeLink}), unarchive.Options{}, "hard link"},
		{"hard link to a link", tarOf(t, link("a", "/etc/passwd"), entry{name: "b", link: "a", typ: tar.TypeLink}), unarchive.Options{}, "no file before it"},
		{"device", tarOf(t, entry{name: "null", typ: tar.TypeChar}), unarchive.Options{}, "neither"},
		{"pipe", tarOf(t, entry{name: "p", typ: tar.TypeFifo}), unarchive.Options{}, "neither"},
		{"pipe in a zip", zipOf(t, entry{name: "p", mode: fs.ModeNamedPipe | 0o600}), unarchive.Options{}, "neither"},
		{"bomb", gzipOf(t, tarOf(t, entry{name: "a", content: zeros})), unarchive.Options{}, "more than is allowed"},
		{"bomb in a zip", zipOf(t, entry{name: "a", content: zeros}), unarchive.Options{}, "more than is allowed"},
		{"many paths", tarOf(t, file("a"), file("b"), file("c")), unarchive.Options{Limits: unarchive.Limits{Entries: 2}}, "more than 2 paths"},
		{"large", tarOf(t, file("a"), file("b")), unarchive.Options{Limits: unarchive.Limits{Total: 1}}, "more than is allowed"},
		{"overlapping", overlapping, unarchive.Options{}, "overlaps"},
		{"cut off", gzipOf(t, tarOf(t, file("a")))[:60], unarchive.Options{}, ""},
		{"nothing left", tarOf(t, file("a")), unarchive.Options{Strip: 1}, "nothing"},
		{"text", []byte("no archive"), unarchive.Options{}, "none of zip"},
		{"empty", nil, unarchive.Options{}, "none of zip"},
		{"another one", tarOf(t, file("a")), unarchive.Options{SHA256: sha256.Sum256(nil)}, "it has the SHA-256 "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := unpack(t, tt.archive, tt.opt)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestCancelled(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.tar")
	if err := os.WriteFile(file, tarOf(t, entry{name: "a", content: "x"}), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := unarchive.Unpack(ctx, file, t.TempDir(), unarchive.Options{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// FuzzUnpack holds that nothing is written outside of the directory, whatever the
// archive says.
func FuzzUnpack(f *testing.F) {
	plain := tarOf(f, usual...)
	for _, seed := range [][]byte{plain, gzipOf(f, plain), zstdOf(f, plain), zipOf(f, usual[1:]...), tarOf(f, entry{name: "../x"})} {
		f.Add(seed, 0)
		f.Add(seed, 1)
	}
	f.Fuzz(func(t *testing.T, archive []byte, strip int) {
		_, _ = unpack(t, archive, unarchive.Options{Strip: strip & 3, Limits: unarchive.Limits{Total: 1 << 20, Entries: 1000}})
	})
}
