package base_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/embeddedbase"
	"github.com/assemble-image/assemble/layers"
)

// elsewhere is an image whose layers come over a network, and counts.
type elsewhere struct {
	v1.Image
	opened *int
	fail   *error // of reading
}

func (e elsewhere) Layers() ([]v1.Layer, error) {
	list, err := e.Image.Layers()
	for i, l := range list {
		desc, derr := partial.Descriptor(l)
		diffID, ierr := l.DiffID()
		if err := errors.Join(err, derr, ierr); err != nil {
			return nil, err
		}
		list[i] = layers.NewDescribed(*desc, diffID, func(context.Context) (io.ReadCloser, error) {
			*e.opened++
			rc, err := l.Compressed()
			if *e.fail != nil {
				return io.NopCloser(io.MultiReader(io.LimitReader(rc, 100), failing{*e.fail})), err
			}
			return rc, err
		})
	}
	return list, err
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestKeepReadsOnce(t *testing.T) {
	dir, opened, fail := t.TempDir(), 0, errors.New("line cut")
	plain := embeddedbase.Image(embeddedbase.Options{})
	img := base.Keep(elsewhere{plain, &opened, &fail}, dir)
	if _, err := base.ReadFacts(t.Context(), img, base.FactsOptions{}); !errors.Is(err, fail) {
		t.Fatalf("error %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
		t.Errorf("a read that failed leaves %q", left)
	}
	opened, fail = 0, nil
	if _, err := base.ReadFacts(t.Context(), img, base.FactsOptions{}); err != nil {
		t.Fatal(err)
	}
	list, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}
	if opened != len(list) {
		t.Errorf("%d layers were opened %d times for the facts", len(list), opened)
	}
	want, err := plain.Layers()
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range list {
		got, err := layers.OpenUnverified(t.Context(), l)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(got)
		rc, err2 := want[i].Compressed()
		if err := errors.Join(err, err2, got.Close()); err != nil {
			t.Fatal(err)
		}
		if w, err := io.ReadAll(rc); err != nil || !bytes.Equal(b, w) {
			t.Errorf("layer %d: %d bytes, want %d, error %v", i, len(b), len(w), err)
		}
	}
	if opened != len(list) {
		t.Errorf("%d layers were opened %d times in all", len(list), opened)
	}
	if err := validate.Image(img); err != nil {
		t.Error(err)
	}
}

// TestKeepInVain holds that an image can be read where nothing can be kept.
func TestKeepInVain(t *testing.T) {
	opened, fail := 0, error(nil)
	dir := filepath.Join(t.TempDir(), "missing")
	img := base.Keep(elsewhere{embeddedbase.Image(embeddedbase.Options{}), &opened, &fail}, dir)
	for range 2 {
		if _, err := base.ReadFacts(t.Context(), img, base.FactsOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	if list, _ := img.Layers(); opened != 2*len(list) {
		t.Errorf("%d layers were opened %d times", len(list), opened)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the directory: %v", err)
	}
}
