package debtest

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/md5"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// Deb is a binary package to be made for a test.
type Deb struct {
	Name, Version, Arch string // Version "1" and Arch "arm64" unless told
	// Fields are further lines of the control file.
	Fields string
	// Control are further control files, scripts as a rule, by name; an own
	// "control" or "md5sums" takes the place of the one that is made.
	Control map[string]string
	// Files are the paths of data.tar. Directories that they lie in are added.
	Files []File
	// Compression is that of both tars: "xz", "zst", "gz" or "", none.
	Compression string
	// NoMd5sums leaves md5sums out.
	NoMd5sums bool
}

// File is a path of a [Deb].
type File struct {
	Path string // "usr/bin/x", or "usr/lib/" for a directory
	Data string
	Mode fs.FileMode // permissions, and further bits of a tar; 0644 or 0755 unless told
	// Link and Hard are the targets of links of either kind.
	Link, Hard string
	UID, GID   int
	Type       byte // of the tar, for what else there is
	// Records are those of an extended header.
	Records map[string]string
}

// Write writes the package to dir under the name that archives give it, and
// returns its path.
func (d Deb) Write(t testing.TB, dir string) string {
	t.Helper()
	p := filepath.Join(dir, fmt.Sprintf("%s_%s_%s.deb", d.Name, d.version(), d.arch()))
	if err := os.WriteFile(p, d.Bytes(t), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

func (d Deb) version() string {
	if d.Version == "" {
		return "1"
	}
	return d.Version
}

func (d Deb) arch() string {
	if d.Arch == "" {
		return "arm64"
	}
	return d.Arch
}

// Bytes returns the package.
func (d Deb) Bytes(t testing.TB) []byte {
	t.Helper()
	ending := ""
	if d.Compression != "" {
		ending = "." + d.Compression
	}
	return Ar(
		Member{"debian-binary", []byte("2.0\n")},
		Member{"control.tar" + ending, Compress(t, d.Compression, Tar(t, d.control()))},
		Member{"data.tar" + ending, Compress(t, d.Compression, Tar(t, withDirs(d.Files)))},
	)
}

// control are the files of control.tar.
func (d Deb) control() []File {
	text := fmt.Sprintf("Package: %s\nVersion: %s\nArchitecture: %s\nMaintainer: Nobody <nobody@example.org>\n%sDescription: a test\n",
		d.Name, d.version(), d.arch(), d.Fields)
	files := []File{{Path: ""}, {Path: "control", Data: text}}
	sums := ""
	for _, f := range d.Files {
		if f.Data != "" && f.Type == 0 {
			sums += fmt.Sprintf("%x  %s\n", md5.Sum([]byte(f.Data)), f.Path)
		}
	}
	if !d.NoMd5sums && sums != "" {
		files = append(files, File{Path: "md5sums", Data: sums})
	}
	for _, name := range sorted(d.Control) {
		data := d.Control[name]
		if name == "control" || name == "md5sums" {
			for i := range files {
				if files[i].Path == name {
					files[i].Data = data
				}
			}
			continue
		}
		mode := fs.FileMode(0o755)
		if name == "conffiles" || name == "triggers" || name == "shlibs" || name == "templates" {
			mode = 0o644
		}
		files = append(files, File{Path: name, Data: data, Mode: mode})
	}
	return files
}

// withDirs adds the directories that files lie in, before them.
func withDirs(files []File) []File {
	seen := map[string]bool{}
	for _, f := range files {
		seen[path.Clean(f.Path)+"/"] = true // even where it is no directory
	}
	list := []File{{Path: ""}}
	for _, f := range files {
		var dirs []File
		for dir := path.Dir(path.Clean(f.Path)); dir != "." && dir != "/" && !seen[dir+"/"]; dir = path.Dir(dir) {
			seen[dir+"/"] = true
			dirs = append([]File{{Path: dir + "/"}}, dirs...)
		}
		list = append(append(list, dirs...), f)
	}
	return list
}

// Tar returns a tar of files, whose names begin with "./" as those of dpkg do.
func Tar(t testing.TB, files []File) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		h := &tar.Header{Name: "./" + f.Path, Mode: int64(f.Mode), Uid: f.UID, Gid: f.GID, Typeflag: tar.TypeReg, Size: int64(len(f.Data)), PAXRecords: f.Records}
		if path.IsAbs(f.Path) {
			h.Name = f.Path
		}
		switch n := len(f.Path); {
		case f.Type != 0:
			h.Typeflag, h.Linkname = f.Type, f.Link
		case f.Link != "":
			h.Typeflag, h.Linkname, h.Mode = tar.TypeSymlink, f.Link, 0o777
		case f.Hard != "":
			h.Typeflag, h.Linkname = tar.TypeLink, f.Hard
		case n == 0 || f.Path[n-1] == '/':
			h.Typeflag = tar.TypeDir
			if h.Mode == 0 {
				h.Mode = 0o755
			}
		}
		if h.Mode == 0 {
			h.Mode = 0o644
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(f.Data)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Member is a part of an ar archive.
type Member struct {
	Name string
	Data []byte
}

// Ar returns an ar archive of members.
func Ar(members ...Member) []byte {
	b := []byte("!<arch>\n")
	for _, m := range members {
		b = fmt.Appendf(b, "%-16s%-12d%-6d%-6d%-8s%-10d`\n", m.Name, 0, 0, 0, "100644", len(m.Data))
		b = append(b, m.Data...)
		if len(m.Data)%2 == 1 {
			b = append(b, '\n')
		}
	}
	return b
}

// Compress compresses p.
func Compress(t testing.TB, kind string, p []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	switch kind {
	case "":
		return p
	case "xz":
		return Xz(p)
	case "gz":
		w := gzip.NewWriter(&b)
		if _, err := w.Write(p); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	case "zst":
		w, err := zstd.NewWriter(nil)
		if err != nil {
			t.Fatal(err)
		}
		return w.EncodeAll(p, nil)
	}
	t.Fatalf("compression %q is none", kind)
	return nil
}
