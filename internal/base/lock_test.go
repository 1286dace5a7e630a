package base

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

const someDigest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func TestLockRoundTrip(t *testing.T) {
	file := filepath.Join(t.TempDir(), "base.lock")
	l, err := ReadLock(file)
	if err != nil {
		t.Fatal(err)
	}
	l.Layout = "base.oci"
	l.Set("python:3", someDigest, "linux/arm64", &Pinned{Digest: someDigest, Python: "3.10.1", Packages: map[string]string{"a": "1"}})
	if err := l.Write(file); err != nil {
		t.Fatal(err)
	}
	first, _ := os.ReadFile(file)
	again, err := ReadLock(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Write(file); err != nil {
		t.Fatal(err)
	}
	second, _ := os.ReadFile(file)
	if diff := cmp.Diff(string(first), string(second)); diff != "" {
		t.Error(diff)
	}
	if _, p := again.Find("python:3", v1.Platform{OS: "linux", Architecture: "arm64", Variant: "v8"}); p == nil || p.Digest != someDigest {
		t.Errorf("got %v", p)
	}
	if _, p := again.Find("python:3", v1.Platform{OS: "linux", Architecture: "amd64"}); p != nil {
		t.Errorf("got %v", p)
	}
	// Another index: what was pinned for other platforms is of the old one.
	again.Set("python:3", someDigest[:70]+"0", "linux/amd64", &Pinned{Digest: someDigest})
	if n := len(again.Bases["python:3"].Platforms); n != 1 {
		t.Errorf("%d platforms", n)
	}
}

// FuzzLock holds that any file is read or refused, and that what was read can be
// asked.
func FuzzLock(f *testing.F) {
	for _, s := range []string{
		"", "{", "null", `{"version":2,"bases":{}}`, `{"version":1,"bases":{"x":null}}`, `{"version":1,"layout":"../x","bases":{}}`,
		`{"version":1,"bases":{"x":{"digest":"` + someDigest + `","platforms":{"linux/arm64":null}}}}`,
		`{"version":1,"bases":{"x":{"digest":"` + someDigest + `","platforms":{"linux/arm64":{"digest":"` + someDigest + `"}}}}}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		file := filepath.Join(t.TempDir(), "base.lock")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		l, err := ReadLock(file)
		if err != nil {
			return
		}
		if _, p := l.Find("x", v1.Platform{OS: "linux", Architecture: "arm64"}); p != nil {
			if _, err := v1.NewHash(p.Digest); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestPinnedChanges(t *testing.T) {
	a := &Pinned{Python: "3.10.1", Packages: map[string]string{"a": "1", "b": "1", "c": "1"}}
	b := &Pinned{Python: "3.10.2", Packages: map[string]string{"a": "1", "b": "2", "d": "1"}}
	want := []string{"Python 3.10.1 → 3.10.2", "package b 1 → 2", "package c 1 removed", "package d 1 added"}
	if diff := cmp.Diff(want, a.Changes(b)); diff != "" {
		t.Error(diff)
	}
}
