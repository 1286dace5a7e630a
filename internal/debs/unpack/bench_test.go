package unpack

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/assemble-image/assemble/internal/debs/deb"
	"github.com/assemble-image/assemble/layers"
)

// BenchmarkLayers packs the packages in the directory that ASSEMBLE_DEBS names,
// from the .deb files to layers with digests.
func BenchmarkLayers(b *testing.B) {
	dir := os.Getenv("ASSEMBLE_DEBS")
	if dir == "" {
		b.Skip("skipped: ASSEMBLE_DEBS names no directory")
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*.deb"))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := pack(b.Context(), paths, b.TempDir()); err != nil {
			b.Fatal(err)
		}
	}
}

func pack(ctx context.Context, paths []string, temp string) error {
	var list []*deb.Package
	var items []layers.Item
	for _, path := range paths {
		p, err := deb.Open(ctx, path, deb.Options{})
		if err != nil {
			return err
		}
		list = append(list, p)
		items = append(items, layers.Item{Name: p.Name, Size: p.Size})
	}
	s, err := New(list, Options{Links: merged, TempDir: temp})
	if err != nil {
		return err
	}
	groups, err := layers.Group(items, layers.GroupOptions{})
	if err != nil {
		return err
	}
	var specs []layers.Spec
	for _, members := range groups {
		spec := layers.Spec{Name: "packages", Entries: func() ([]layers.Entry, error) { return s.Entries(ctx, members) }}
		for _, i := range members {
			spec.Size += list[i].Size
		}
		specs = append(specs, spec)
	}
	if _, err := layers.Build(ctx, specs, layers.Options{TempDir: temp}); err != nil {
		return err
	}
	return s.Close()
}
