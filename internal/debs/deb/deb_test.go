package deb

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/internal/debs/debtest"
	"github.com/assemble-image/assemble/internal/xz"
)

// example has one of everything that packages have.
func example(compression string) debtest.Deb {
	return debtest.Deb{
		Name: "demo", Version: "1:2.0-3+b1", Fields: "Multi-Arch: same\nDepends: libc6 (>= 2.36),\n libz1\n", Compression: compression,
		Control: map[string]string{
			"postinst":  "#!/bin/sh\nset -e\n",
			"conffiles": "/etc/demo.conf\nremove-on-upgrade /etc/old.conf\n",
			"triggers":  "activate-noawait ldconfig\n",
		},
		Files: []debtest.File{
			{Path: "etc/demo.conf", Data: "a=1\n"},
			{Path: "usr/bin/demo", Data: "ELF", Mode: 0o4755},
			{Path: "usr/bin/mail-demo", Data: "ELF", Mode: 0o2755, GID: 8},
			{Path: "usr/bin/ping", Data: "net", Mode: 0o755, Records: map[string]string{capabilityRecord: "\x01\x00\x00\x02\x00\x20"}},
			{Path: "usr/bin/same", Hard: "./usr/bin/demo"},
			{Path: "var/tmp/demo/", Mode: 0o1777},
			{Path: "usr/lib/libdemo.so.1", Link: "libdemo.so.1.2"},
			{Path: "usr/lib/demo", Link: "/etc/demo"},
			{Path: "usr/share/doc/demo/Főnév", Data: strings.Repeat("x", 200_000)},
		},
	}
}

func TestPackage(t *testing.T) {
	for _, compression := range []string{"", "gz", "xz", "zst"} {
		t.Run("compression "+compression, func(t *testing.T) {
			p, err := Open(t.Context(), example(compression).Write(t, t.TempDir()), Options{Want: Want{Name: "demo", Version: "1:2.0-3+b1", Architecture: "arm64"}})
			if err != nil {
				t.Fatal(err)
			}
			if got := p.Control.Get("Depends"); got != "libc6 (>= 2.36),\n libz1" {
				t.Errorf("Depends: %q", got)
			}
			if p.InfoName() != "demo:arm64" {
				t.Errorf("the info files begin with %q", p.InfoName())
			}
			if got := p.Scripts(); len(got) != 1 || string(got["postinst"]) != "#!/bin/sh\nset -e\n" {
				t.Errorf("scripts %q", got)
			}
			if diff := cmp.Diff([]Conffile{{Path: "/etc/demo.conf"}, {Path: "/etc/old.conf", RemoveOnUpgrade: true}}, p.Conffiles); diff != "" {
				t.Error(diff)
			}
			var got []string
			sum := ""
			err = p.Each(t.Context(), func(e *Entry, content io.Reader) error {
				got = append(got, fmt.Sprintf("%v %d:%d %s %d %s%s%x", e.Mode, e.UID, e.GID, e.Path, e.Size, e.Link, e.HardLink, e.Capability))
				if e.Path != "etc/demo.conf" {
					return nil
				}
				b, err := io.ReadAll(content)
				sum = string(b)
				return err
			})
			want := []string{
				"drwxr-xr-x 0:0 etc 0 ", "-rw-r--r-- 0:0 etc/demo.conf 4 ", "drwxr-xr-x 0:0 usr 0 ", "drwxr-xr-x 0:0 usr/bin 0 ",
				"urwxr-xr-x 0:0 usr/bin/demo 3 ", "grwxr-xr-x 0:8 usr/bin/mail-demo 3 ", "-rwxr-xr-x 0:0 usr/bin/ping 3 010000020020",
				"-rw-r--r-- 0:0 usr/bin/same 0 usr/bin/demo", "drwxr-xr-x 0:0 var 0 ", "drwxr-xr-x 0:0 var/tmp 0 ", "dtrwxrwxrwx 0:0 var/tmp/demo 0 ",
				"drwxr-xr-x 0:0 usr/lib 0 ", "Lrwxrwxrwx 0:0 usr/lib/libdemo.so.1 0 libdemo.so.1.2", "Lrwxrwxrwx 0:0 usr/lib/demo 0 /etc/demo",
				"drwxr-xr-x 0:0 usr/share 0 ", "drwxr-xr-x 0:0 usr/share/doc 0 ", "drwxr-xr-x 0:0 usr/share/doc/demo 0 ", "-rw-r--r-- 0:0 usr/share/doc/demo/Főnév 200000 ",
			}
			if diff := cmp.Diff(want, got); diff != "" || err != nil || sum != "a=1\n" {
				t.Errorf("error %v, content %q, entries (-want +got):\n%s", err, sum, diff)
			}
		})
	}
}

// TestWant holds packages against what a lock says of them.
func TestWant(t *testing.T) {
	path := example("xz").Write(t, t.TempDir())
	for _, want := range []Want{{Name: "dem"}, {Version: "2.0-3+b1"}, {Architecture: "all"}, {Architecture: "amd64"}} {
		var mismatch *MismatchError
		if _, err := Open(t.Context(), path, Options{Want: want}); !errors.As(err, &mismatch) {
			t.Errorf("%+v: error %v", want, err)
		}
	}
	p, err := Open(t.Context(), path, Options{Want: Want{SHA256: strings.Repeat("0", 64)}})
	if err != nil {
		t.Fatal(err)
	}
	var mismatch *MismatchError
	if err := p.Each(t.Context(), ignore); !errors.As(err, &mismatch) || mismatch.What != "SHA-256" {
		t.Errorf("another SHA-256: error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Each(ctx, ignore); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: error %v", err)
	}
	broken := errors.New("broken")
	if err := p.Each(t.Context(), func(*Entry, io.Reader) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("a callback that fails: error %v", err)
	}
}

func ignore(*Entry, io.Reader) error { return nil }

// readAll opens the package and goes through it.
func readAll(t testing.TB, path string, opt Options) error {
	p, err := Open(t.Context(), path, opt)
	if err != nil {
		return err
	}
	return p.Each(t.Context(), ignore)
}

func TestRefusedEntries(t *testing.T) {
	for name, files := range map[string][]debtest.File{
		"has an element":             {{Path: "usr/../../etc/passwd", Data: "x"}},
		`element ".."`:               {{Path: "..", Data: "x"}},
		"the path is absolute":       {{Path: "/etc/passwd", Data: "x"}},
		"control character":          {{Path: "usr/a\nb", Data: "x"}},
		"not valid UTF-8":            {{Path: "usr/\xff", Data: "x"}},
		"whiteout":                   {{Path: "usr/.wh.bin", Data: "x"}},
		"a device":                   {{Path: "dev/sda", Type: tar.TypeBlock}},
		"is a device":                {{Path: "dev/null", Type: tar.TypeChar}},
		"named pipe":                 {{Path: "run/fifo", Type: tar.TypeFifo}},
		"is there twice":             {{Path: "a", Data: "x"}, {Path: "a", Data: "x"}},
		`lies in "usr/x"`:            {{Path: "usr/x", Link: "/etc"}, {Path: "usr/x/passwd", Data: "x"}},
		`in "usr/y", which is no`:    {{Path: "usr/y/passwd", Data: "x"}, {Path: "usr/y", Link: "/etc"}},
		"leads out of the root":      {{Path: "usr/x", Link: "../../etc/passwd"}},
		"out of the root":            {{Path: "usr/x", Link: "a/../../b/../../c"}},
		"no file before it":          {{Path: "usr/x", Hard: "./etc/passwd"}},
		`target "usr/l" is no file`:  {{Path: "usr/l", Link: "x"}, {Path: "usr/x", Hard: "./usr/l"}},
		"path is absolute":           {{Path: "usr/x", Hard: "/etc/passwd"}},
		"has an element \"..\"":      {{Path: "usr/x", Hard: "../etc/passwd"}},
		"extended attribute user.x":  {{Path: "usr/x", Data: "x", Records: map[string]string{"SCHILY.xattr.user.x": "1"}}},
		"is no file, but has capab":  {{Path: "usr/x", Link: "y", Records: map[string]string{capabilityRecord: "1"}}},
		"neither a file, a director": {{Path: "usr/x", Type: '7'}},
	} {
		err := readAll(t, debtest.Deb{Name: "demo", Files: files, NoMd5sums: true}.Write(t, t.TempDir()), Options{})
		if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), name) {
			t.Errorf("%q: error %v", name, err)
		}
	}
}

func TestRefusedControl(t *testing.T) {
	const rest = "Version: 1\nArchitecture: arm64\n"
	for _, tt := range []struct{ file, data, want string }{
		{"control", "", "control"},
		{"control", rest, `Package is ""`},
		{"control", "Package: a b\n" + rest, "field Package"},
		{"control", "Package: ../x\n" + rest, "field Package"},
		{"control", "Package: demo\nVersion: a/b\nArchitecture: arm64\n", "field Version"},
		{"control", "Package: demo\nVersion: 1\nArchitecture: ..\n", "field Architecture"},
		{"control", "Package: demo\n" + rest + "version: 2\n", "control:"},
		{"control", "Package: demo\n" + rest + "\nPackage: other\n" + rest, "control:"},
		{"conffiles", "etc/x\n", "not an absolute path"},
		{"conffiles", "/etc/../x\n", `element ".."`},
		{"conffiles", "/etc/x\n/etc/x\n", "twice"},
		{"conffiles", "/etc/absent\n", "is no file of the package"},
		{"md5sums", "zz  usr/x\n", "no sum"},
		{"md5sums", "00000000000000000000000000000000  ../x\n", `element ".."`},
		{"md5sums", "00000000000000000000000000000000  usr/x\n", "the MD5 is 9dd4e461268c8034f5c8564e155c67a6"},
		{"md5sums", "9dd4e461268c8034f5c8564e155c67a6  usr/x\n9dd4e461268c8034f5c8564e155c67a6  usr/y\n", "no file of the package"},
		{"md5sums", "00000000000000000000000000000000  usr/hard\n", "the MD5 is 9dd4e461268c8034f5c8564e155c67a6"},
		{"../escape", "x", "is no control file"},
		{"a/b", "x", "is no control file"},
	} {
		d := debtest.Deb{Name: "demo", Control: map[string]string{tt.file: tt.data}, Files: []debtest.File{{Path: "usr/x", Data: "x"}, {Path: "usr/hard", Hard: "./usr/x"}}}
		err := readAll(t, d.Write(t, t.TempDir()), Options{})
		if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s %q: error %v", tt.file, tt.data, err)
		}
	}
}

func TestRefusedArchives(t *testing.T) {
	control := debtest.Member{Name: "control.tar", Data: debtest.Tar(t, []debtest.File{{Path: "control", Data: "Package: demo\nVersion: 1\nArchitecture: all\n"}})}
	data := debtest.Member{Name: "data.tar.xz", Data: debtest.Xz(debtest.Tar(t, []debtest.File{{Path: "x", Data: "x"}}))}
	binary := debtest.Member{Name: "debian-binary", Data: []byte("2.0\n")}
	good := debtest.Ar(binary, control, data)
	other := func(name string, p []byte) debtest.Member { return debtest.Member{Name: name, Data: p} }
	hidden := append(debtest.Tar(t, nil), "hidden"...)
	for name, p := range map[string][]byte{
		"doesn't begin as an ar":    []byte("PK\x03\x04 and so on"),
		"it is cut off at byte 0":   nil,
		"cut off at byte 8":         []byte("!<arch>\n"),
		"member 1 is":               debtest.Ar(control, data),
		"member 2 is \"data":        debtest.Ar(binary, data, control),
		"member 2 is \"_x\"":        debtest.Ar(binary, other("_x", nil), control, data),
		"member 3 is":               debtest.Ar(binary, control, control, data),
		"comes after data.tar":      debtest.Ar(binary, control, data, other("data.tar.gz", data.Data)),
		"version of the format":     debtest.Ar(other("debian-binary", []byte("3.0\n")), control, data),
		"version of the format is ": debtest.Ar(other("debian-binary", []byte("2.0\nrm\n")), control, data),
		"is neither xz":             debtest.Ar(binary, control, other("data.tar.lzma", data.Data)),
		"neither xz, zstd":          debtest.Ar(binary, other("control.tar.bz2", []byte("BZh9")), data),
		"cut off in member":         good[:len(good)-3],
		"bytes after its end":       debtest.Ar(binary, control, other("data.tar", hidden)),
		"data.tar has bytes after":  debtest.Ar(binary, control, other("data.tar", append(debtest.Tar(t, nil), debtest.Tar(t, []debtest.File{{Path: "x"}})...))),
		"damaged":                   append(slices.Clone(good), strings.Repeat("x", 60)...),
		"no control file":           debtest.Ar(binary, other("control.tar", debtest.Tar(t, nil)), data),
		"no newline":                debtest.Ar(other("debian-binary", []byte("2.10\n")), control, data)[:73:73],
	} {
		if name == "no newline" {
			p = append(append(p, 'x'), debtest.Ar(control, data)[8:]...)
		}
		path := filepath.Join(t.TempDir(), "x.deb")
		if err := os.WriteFile(path, p, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := readAll(t, path, Options{}); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), name) {
			t.Errorf("%q: error %v", name, err)
		}
	}
	path := filepath.Join(t.TempDir(), "x.deb")
	signed := debtest.Ar(binary, control, data, other("_gpgorigin", []byte("sig")))
	if err := os.WriteFile(path, signed, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := readAll(t, path, Options{}); err != nil {
		t.Errorf("a signature after data.tar: %v", err)
	}
	if err := readAll(t, t.TempDir(), Options{}); err == nil {
		t.Error("a directory: no error")
	}
	if err := readAll(t, filepath.Join(t.TempDir(), "none"), Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: error %v", err)
	}
}

// TestCut cuts a package's streams within an archive that is whole.
func TestCut(t *testing.T) {
	control := debtest.Member{Name: "control.tar", Data: debtest.Tar(t, []debtest.File{{Path: "control", Data: "Package: demo\nVersion: 1\nArchitecture: all\n"}})}
	content := debtest.Tar(t, []debtest.File{{Path: "x", Data: strings.Repeat("content", 500)}})
	for _, kind := range []string{"xz", "gz", "zst"} {
		p := debtest.Compress(t, kind, content)
		for n := 0; n < len(p); n += 1 + len(p)/50 {
			path := filepath.Join(t.TempDir(), "x.deb")
			ar := debtest.Ar(debtest.Member{Name: "debian-binary", Data: []byte("2.0\n")}, control, debtest.Member{Name: "data.tar." + kind, Data: p[:n]})
			if err := os.WriteFile(path, ar, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := readAll(t, path, Options{}); err == nil {
				t.Errorf("data.tar.%s cut to %d of %d bytes: no error", kind, n, len(p))
			}
		}
	}
}

// TestLimits unpacks what is more than allowed.
func TestLimits(t *testing.T) {
	zeros := strings.Repeat("\x00", 40<<20)
	bomb := debtest.Deb{Name: "demo", Files: []debtest.File{{Path: "x", Data: zeros}}, Compression: "gz", NoMd5sums: true}.Write(t, t.TempDir())
	many := debtest.Deb{Name: "demo", Files: []debtest.File{{Path: "x"}, {Path: "y"}, {Path: "z"}}}.Write(t, t.TempDir())
	for _, tt := range []struct {
		path string
		opt  Options
	}{{bomb, Options{MaxRatio: 10}}, {bomb, Options{MaxSize: 1 << 20}}, {many, Options{MaxEntries: 2}}} {
		var limit *LimitError
		if err := readAll(t, tt.path, tt.opt); !errors.As(err, &limit) {
			t.Errorf("%+v: error %v", tt.opt, err)
		}
	}
	if err := readAll(t, many, Options{MaxEntries: 4}); err != nil {
		t.Error(err)
	}
	broken := example("xz").Bytes(t)
	broken[len(broken)-3000] ^= 1
	path := filepath.Join(t.TempDir(), "x.deb")
	if err := os.WriteFile(path, broken, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := readAll(t, path, Options{}); err == nil {
		t.Error("a bit turned in data.tar.xz: no error")
	} else if !errors.Is(err, xz.ErrCorrupt) && !errors.Is(err, ErrFormat) {
		t.Errorf("a bit turned in data.tar.xz: %v", err)
	}
}

func FuzzPackage(f *testing.F) {
	for _, c := range []string{"", "gz", "xz", "zst"} {
		d := example(c)
		d.Files = d.Files[:8]
		f.Add(d.Bytes(f))
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		path := filepath.Join(t.TempDir(), "x.deb")
		if err := os.WriteFile(path, p, 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := Open(t.Context(), path, Options{MaxSize: 1 << 20})
		if err != nil {
			return
		}
		_ = d.Each(t.Context(), func(e *Entry, _ io.Reader) error {
			if strings.HasPrefix(e.Path, "/") || strings.Contains("/"+e.Path+"/", "/../") || strings.ContainsAny(e.Path, "\n\x00") || e.Path == "" {
				t.Errorf("path %q", e.Path)
			}
			return nil
		})
	})
}
