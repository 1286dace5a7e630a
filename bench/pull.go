package main

import (
	"context"
	"os"
	"path/filepath"
)

// puller has containerd pull and unpack images, and forget them again.
type puller struct{ ctr, address string }

const pullNamespace = "assemble-bench"

func (p *puller) run(ctx context.Context, args ...string) (usage, error) {
	used, _, err := execute(ctx, nil, os.TempDir(), p.ctr, append([]string{"--address", p.address, "--namespace", pullNamespace}, args...)...)
	return used, err
}

// pull pulls and unpacks ref and removes all of it again, content and
// snapshots, so that the next pull finds nothing.
func (p *puller) pull(ctx context.Context, ref string) (usage, error) {
	used, err := p.run(ctx, "images", "pull", "--plain-http", "--platform", "linux/arm64", "--snapshotter", "overlayfs", ref)
	if err != nil {
		return used, err
	}
	_, err = p.run(ctx, "images", "rm", "--sync", ref)
	return used, err
}

// unpigz reports whether containerd finds the program that it prefers to its
// own decompression.
func unpigz() bool {
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if fi, err := os.Stat(filepath.Join(dir, "unpigz")); err == nil && fi.Mode().IsRegular() {
			return true
		}
	}
	return false
}
