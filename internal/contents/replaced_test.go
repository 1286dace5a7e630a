package contents

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/v1/mutate"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/embeddedbase"
	"github.com/assemble-image/assemble/internal/supply"
	"github.com/assemble-image/assemble/internal/target"
	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/wheels/requirements"
)

const site = "usr/local/lib/python3.10/site-packages/"

// ground is what a base with the files on top is.
func ground(t *testing.T, files ...embeddedbase.File) *Ground {
	t.Helper()
	img := embeddedbase.Image(embeddedbase.Options{Layers: [][]embeddedbase.File{files}})
	facts, err := base.ReadFacts(t.Context(), img, base.FactsOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return NewGround(&target.Target{Image: &base.Image{Image: img}, Facts: facts})
}

// pinned is a set of projects at version 2.
func pinned(names ...string) *supply.Set {
	set := &supply.Set{}
	for _, n := range names {
		set.Wheels = append(set.Wheels, &supply.Wheel{Pin: requirements.Pin{Name: n, Normalized: n, VersionText: "2"}})
	}
	return set
}

// built is the image with the planned layers packed on top of the base, as
// facts.
func built(t *testing.T, on *Ground, plan []Layer) *base.Facts {
	t.Helper()
	img := on.Target.Image.Image
	for _, l := range plan {
		packed, err := layers.Build(t.Context(), []layers.Spec{l.Spec}, layers.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if img, err = mutate.AppendLayers(img, packed[0]); err != nil {
			t.Fatal(err)
		}
	}
	facts, err := base.ReadFacts(t.Context(), img, base.FactsOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return facts
}

// TestReplaced holds that what a base has of the projects that are installed
// anew is gone, to the last directory, and that all else stays.
func TestReplaced(t *testing.T) {
	for _, tt := range []struct {
		name    string
		files   []embeddedbase.File
		removed []string // what the layer hides
		note    string
	}{
		{
			name: "with RECORD, byte code that it doesn't list, a script, and a shared namespace",
			files: []embeddedbase.File{
				{Path: site + "old_thing-1.0.dist-info/METADATA", Data: "Name: Old.Thing\nVersion: 1.0\n\n"},
				{Path: site + "old_thing-1.0.dist-info/unlisted"},
				{Path: site + "old_thing-1.0.dist-info/RECORD", Data: "old/__init__.py,,\nold/gone.py,,\n\"shared/a.py\",,\nold/data/x.txt,,\nold.pth,,\n" +
					"single.py,,\n../../../bin/old,,\n../../../bin/python3.10,,\n../../../../../etc/passwd,,\nold_thing-1.0.dist-info/RECORD,,\n"},
				{Path: site + "old/__init__.py"},
				{Path: site + "old/data/x.txt"},
				{Path: site + "old/data/empty/"},
				{Path: site + "old.pth"},
				{Path: site + "old/__pycache__/__init__.cpython-310.pyc"},
				{Path: site + "single.py"},
				{Path: site + "__pycache__/single.cpython-310.opt-1.pyc"},
				{Path: site + "__pycache__/other.cpython-310.pyc"},
				{Path: site + "shared/a.py"},
				{Path: site + "shared/b.py"},
				{Path: "usr/local/bin/old"},
				{Path: "usr/local/bin/older"},
			},
			removed: []string{
				"usr/local/bin/.wh.old", site + "__pycache__/.wh.single.cpython-310.opt-1.pyc", site + ".wh.old", site + ".wh.old.pth",
				site + ".wh.old_thing-1.0.dist-info", site + "shared/.wh.a.py", site + ".wh.single.py",
			},
			note: "old-thing 1.0 of the base is replaced by 2",
		},
		{
			name: "an .egg-info with installed-files.txt",
			files: []embeddedbase.File{
				{Path: site + "old_thing-1.1-py3.10.egg-info/PKG-INFO", Data: "Name: old-thing\nVersion: 1.1\n\n"},
				{Path: site + "old_thing-1.1-py3.10.egg-info/installed-files.txt", Data: "../old/__init__.py\n../../../../bin/old\nPKG-INFO\n"},
				{Path: site + "old/__init__.py"},
				{Path: "usr/local/bin/old"},
			},
			removed: []string{"usr/local/bin/.wh.old", site + ".wh.old", site + ".wh.old_thing-1.1-py3.10.egg-info"},
			note:    "old-thing 1.1 of the base is replaced by 2",
		},
		{
			name: "an .egg-info with top_level.txt",
			files: []embeddedbase.File{
				{Path: site + "old_thing.egg-info/PKG-INFO", Data: "Name: old-thing\nVersion: 1.2\n\n"},
				{Path: site + "old_thing.egg-info/top_level.txt", Data: "old\nspace\nsingle\n../../os\n"},
				{Path: site + "old_thing.egg-info/namespace_packages.txt", Data: "space\n"},
				{Path: site + "old/a/b.py"},
				{Path: site + "single.py"},
				{Path: site + "space/c.py"},
			},
			removed: []string{site + ".wh.old", site + ".wh.old_thing.egg-info", site + ".wh.single.py"},
			note:    "old-thing 1.2 of the base is replaced by 2",
		},
		{
			name: "an egg that is a directory, with its scripts",
			files: []embeddedbase.File{
				{Path: site + "old_thing-1.3-py3.10.egg/EGG-INFO/PKG-INFO", Data: "Name: old-thing\nVersion: 1.3\n\n"},
				{Path: site + "old_thing-1.3-py3.10.egg/EGG-INFO/entry_points.txt", Data: "[old.plugins]\nother = old:x\n[console_scripts]\nold = old:main\n ../evil = old:main\npython3.10 = old:main\n[gui_scripts]\noldgui=old:main\n"},
				{Path: site + "old_thing-1.3-py3.10.egg/EGG-INFO/scripts/old-tool"},
				{Path: site + "old_thing-1.3-py3.10.egg/old/__init__.py"},
				{Path: site + "old_thing-1.3-py3.10.egg/old/empty/"},
				{Path: site + "easy-install.pth", Data: "./old_thing-1.3-py3.10.egg\n"},
				{Path: "usr/local/bin/old"},
				{Path: "usr/local/bin/oldgui"},
				{Path: "usr/local/bin/old-tool"},
				{Path: "usr/local/bin/other"},
			},
			removed: []string{"usr/local/bin/.wh.old", "usr/local/bin/.wh.old-tool", "usr/local/bin/.wh.oldgui", site + ".wh.old_thing-1.3-py3.10.egg"},
			note:    "old-thing 1.3 of the base is replaced by 2",
		},
		{
			name: "an egg that is a zip, for a platform",
			files: []embeddedbase.File{
				{Path: site + "old_thing-1.4-py3.10-linux-aarch64.egg", Data: "PK"},
				{Path: site + "easy-install.pth", Data: "./old_thing-1.4-py3.10-linux-aarch64.egg\n"},
			},
			removed: []string{site + ".wh.old_thing-1.4-py3.10-linux-aarch64.egg"},
			note:    "old-thing 1.4 of the base is replaced by 2",
		},
		{
			name: "an egg without metadata",
			files: []embeddedbase.File{
				{Path: site + "Old.Thing-1.5-py3.egg/old.py"},
			},
			removed: []string{site + ".wh.Old.Thing-1.5-py3.egg"},
			note:    "old-thing 1.5 of the base is replaced by 2",
		},
		{
			name: "a link to a project in development",
			files: []embeddedbase.File{
				{Path: site + "old-thing.egg-link", Data: "/src\n."},
				{Path: "src/old_thing.egg-info/PKG-INFO", Data: "Name: old-thing\nVersion: 1.6\n\n"},
			},
			removed: []string{site + ".wh.old-thing.egg-link"},
			note:    "old-thing (in development) of the base is replaced by 2",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			on := ground(t, tt.files...)
			var notes []string
			plan, left, err := Plan(t.Context(), on, Replaced{Set: pinned("other", "old-thing"), Note: func(s string) { notes = append(notes, s) }})
			if err != nil || len(plan) != 1 {
				t.Fatalf("%d layers, %v", len(plan), err)
			}
			entries, err := plan[0].Spec.Entries()
			if err != nil {
				t.Fatal(err)
			}
			var removed []string
			for _, e := range entries {
				removed = append(removed, e.Path)
			}
			slices.Sort(removed)
			slices.Sort(tt.removed)
			if diff := cmp.Diff(tt.removed, removed); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if diff := cmp.Diff([]string{tt.note}, notes); diff != "" {
				t.Errorf("notes: -want +got:\n%s", diff)
			}
			if on.HasDir(site+"old") && left.HasDir(site+"old") {
				t.Error("the directory that was taken off is still there for the layers above")
			}
			after := built(t, on, plan)
			if len(after.Installed("old-thing")) != 0 || len(after.Installed("pip")) != 1 || after.Passwd == nil || after.HasDir(site+"old") {
				t.Errorf("the image has %v", after.Dists)
			}
		})
	}
}

// A base that doesn't say which files are a project's can't have it replaced;
// what the base has of other projects, or outside of site-packages, doesn't
// matter.
func TestReplacedWithoutRecord(t *testing.T) {
	metadata := "Name: old-thing\nVersion: 1.0\n\n"
	for name, files := range map[string][]embeddedbase.File{
		"no RECORD":    {{Path: site + "old_thing-1.0.dist-info/METADATA", Data: metadata}},
		"empty RECORD": {{Path: site + "old_thing-1.0.dist-info/METADATA", Data: metadata}, {Path: site + "old_thing-1.0.dist-info/RECORD"}},
		"distutils":    {{Path: site + "old_thing-1.0.egg-info", Data: metadata}},
	} {
		t.Run(name, func(t *testing.T) {
			on := ground(t, files...)
			_, _, err := Plan(t.Context(), on, Replaced{Set: pinned("old-thing")})
			var unrecorded *UnrecordedError
			if !errors.As(err, &unrecorded) || unrecorded.Base != "1.0" || unrecorded.Wanted != "2" {
				t.Errorf("the error is %v", err)
			}
			if plan, _, err := Plan(t.Context(), on, Replaced{Set: pinned("other")}); err != nil || len(plan) != 0 {
				t.Errorf("%d layers for another project, %v", len(plan), err)
			}
		})
	}
}

// TestReplacedKey holds that the layer's key tells what it hides.
func TestReplacedKey(t *testing.T) {
	record := func(list string) []embeddedbase.File {
		return []embeddedbase.File{
			{Path: site + "old_thing-1.0.dist-info/METADATA", Data: "Name: old-thing\nVersion: 1.0\n\n"},
			{Path: site + "old_thing-1.0.dist-info/RECORD", Data: list},
			{Path: site + "a.py"},
			{Path: site + "b.py"},
		}
	}
	keys := map[string]bool{}
	for _, list := range []string{"a.py,,\n", "b.py,,\n", "a.py,,\nb.py,,\n"} {
		plan, _, err := Plan(t.Context(), ground(t, record(list)...), Replaced{Set: pinned("old-thing")})
		if err != nil {
			t.Fatal(err)
		}
		keys[plan[0].Key] = true
	}
	if len(keys) != 3 {
		t.Errorf("%d keys for three bases", len(keys))
	}
}
