package choose_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/internal/debs/archive"
	"github.com/assemble-image/assemble/internal/debs/choose"
	"github.com/assemble-image/assemble/internal/debs/debtest"
	"github.com/assemble-image/assemble/internal/debs/lockfile"
)

var (
	now = debtest.Date.Add(time.Hour)
	sum = strings.Repeat("ab", 32)
)

func list(lines ...string) string {
	var b strings.Builder
	for _, line := range lines {
		name, rest, _ := strings.Cut(line, " ")
		version, fields, _ := strings.Cut(rest, ";")
		fmt.Fprintf(&b, "Package: %s\nVersion: %s\nArchitecture: arm64\nStatus: install ok installed\n%sFilename: pool/%s_%s_arm64.deb\nSize: 7\nSHA256: %s\n\n",
			name, version, strings.ReplaceAll(strings.TrimSpace(fields)+"\n", "; ", "\n"), name, version, sum)
	}
	return strings.ReplaceAll(b.String(), "\n\nFilename", "\nFilename")
}

// base is a root with a source, its key, and one package.
type base struct {
	fstest.MapFS
	archive *debtest.Archive
	key     *openpgp.Entity
	client  *archive.Client
}

func newBase(t *testing.T, packages ...string) *base {
	t.Helper()
	b := &base{key: debtest.NewKey(t), archive: &debtest.Archive{Dir: t.TempDir(), Suite: "stable", Lists: map[string]string{"main/arm64": list(packages...)}}}
	b.archive.Write(t, b.key)
	b.client = archive.New(archive.Options{Now: now})
	b.MapFS = fstest.MapFS{
		"var/lib/dpkg/status":              {Data: []byte(list("libc6 1;Essential: yes"))},
		"etc/apt/sources.list.d/a.sources": {Data: []byte("Types: deb\nURIs: file:" + b.archive.Dir + "\nSuites: stable\nComponents: main\nSigned-By: /usr/share/keyrings/a.gpg\n")},
		"usr/share/keyrings/a.gpg":         {Data: debtest.Keyring(t, b.key)},
		"etc/os-release":                   {Data: []byte("ID=x\nPRETTY_NAME=\"Some System 1\"\n")},
	}
	return b
}

func (b *base) lock(t *testing.T, req choose.Request, opt choose.Options) (*lockfile.Lock, error) {
	t.Helper()
	if opt.Client == nil {
		opt.Client = b.client
	}
	return choose.Lock(t.Context(), b, "arm64", req, opt)
}

func versions(l *lockfile.Lock) string {
	var out []string
	if l != nil {
		for _, p := range l.Packages {
			out = append(out, p.Name+"="+p.Version)
		}
	}
	return strings.Join(out, " ")
}

func TestLock(t *testing.T) {
	b := newBase(t, "a 1;Depends: b (>= 2), libc6 (>= 2); Source: src (1-1)", "b 2", "libc6 2")
	got, err := b.lock(t, choose.Request{Install: []string{" a=1* "}}, choose.Options{})
	if err != nil {
		t.Fatal(err)
	}
	uri := "file:" + b.archive.Dir
	want := &lockfile.Lock{
		Architecture: "arm64", Requested: []string{"a=1*"}, Base: got.Base,
		Packages: []lockfile.Package{
			{Name: "a", Version: "1", Architecture: "arm64", Source: "src", SourceVersion: "1-1", Archives: []string{uri}, Filename: "pool/a_1_arm64.deb", Size: 7, SHA256: sum, Why: "requested as a=1*"},
			{Name: "b", Version: "2", Architecture: "arm64", Source: "b", SourceVersion: "2", Archives: []string{uri}, Filename: "pool/b_2_arm64.deb", Size: 7, SHA256: sum, Why: "a Depends: b (>= 2)"},
			{Name: "libc6", Version: "2", Architecture: "arm64", Source: "libc6", SourceVersion: "2", Archives: []string{uri}, Filename: "pool/libc6_2_arm64.deb", Size: 7, SHA256: sum, Replaces: "1", Why: "a Depends: libc6 (>= 2)"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	first, err := got.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	again, err := b.lock(t, choose.Request{Install: []string{"a=1*"}}, choose.Options{Jobs: 1})
	if err != nil {
		t.Fatal(err)
	}
	if second, _ := again.Marshal(); string(first) != string(second) {
		t.Errorf("the same choice gives other bytes:\n%s", second)
	}
}

func TestKeptVersions(t *testing.T) {
	b := newBase(t, "a 1;Depends: b", "b 1", "b 2")
	keep := &lockfile.Lock{Packages: []lockfile.Package{{Name: "a", Version: "0.9"}, {Name: "b", Version: "1"}}}
	for _, tt := range []struct {
		opt  choose.Options
		want string
	}{
		{choose.Options{}, "a=1 b=2"},
		{choose.Options{Keep: keep}, "a=1 b=1"},
		{choose.Options{Keep: keep, Upgrade: true}, "a=1 b=2"},
		{choose.Options{Keep: keep, UpgradeOnly: []string{"b"}}, "a=1 b=2"},
		{choose.Options{Keep: keep, UpgradeOnly: []string{"a"}}, "a=1 b=1"},
	} {
		got, err := b.lock(t, choose.Request{Install: []string{"a"}}, tt.opt)
		if err != nil || versions(got) != tt.want {
			t.Errorf("%+v: got %s, %v, want %s", tt.opt, versions(got), err, tt.want)
		}
	}
}

func TestOwnSources(t *testing.T) {
	b := newBase(t, "a 1")
	other := newBase(t, "a 2", "c 1")
	uri := "file:" + other.archive.Dir
	for name, tt := range map[string]struct {
		req  choose.Request
		want string
		err  string
	}{
		"base's":        {choose.Request{Install: []string{"a"}}, "a=1", ""},
		"own":           {choose.Request{Install: []string{"a"}, Sources: []string{uri + " stable main"}, Keyring: debtest.Keyring(t, other.key)}, "a=2", ""},
		"both, pinned":  {choose.Request{Install: []string{"a", "c"}, Sources: []string{"deb [trusted=yes pin-priority=100] " + uri + " stable main", "file:" + b.archive.Dir + " stable main"}, Keyring: debtest.Keyring(t, b.key)}, "a=1 c=1", ""},
		"mirrors":       {choose.Request{Install: []string{"a"}, Sources: []string{"[mirrors=" + uri + "] file:/nowhere stable main"}, Keyring: debtest.Keyring(t, other.key)}, "a=2", ""},
		"keys":          {choose.Request{Install: []string{"a"}, Sources: []string{uri + " stable main"}, Keyring: debtest.Keyring(t, b.key)}, "", "no trusted key"},
		"rubbish":       {choose.Request{Install: []string{"a"}, Sources: []string{"x"}}, "", "packages.sources[0]"},
		"bad pin":       {choose.Request{Install: []string{"a"}, Sources: []string{"[pin-priority=0] " + uri + " s m"}}, "", "no pin-priority"},
		"other's":       {choose.Request{Install: []string{"a"}, Sources: []string{"[arch=amd64] " + uri + " s m"}}, "", "other architectures"},
		"bad request":   {choose.Request{Install: []string{"a:i386", "b/sid", "c=", "d=1_2", "e"}}, "", "an architecture can't be named"},
		"unknown":       {choose.Request{Install: []string{"none"}}, "", "file:" + b.archive.Dir + " stable"},
		"named escapes": {choose.Request{Install: []string{"../a"}}, "", "suite"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := b.lock(t, tt.req, choose.Options{})
			if tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) || versions(got) != tt.want {
				t.Errorf("got %s, %v", versions(got), err)
			}
		})
	}
}

func TestDirectory(t *testing.T) {
	b := newBase(t, "a 1", "b 3")
	dir := t.TempDir()
	debtest.Deb{Name: "a", Version: "2", Fields: "Depends: b\n", Compression: "xz", Files: []debtest.File{{Path: "usr/share/a", Data: "x"}}}.Write(t, dir)
	debtest.Deb{Name: "b", Version: "1", Files: []debtest.File{{Path: "usr/share/b", Data: "x"}}}.Write(t, dir)
	debtest.Write(t, dir+"/readme.txt", []byte("no package"))
	got, err := b.lock(t, choose.Request{Install: []string{"a"}, Directories: []string{dir}}, choose.Options{})
	if err != nil || versions(got) != "a=2 b=1" {
		t.Fatalf("got %s, %v", versions(got), err)
	}
	if p := got.Packages[0]; p.Archives != nil || p.Filename != "./a_2_arm64.deb" || len(p.SHA256) != 64 || p.Size == 0 {
		t.Errorf("got %+v", p)
	}
	if _, err := got.Marshal(); err != nil {
		t.Error(err)
	}
	both := choose.Request{Install: []string{"a"}, Directories: []string{dir}, Sources: []string{"file:" + b.archive.Dir + " stable main"}, Keyring: debtest.Keyring(t, b.key)}
	if got, err = b.lock(t, both, choose.Options{}); err != nil || versions(got) != "a=2 b=3" {
		t.Errorf("with an archive: %s, %v", versions(got), err)
	}
	debtest.Write(t, dir+"/bad.deb", []byte("rubbish"))
	if _, err = b.lock(t, both, choose.Options{}); err == nil || !strings.Contains(err.Error(), "bad.deb") {
		t.Errorf("got %v", err)
	}
	both.Directories = []string{dir + "/none"}
	if _, err = b.lock(t, both, choose.Options{}); err == nil || !strings.Contains(err.Error(), "none") {
		t.Errorf("got %v", err)
	}
}

func TestSnapshot(t *testing.T) {
	at := debtest.Date.Add(-24 * time.Hour)
	earlier := newBase(t, "a 0.9")
	earlier.archive.Date = at.Add(-time.Hour)
	earlier.archive.Header = "Valid-Until: " + at.Format(time.RFC1123) + "\n"
	b := newBase(t, "a 1")
	earlier.archive.Dir = b.archive.Dir + "/snap/20260228T120000Z"
	earlier.archive.Write(t, b.key)
	req := choose.Request{Install: []string{"a"}, Snapshot: at}

	if _, err := b.lock(t, req, choose.Options{}); !errors.Is(err, archive.ErrNoSnapshots) {
		t.Errorf("got %v", err)
	}
	b.archive.Header = "Snapshots: file:" + b.archive.Dir + "/snap/@SNAPSHOTID@\n"
	b.archive.Write(t, b.key)
	got, err := b.lock(t, req, choose.Options{})
	if err != nil || versions(got) != "a=0.9" || !got.Snapshot.Equal(at) {
		t.Errorf("by Release: %s, %v", versions(got), err)
	}
	req.Sources, req.Keyring = []string{"file:" + b.archive.Dir + "/snap/@SNAPSHOTID@ stable main"}, debtest.Keyring(t, b.key)
	if got, err = b.lock(t, req, choose.Options{}); err != nil || versions(got) != "a=0.9" {
		t.Errorf("by its URI: %s, %v", versions(got), err)
	}
	earlier.archive.Date = at.Add(time.Hour)
	earlier.archive.Write(t, b.key)
	if _, err = b.lock(t, req, choose.Options{}); !errors.Is(err, archive.ErrFuture) {
		t.Errorf("made after the time that was asked for: %v", err)
	}
}

func TestBasesRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		files map[string]string
		want  string
	}{
		"apk":        {map[string]string{"lib/apk/db/installed": "x"}, "the base (Some System 1) takes no Debian packages: its packages are apk's"},
		"rpm":        {map[string]string{"var/lib/rpm/rpmdb.sqlite": "x"}, "its packages are rpm's"},
		"distroless": {map[string]string{"var/lib/dpkg/status.d/base": "Package: x\n"}, "status.d"},
		"nothing":    {nil, "it has no /var/lib/dpkg/status"},
		"empty":      {map[string]string{"var/lib/dpkg/status": "\n"}, "it has no /var/lib/dpkg/status"},
		"another":    {map[string]string{"var/lib/dpkg/status": strings.ReplaceAll(list("a 1"), "arm64", "amd64")}, "none for arm64: a:amd64"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBase(t, "a 1")
			delete(b.MapFS, "var/lib/dpkg/status")
			for path, data := range tt.files {
				b.MapFS[path] = &fstest.MapFile{Data: []byte(data)}
			}
			_, err := b.lock(t, choose.Request{Install: []string{"a"}}, choose.Options{})
			var base *choose.BaseError
			if !errors.As(err, &base) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v", err)
			}
		})
	}
	b := newBase(t, "a 1")
	delete(b.MapFS, "etc/apt/sources.list.d/a.sources")
	if _, err := b.lock(t, choose.Request{Install: []string{"a"}}, choose.Options{}); err == nil || !strings.Contains(err.Error(), "no sources") {
		t.Errorf("a base without sources: %v", err)
	}
}

// What an index says of a package that was chosen must do for fetching it.
func TestBadEntries(t *testing.T) {
	for name, change := range map[string][2]string{
		"escape": {"Filename: pool", "Filename: ../../pool"}, "no digest": {"SHA256: ", "SHA1: "}, "size": {"Size: 7", "Size: 0"},
	} {
		b := newBase(t)
		b.archive.Lists["main/arm64"] = strings.Replace(list("a 1"), change[0], change[1], 1)
		b.archive.Write(t, b.key)
		if _, err := b.lock(t, choose.Request{Install: []string{"a"}}, choose.Options{}); err == nil || !strings.Contains(err.Error(), `package "a"`) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestArchitecture(t *testing.T) {
	for in, want := range map[[2]string]string{{"arm64", "v8"}: "arm64", {"arm64", ""}: "arm64", {"amd64", ""}: "amd64", {"amd64", "v3"}: "amd64", {"arm", "v7"}: "armhf", {"arm", "v6"}: "armel", {"ppc64le", ""}: "ppc64el", {"386", ""}: "i386"} {
		if got, err := choose.Architecture(in[0], in[1]); err != nil || got != want {
			t.Errorf("%v: %q, %v", in, got, err)
		}
	}
	for _, in := range [][2]string{{"wasm", ""}, {"arm", "v4"}, {"", ""}} {
		if got, err := choose.Architecture(in[0], in[1]); err == nil {
			t.Errorf("%v: %q", in, got)
		}
	}
}
