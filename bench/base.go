package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	client "github.com/assemble-image/assemble/internal/registry"
	"github.com/assemble-image/assemble/manifest"
)

// baseRegistry is a registry that has the base and nothing else, for as long as
// everything is measured: all contenders take the base from it, and push to
// other registries, as users do.
type baseRegistry struct {
	*registry        // nil where nothing is pushed
	ref       string // in it
	layout    string // the base's on disk, DIR:TAG
}

// serveBase starts the registry and pushes the base to it, from the layout.
func serveBase(ctx context.Context, s *settings, work string) (_ *baseRegistry, err error) {
	b := &baseRegistry{layout: s.layout}
	if !s.wants("push") && !s.wants("twice") {
		return b, nil
	}
	if b.registry, err = startRegistry(ctx, s.registry, work); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.stop())
		}
	}()
	dir, tag, _ := strings.Cut(s.layout, ":")
	img, err := manifest.ReadLayout(dir, tag, v1.Platform{OS: "linux", Architecture: "arm64"})
	if err != nil {
		return nil, fmt.Errorf("reading the base: %w", err)
	}
	repo, err := client.ParseRepository(b.address+"/library/python", false)
	if err != nil {
		return nil, err
	}
	c := client.New(client.Options{})
	pushed, err := c.PushManifest(ctx, repo, img)
	if err != nil {
		return nil, err
	}
	b.ref = repo.Tag("base").Name()
	return b, c.Tag(ctx, pushed, repo.Tag("base"))
}

// candidate is the base as assemble.yaml names it.
func (b *baseRegistry) candidate() string {
	if b.registry == nil {
		return "oci:" + b.layout
	}
	return b.ref
}

func (b *baseRegistry) stop() error {
	if b.registry == nil {
		return nil
	}
	return b.registry.stop()
}

// layoutDir is the directory of DIR:TAG.
func layoutDir(layout string) string {
	dir, _, _ := strings.Cut(layout, ":")
	return dir
}
