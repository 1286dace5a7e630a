package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
)

// puller has containerd pull and unpack images.
type puller struct{ ctr, containerd string }

// pull pulls and unpacks ref into a containerd that has nothing yet, whose
// content goes to a new directory below work.
func (p *puller) pull(ctx context.Context, work, ref string) (used usage, err error) {
	root, err := os.MkdirTemp(work, "containerd-")
	if err != nil {
		return used, err
	}
	c, err := startContainerd(ctx, p.containerd, p.ctr, root)
	if err != nil {
		return used, err
	}
	defer func() { err = errors.Join(err, c.stop()) }()
	used, _, err = execute(ctx, nil, work, p.ctr, "--address", c.address, "--namespace", "bench",
		"images", "pull", "--plain-http", "--platform", "linux/arm64", "--snapshotter", "overlayfs", ref)
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
