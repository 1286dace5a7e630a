package layers

import (
	"archive/tar"
	"io"
	"io/fs"
	"iter"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// capability is cap_net_raw=ep as setcap writes it.
const capability = "\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"

// extras are paths with what system packages have and wheels don't.
func extras() []Entry {
	return []Entry{
		{Path: "usr/bin/su", Mode: 0o755 | fs.ModeSetuid, Data: []byte("su"), Size: 2},
		{Path: "usr/bin/wall", Mode: 0o755 | fs.ModeSetgid, GID: 5, Data: []byte("wall"), Size: 4},
		{Path: "usr/bin/ping", Mode: 0o755, Data: []byte("ping"), Size: 4, Capability: capability},
		{Path: "usr/bin/ping4", Mode: 0o755, HardLink: "usr/bin/ping"},
		{Path: "var/tmp", Mode: fs.ModeDir | fs.ModeSticky | 0o777},
		{Path: "z/" + strings.Repeat("n", 100), Mode: 0o644, HardLink: "y/" + strings.Repeat("m", 100)},
		{Path: "y/" + strings.Repeat("m", 100), Mode: 0o644, Data: []byte("far"), Size: 3},
	}
}

func TestExtras(t *testing.T) {
	r, err := buildOne(t, Options{}, specOf("extras", nil, extras())).Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got := map[string]tar.Header{}
	for tr := tar.NewReader(r); ; {
		h, err := tr.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeLink {
			if _, came := got[h.Linkname]; !came {
				t.Errorf("%s links to %s, which comes after it", h.Name, h.Linkname)
			}
		}
		got[h.Name] = tar.Header{Mode: h.Mode, Gid: h.Gid, Typeflag: h.Typeflag, Linkname: h.Linkname, Size: h.Size, PAXRecords: h.PAXRecords}
	}
	m, n := "y/"+strings.Repeat("m", 100), "z/"+strings.Repeat("n", 100)
	want := map[string]tar.Header{
		"usr/bin/su":    {Mode: 0o4755, Typeflag: '0', Size: 2},
		"usr/bin/wall":  {Mode: 0o2755, Typeflag: '0', Size: 4, Gid: 5},
		"usr/bin/ping":  {Mode: 0o755, Typeflag: '0', Size: 4, PAXRecords: map[string]string{"SCHILY.xattr.security.capability": capability}},
		"usr/bin/ping4": {Mode: 0o755, Typeflag: '1', Linkname: "usr/bin/ping"},
		"var/tmp/":      {Mode: 0o1777, Typeflag: '5'},
		m:               {Mode: 0o644, Typeflag: '0', Size: 3},
		n:               {Mode: 0o644, Typeflag: '1', Linkname: m, PAXRecords: map[string]string{"linkpath": m}},
	}
	ignore := cmpopts.IgnoreMapEntries(func(name string, _ tar.Header) bool { return want[name].Typeflag == 0 })
	if diff := cmp.Diff(want, got, ignore); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestExtrasGolden freezes the bytes of what only system packages have.
func TestExtrasGolden(t *testing.T) {
	d, err := buildOne(t, Options{}, specOf("extras", nil, extras())).Digest()
	if err != nil {
		t.Fatal(err)
	}
	if want := "sha256:0a601fb45570ede6ceee6841c26aced816fb6052aff3cbae18865cf50a868f79"; d.String() != want {
		t.Errorf("digest %s", d)
	}
}

func TestHardLinkConflicts(t *testing.T) {
	file := Entry{Path: "a", Mode: 0o644, Data: []byte("x"), Size: 1}
	for want, entries := range map[string][]Entry{
		"another mode or owner": {file, {Path: "b", Mode: 0o755, HardLink: "a"}},
		"mode or owner":         {file, {Path: "b", Mode: 0o644, UID: 1, HardLink: "a"}},
		`target "b" is no file`: {file, {Path: "b", Mode: 0o644, HardLink: "a"}, {Path: "c", Mode: 0o644, HardLink: "b"}},
		`"d" is no file`:        {{Path: "d", Mode: fs.ModeDir | 0o755}, {Path: "e", Mode: 0o755, HardLink: "d"}},
	} {
		if err := buildError(t, Options{}, specOf("links", nil, entries)); !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v", want, err)
		}
	}
	stream := specOf("stream", nil, nil)
	stream.Entries, stream.Stream = nil, func() iter.Seq2[Entry, error] {
		return func(yield func(Entry, error) bool) {
			_ = yield(file, nil) && yield(Entry{Path: "b", Mode: 0o644, HardLink: "a"}, nil)
		}
	}
	if err := buildError(t, Options{}, stream); !strings.Contains(err.Error(), "stream") {
		t.Errorf("in a stream: error %v", err)
	}
}

// TestSplitHardLinks keeps all names of a file together.
func TestSplitHardLinks(t *testing.T) {
	var entries []Entry
	for _, n := range "abcdefghij" {
		entries = append(entries, Entry{Path: "x/" + string(n), Mode: 0o644, Size: 40}, Entry{Path: "y/" + string(n), Mode: 0o644, HardLink: "x/" + string(n)})
	}
	entries = append(entries, Entry{Path: "y", Mode: fs.ModeDir | 0o755}, Entry{Path: "x", Mode: fs.ModeDir | 0o755})
	parts := Split(entries, 300)
	if len(parts) < 2 {
		t.Fatalf("%d parts", len(parts))
	}
	seen := 0
	for _, part := range parts {
		have := map[string]bool{}
		for _, e := range part {
			have[e.Path] = true
		}
		for _, e := range part {
			if e.HardLink == "" {
				continue
			}
			seen++
			if !have[e.HardLink] || !have["y"] {
				t.Errorf("%s is in another part than %s, or its directory", e.Path, e.HardLink)
			}
		}
	}
	if seen != 10 {
		t.Errorf("%d of 10 links", seen)
	}
}
