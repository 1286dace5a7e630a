package pipeline

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/internal/wheeltest"
	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/wheels"
	"github.com/assemble-image/assemble/wheels/requirements"
)

// Layers are planned from wheels' names, digests and sizes alone: the plan has
// the same layers, sizes and keys when no file is here.
func TestPlanWithoutFiles(t *testing.T) {
	dir := t.TempDir()
	p := New(&config.Config{}, Options{})
	local, absent := &wheelSet{target: &target{}}, &wheelSet{target: &target{}}
	for i := range 3 {
		file := wheeltest.File{Name: "a.py", Data: make([]byte, i<<21), Stored: true}
		path := wheeltest.Wheel{Name: fmt.Sprintf("demo%d", i), Version: "1", Files: []wheeltest.File{file}}.Write(t, dir)
		source, err := wheels.Identify(path, wheels.Options{})
		if err != nil {
			t.Fatal(err)
		}
		d, err := wheels.Describe(source)
		if err != nil {
			t.Fatal(err)
		}
		pin := requirements.Pin{Name: d.Filename.Name, Normalized: d.Filename.Normalized, VersionText: "1"}
		local.wheels = append(local.wheels, &lockedWheel{pin: pin, path: path, source: source})
		absent.wheels = append(absent.wheels, &lockedWheel{pin: pin, source: d.Source()})
	}
	want, err := local.layers(p)
	if err != nil {
		t.Fatal(err)
	}
	got, err := absent.layers(p)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Layer{})); diff != "" || len(got) != 3 {
		t.Errorf("%d layers (-with files +without):\n%s", len(got), diff)
	}
	if _, err := got[0].spec.Sources[0].Open(); !errors.Is(err, layers.ErrSourceAbsent) {
		t.Errorf("opening a source that is not here: %v", err)
	}
}
