package git

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestHead reads what is checked out, however the repository keeps it.
func TestHead(t *testing.T) {
	long := strings.Repeat("a long message, so that a delta pays\n", 40)
	old, recent := commit("1700000000", long), commit("1700000123", long)
	for name, make := range map[string]func(r *testRepo){
		"loose": func(r *testRepo) {
			r.write(".git/refs/heads/main", r.loose(kindCommit, recent).String()+"\n")
		},
		"detached": func(r *testRepo) { r.write(".git/HEAD", r.loose(kindCommit, recent).String()+"\n") },
		"packed reference": func(r *testRepo) {
			name := r.loose(kindCommit, recent).String()
			r.write(".git/packed-refs", "# pack-refs with: peeled fully-peeled sorted \n"+
				strings.Repeat("0", 40)+" refs/heads/main2\n"+name+" refs/heads/main\n^"+strings.Repeat("1", 40)+"\n")
		},
		"a loose reference goes before a packed one": func(r *testRepo) {
			r.write(".git/packed-refs", r.loose(kindCommit, old).String()+" refs/heads/main\n")
			r.write(".git/refs/heads/main", r.loose(kindCommit, recent).String()+"\n")
		},
		"reference to a reference": func(r *testRepo) {
			r.write(".git/refs/heads/main", "ref: refs/heads/other\n")
			r.write(".git/refs/heads/other", r.loose(kindCommit, recent).String()+"\n")
		},
		"pack": func(r *testRepo) {
			name := r.id(kindCommit, recent)
			r.pack("1", 2, false, packed{name: r.id(kindBlob, "x"), kind: 3, data: "x"}, packed{name: name, kind: 1, data: recent})
			r.write(".git/refs/heads/main", name.String())
		},
		"old index": func(r *testRepo) {
			name := r.id(kindCommit, recent)
			r.pack("1", 1, false, packed{name: r.id(kindBlob, "x"), kind: 3, data: "x"}, packed{name: name, kind: 1, data: recent})
			r.write(".git/refs/heads/main", name.String())
		},
		"long offsets": func(r *testRepo) {
			name := r.id(kindCommit, recent)
			r.pack("1", 2, true, packed{name: r.id(kindBlob, "x"), kind: 3, data: "x"}, packed{name: name, kind: 1, data: recent})
			r.write(".git/refs/heads/main", name.String())
		},
		"offset deltas": func(r *testRepo) {
			name := r.id(kindCommit, recent)
			noise := make([]byte, 20000)
			for i := range noise {
				noise[i] = byte(i * i >> 3)
			}
			r.pack("1", 2, false,
				packed{name: r.id(kindCommit, old), kind: 1, data: old},
				packed{name: r.id(kindBlob, string(noise)), kind: 3, data: string(noise)},
				packed{name: r.id(kindCommit, old+"!"), kind: offsetDelta, back: 2, data: deltaTo(old, old+"!")},
				packed{name: name, kind: offsetDelta, back: 1, data: deltaTo(old+"!", recent)})
			r.write(".git/refs/heads/main", name.String())
		},
		"delta of an object elsewhere": func(r *testRepo) {
			name := r.id(kindCommit, recent)
			r.pack("1", 2, false, packed{name: name, kind: nameDelta, base: r.id(kindCommit, old), data: deltaTo(old, recent)})
			r.pack("2", 2, false, packed{name: r.id(kindCommit, old), kind: 1, data: old})
			r.write(".git/refs/heads/main", name.String())
		},
		"SHA-256": func(r *testRepo) {
			r.nameSize = 32
			name := r.id(kindCommit, recent)
			r.pack("1", 2, false, packed{name: name, kind: nameDelta, base: r.loose(kindCommit, old), data: deltaTo(old, recent)})
			r.write(".git/refs/heads/main", name.String())
		},
		"linked work tree": func(r *testRepo) {
			name := r.loose(kindCommit, recent).String()
			r.write(".git/refs/heads/side", name)
			r.write(".git/worktrees/main/HEAD", "ref: refs/heads/side\n")
			r.write(".git/worktrees/main/commondir", "../..\n")
			r.write("main/.git", "gitdir: "+filepath.Join(r.dir, ".git/worktrees/main")+"\n")
			r.dir = filepath.Join(r.dir, "main")
		},
		"submodule": func(r *testRepo) {
			r.write(".git/refs/heads/main", r.loose(kindCommit, old).String())
			inner := newRepo(r.t)
			inner.write(".git/refs/heads/main", inner.loose(kindCommit, recent).String())
			check(r.t, os.MkdirAll(filepath.Join(r.dir, ".git/modules"), 0o755))
			check(r.t, os.Rename(filepath.Join(inner.dir, ".git"), filepath.Join(r.dir, ".git/modules/sub")))
			r.write("sub/.git", "gitdir: ../.git/modules/sub\n")
			r.dir = filepath.Join(r.dir, "sub")
		},
		"alternates": func(r *testRepo) {
			other := newRepo(r.t)
			name := other.loose(kindCommit, recent)
			other.write(".git/objects/info/alternates", filepath.Join(r.dir, ".git/objects")+"\n")
			r.write(".git/objects/info/alternates", "# elsewhere\n"+filepath.Join(other.dir, ".git/objects")+"\n")
			r.write(".git/refs/heads/main", name.String())
		},
		"a damaged copy, and a good one": func(r *testRepo) {
			name := r.id(kindCommit, recent)
			r.looseAs(name, "commit 3\x00abc")
			r.pack("1", 2, false, packed{name: name, kind: 1, data: recent})
			r.write(".git/refs/heads/main", name.String())
		},
		"deeper directory": func(r *testRepo) {
			r.write(".git/refs/heads/main", r.loose(kindCommit, recent).String())
			r.write("a/b/c", "")
			r.write("a/.git/config", "no repository, since it has no HEAD")
			r.dir = filepath.Join(r.dir, "a", "b")
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRepo(t)
			make(r)
			if got := seconds(r.dir); got != "1700000123" {
				t.Error(got)
			}
		})
	}
}

func (r *testRepo) read(path string) string {
	data, err := os.ReadFile(filepath.Join(r.dir, path))
	check(r.t, err)
	return string(data)
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestHeadRefuses says what can't be read, and ends.
func TestHeadRefuses(t *testing.T) {
	text := commit("1700000000", "text")
	for name, c := range map[string]struct {
		make func(r *testRepo)
		want string
		is   error
	}{
		"no repository":  {func(r *testRepo) { check(r.t, os.RemoveAll(filepath.Join(r.dir, ".git"))) }, "not in a Git repository", ErrNoRepository},
		"no commit":      {func(*testRepo) {}, "no commit yet: HEAD is refs/heads/main", ErrNoCommit},
		"reftable":       {func(r *testRepo) { r.write(".git/reftable/tables.list", "") }, "reftable", ErrUnsupported},
		"out of refs":    {func(r *testRepo) { r.write(".git/HEAD", "ref: refs/../../secret") }, "no reference", nil},
		"not below refs": {func(r *testRepo) { r.write(".git/HEAD", "ref: config") }, "no reference", nil},
		"no name":        {func(r *testRepo) { r.write(".git/HEAD", "something") }, "no object's name", nil},
		"circle":         {func(r *testRepo) { r.write(".git/refs/heads/main", "ref: refs/heads/main") }, "more than 5 references", nil},
		"lacks object":   {func(r *testRepo) { r.write(".git/HEAD", strings.Repeat("ab", 20)) }, "lacks object abab", nil},
		"tag":            {func(r *testRepo) { r.write(".git/HEAD", r.loose(kindTag, text).String()) }, "but a tag", nil},
		"no committer": {func(r *testRepo) {
			r.write(".git/HEAD", r.loose(kindCommit, "tree x\n\ncommitter x <y> 3 +0000\n").String())
		}, "no committer's time", nil},
		"before 1970": {func(r *testRepo) { r.write(".git/HEAD", r.loose(kindCommit, commit("-1", "")).String()) }, `"-1" is not a number of seconds`, nil},
		"large": {func(r *testRepo) {
			r.write(".git/HEAD", r.loose(kindCommit, commit("1", strings.Repeat("x", maxObject))).String())
		}, "larger than", nil},
		"other content": {func(r *testRepo) {
			n := r.id(kindCommit, text+"x")
			r.looseAs(n, "commit 4\x00tree")
			r.write(".git/HEAD", n.String())
		}, "another digest", nil},
		"wrong size": {func(r *testRepo) {
			n := r.id(kindCommit, text)
			r.looseAs(n, "commit 5\x00tree")
			r.write(".git/HEAD", n.String())
		}, "how long it is", nil},
		"file": {func(r *testRepo) {
			check(r.t, os.RemoveAll(filepath.Join(r.dir, ".git")))
			r.write(".git", "elsewhere")
		}, "does not say where", nil},
		"delta of itself": {func(r *testRepo) {
			n := r.id(kindCommit, text)
			for _, name := range []string{"1", "2", "3"} {
				r.pack(name, 2, false, packed{name: n, kind: nameDelta, base: n, data: deltaTo(text, text)})
			}
			r.write(".git/HEAD", n.String())
		}, "", nil},
		"damaged delta": {func(r *testRepo) {
			n := r.id(kindCommit, text)
			r.pack("1", 2, false, packed{name: n, kind: nameDelta, base: r.loose(kindCommit, text+"y"), data: deltaTo(text, text)})
			r.write(".git/HEAD", n.String())
		}, "a delta is damaged", nil},
		"short index": {func(r *testRepo) {
			n := r.id(kindCommit, text)
			r.pack("1", 2, false, packed{name: n, kind: 1, data: text})
			r.write(".git/objects/pack/pack-1.idx", r.read(".git/objects/pack/pack-1.idx")[:1000])
			r.write(".git/HEAD", n.String())
		}, "pack index", nil},
		"no pack": {func(r *testRepo) {
			n := r.id(kindCommit, text)
			r.pack("1", 2, false, packed{name: n, kind: 1, data: text})
			check(r.t, os.Remove(filepath.Join(r.dir, ".git/objects/pack/pack-1.pack")))
			r.write(".git/HEAD", n.String())
		}, "lacks object", nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRepo(t)
			c.make(r)
			got := seconds(r.dir)
			if !strings.HasPrefix(got, "error: ") || !strings.Contains(got, c.want) {
				t.Errorf("%s, want %q", got, c.want)
			}
			if _, err := Head(r.dir); c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("%v is not %v", err, c.is)
			}
		})
	}
}

// FuzzPack finds and reads an object of a pack that may be anything: it ends,
// and what comes out is no longer than it may be.
func FuzzPack(f *testing.F) {
	r := newRepo(f)
	old, recent := commit("1", "x"), commit("2", "x")
	entries := []packed{
		{name: r.id(kindCommit, old), kind: 1, data: old},
		{name: r.id(kindCommit, recent), kind: offsetDelta, back: 1, data: deltaTo(old, recent)},
	}
	for _, version := range []int{1, 2} {
		data, offsets := packOf(entries)
		for _, e := range entries {
			f.Add(index(entries, offsets, version, version == 2), data, []byte(e.name))
		}
	}
	f.Fuzz(func(t *testing.T, idx, data, name []byte) {
		if len(name) != 20 && len(name) != 32 {
			return
		}
		offset, err := findOffset(bytes.NewReader(idx), int64(len(idx)), name)
		if err != nil {
			return
		}
		p := &pack{in: bytes.NewReader(data), size: int64(len(data)), nameSize: len(name), base: func(id, int) (*object, error) {
			return &object{kind: kindCommit, data: []byte(old)}, nil
		}}
		o, err := p.object(offset, 0)
		if (o == nil) == (err == nil) {
			t.Fatalf("%v, %v", o, err)
		}
		if o != nil && len(o.data) > maxObject {
			t.Fatalf("%d bytes", len(o.data))
		}
	})
}

// FuzzDelta holds that a delta made for two texts makes the one of the other,
// and that any other delta is refused or makes what it says.
func FuzzDelta(f *testing.F) {
	f.Add("base of it", "base and more", []byte("\x0a\x0d\x90\x05"))
	f.Fuzz(func(t *testing.T, from, to string, delta []byte) {
		if len(from) > 1<<20 || len(to) > 1<<20 {
			return
		}
		if got, err := applyDelta([]byte(from), []byte(deltaTo(from, to))); err != nil || string(got) != to {
			t.Fatalf("%q, %v", got, err)
		}
		got, err := applyDelta([]byte(from), delta)
		if err != nil && got != nil {
			t.Fatal("both a result and an error")
		}
		rest := delta
		_, _ = deltaSize(&rest)
		if n, _ := deltaSize(&rest); err == nil && uint64(len(got)) != n {
			t.Fatalf("%d bytes, not %d", len(got), n)
		}
	})
}

// FuzzLoose holds that a loose object is as long as it says.
func FuzzLoose(f *testing.F) {
	f.Add(deflated("commit 3\x00abc"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if o, err := parseLoose(bytes.NewReader(data)); err == nil && len(o.data) > maxObject+maxHeader {
			t.Fatalf("%d bytes", len(o.data))
		}
	})
}

// FuzzCommitted holds that a time is one that can be written in four digits of
// a year.
func FuzzCommitted(f *testing.F) {
	f.Add([]byte(commit("1700000000", "text")))
	f.Add([]byte("committer <> 1"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := committed(data)
		if err == nil && (got.Year() < 1970 || got.Year() > 9999) {
			t.Fatal(got)
		}
	})
}
