//go:build linux

package configure_test

import (
	"archive/tar"
	"bytes"
	"crypto/md5" //nolint:gosec // as dpkg's database has it
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/assemble-image/assemble/internal/debs/configure"
	"github.com/assemble-image/assemble/internal/debs/control"
	"github.com/assemble-image/assemble/internal/debs/root"
	"github.com/assemble-image/assemble/internal/debs/soname"
)

// readTar reads a tar with dpkg-deb's help.
func readTar(t *testing.T, data []byte) (files []root.File, paths []string, ctl map[string][]byte) {
	t.Helper()
	ctl = map[string][]byte{}
	for tr := tar.NewReader(bytes.NewReader(data)); ; {
		h, err := tr.Next()
		if err == io.EOF {
			return files, paths, ctl
		}
		if err != nil {
			t.Fatal(err)
		}
		path := "/" + strings.Trim(strings.TrimPrefix(h.Name, "./"), "/")
		if path == "/" {
			paths = append(paths, "/.")
			continue
		}
		paths = append(paths, path)
		f := root.File{Path: path, UID: h.Uid, GID: h.Gid, Mode: h.FileInfo().Mode() & (fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky)}
		switch h.Typeflag {
		case tar.TypeDir:
			f.Mode |= fs.ModeDir
		case tar.TypeSymlink:
			f.Mode, f.Link = fs.ModeSymlink|0o777, h.Linkname
		case tar.TypeLink:
			f.Hardlink = "/" + strings.TrimPrefix(h.Linkname, "./")
		case tar.TypeReg:
			body, err := io.ReadAll(tr)
			if err != nil {
				t.Fatal(err)
			}
			if len(body) < 1<<20 {
				ctl[strings.TrimPrefix(path, "/")] = body
			}
			f.Data, f.Size = body, int64(len(body))
			if f.Library, err = soname.Read(bytes.NewReader(body)); err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(path, "/usr/lib") && len(body) > 1<<16 {
				head := bytes.Clone(body[:100]) // what it is isn't read, and takes much memory
				f.Data = nil
				f.Open = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(head)), nil }
			}
		}
		files = append(files, f)
	}
}

func readDeb(t *testing.T, path string) configure.Package {
	t.Helper()
	out := func(option string) []byte {
		data, err := exec.CommandContext(t.Context(), "dpkg-deb", option, path).Output()
		if err != nil {
			t.Fatal(path, err)
		}
		return data
	}
	_, _, ctl := readTar(t, out("--ctrl-tarfile"))
	fields, err := control.ParseOne(ctl["control"], control.Options{})
	if err != nil {
		t.Fatal(path, err)
	}
	p := configure.Package{Name: fields.Get("Package"), Version: fields.Get("Version"), Arch: fields.Get("Architecture"), Control: fields}
	for name, data := range ctl {
		if name != "control" {
			p.Files = append(p.Files, configure.ControlFile{Name: name, Data: data})
		}
	}
	slices.SortFunc(p.Files, func(a, b configure.ControlFile) int { return strings.Compare(a.Name, b.Name) })
	var contents map[string][]byte
	p.Entries, p.Paths, contents = readTar(t, out("--fsys-tarfile"))
	for line := range strings.Lines(string(ctl["conffiles"])) {
		path := strings.TrimSpace(line)
		p.Conffiles = append(p.Conffiles, configure.Conffile{Path: path, MD5: fmt.Sprintf("%x", md5.Sum(contents[path[1:]]))})
	}
	p.Info = infoFiles(&p)
	return p
}

// TestTrial configures real packages over a real base: TRIAL_BASE is a
// directory with the base, TRIAL_DEBS the .deb files, apart by blanks, in the
// order of unpacking. TRIAL_WANT is a directory with what dpkg made of it,
// to compare; what scripts print and files that differ go to TRIAL_OUT.
func TestTrial(t *testing.T) {
	base, debs := os.Getenv("TRIAL_BASE"), strings.Fields(os.Getenv("TRIAL_DEBS"))
	if base == "" {
		t.Skip("skipped: no TRIAL_BASE")
	}
	r := root.New(root.Options{})
	addTree(t, r, base)
	var packages []configure.Package
	for _, d := range debs {
		packages = append(packages, readDeb(t, d))
	}
	arch := os.Getenv("TRIAL_ARCH")
	out, err := os.Create(filepath.Join(outDir(t), "output"))
	if err != nil {
		t.Fatal(err)
	}
	result, err := configure.Run(t.Context(), r, packages, configure.Options{Arch: arch, Output: func(pkg, script string, text []byte) {
		fmt.Fprintf(out, "== %s %s\n%s", pkg, script, text)
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d scripts, %d failed", result.Scripts, result.Failed)
	for _, w := range result.Warnings {
		t.Log(w)
	}
	t.Log("order: ", strings.Join(result.Configured, " "))
	if want := os.Getenv("TRIAL_WANT"); want != "" {
		compare(t, r, base, want)
	}
}

func outDir(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("TRIAL_OUT")
	if dir == "" {
		return t.TempDir()
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func addTree(t *testing.T, r *root.Root, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		f := fileAt(t, dir, path)
		if f.Mode&(fs.ModeDevice|fs.ModeNamedPipe|fs.ModeSocket|fs.ModeCharDevice) != 0 {
			return nil
		}
		return r.Add(f)
	})
	if err != nil {
		t.Fatal(err)
	}
}
