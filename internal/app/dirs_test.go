package app

import (
	"cmp"
	"fmt"
	"os"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

func TestNames(t *testing.T) {
	dir := build(t, t.TempDir(), "a/x 1", "a-b 1", "a0 1", "l -> a", "é 1")
	for i := range 3000 { // more than is read at once
		build(t, dir, fmt.Sprintf("z%04d", i))
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	d := newDirs(root)
	n, err := d.readDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i := range n.list {
		name, typ := n.at(i)
		if i < 5 || i > 3003 {
			got = append(got, fmt.Sprint(name, " ", typ))
		}
	}
	want := []string{"a 2", "a-b 0", "a/ 3", "a0 0", "l 1", "z2999 0", "é 0"}
	if diff := gocmp.Diff(want, got); diff != "" || len(n.list) != 3006 {
		t.Errorf("%d names, -want +got\n%s", len(n.list), diff)
	}
	// What the file system doesn't tell is looked up.
	u := &names{dir: root}
	for _, name := range []string{"a", "l", "a0", "none"} {
		u.add(name, nameUnknown)
	}
	if len(u.list) != 4 || u.list[0].typ != nameDir || u.list[2].typ != nameLink || u.list[3].typ != nameFile || u.err == nil {
		t.Errorf("%v, %v", u.list, u.err)
	}
	if err := cmp.Or(d.close(), root.Close()); err != nil {
		t.Error(err)
	}
}

func TestDirsAreClosed(t *testing.T) {
	root, err := os.OpenRoot(build(t, t.TempDir(), "d/x 1"))
	if err != nil {
		t.Fatal(err)
	}
	d := newDirs(root)
	for i := range 3 * maxOpenDirs {
		if err := root.Mkdir(fmt.Sprint(i), 0o700); err != nil {
			t.Fatal(err)
		}
		held, err := d.get("d")
		if err != nil {
			t.Fatal(err)
		}
		o, err := d.get(fmt.Sprint(i))
		if err != nil {
			t.Fatal(err)
		}
		d.put(o)
		if i%5 > 0 {
			d.put(held)
		}
		if len(d.open) > maxOpenDirs+1 {
			t.Fatalf("%d directories are open", len(d.open))
		}
	}
}
