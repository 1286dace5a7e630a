package contents

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/supply"
	"github.com/assemble-image/assemble/internal/target"
	"github.com/assemble-image/assemble/internal/wheeltest"
	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/wheels"
	"github.com/assemble-image/assemble/wheels/requirements"
)

// Layers are planned from wheels' names, digests and sizes alone: the plan has
// the same layers, sizes and keys when no file is here.
func TestPlanWithoutFiles(t *testing.T) {
	dir := t.TempDir()
	local, absent := &supply.Set{}, &supply.Set{}
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
		local.Wheels = append(local.Wheels, &supply.Wheel{Pin: pin, Source: source})
		absent.Wheels = append(absent.Wheels, &supply.Wheel{Pin: pin, Source: d.Source()})
	}
	on := NewGround(&target.Target{Facts: &base.Facts{}})
	want, _, err := Plan(t.Context(), on, Wheels{Set: local})
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := Plan(t.Context(), on, Wheels{Set: absent})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Layer{}, "Spec")); diff != "" || len(got) != 3 {
		t.Errorf("%d layers (-with files +without):\n%s", len(got), diff)
	}
	if _, err := got[0].Spec.Sources[0].Open(); !errors.Is(err, layers.ErrSourceAbsent) {
		t.Errorf("opening a source that is not here: %v", err)
	}
}
