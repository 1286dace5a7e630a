package main

import (
	"context"
	"os"
	"path/filepath"
)

// rival is what one would use without this project: uv installs the wheels
// into a directory, tar makes a layer of it, and crane appends that to the
// base.
type rival struct {
	uv, crane    string
	lock, wheels string
	app          string
}

// rivalTimes is what each of its steps took.
type rivalTimes struct{ install, tar, push usage }

func (t rivalTimes) total() usage { return t.install.plus(t.tar).plus(t.push) }

const sitePackages = "usr/local/lib/python3.10/site-packages"

// push makes the image out of nothing but the wheels and the base, which lies
// in another registry. What it leaves is in a new directory below work.
func (r *rival) push(ctx context.Context, work, base, ref string) (t rivalTimes, err error) {
	dir, err := os.MkdirTemp(work, "rival-")
	if err != nil {
		return t, err
	}
	root := filepath.Join(dir, "root")
	if err := os.CopyFS(filepath.Join(root, "app"), os.DirFS(r.app)); err != nil {
		return t, err
	}
	if t.install, err = r.install(ctx, filepath.Join(root, sitePackages), filepath.Join(dir, "cache")); err != nil {
		return t, err
	}
	layer := filepath.Join(dir, "layer.tar")
	if t.tar, _, err = execute(ctx, nil, dir, "tar", "--create", "--file", layer, "--owner", "0", "--group", "0", "--directory", root, "usr", "app"); err != nil {
		return t, err
	}
	t.push, _, err = execute(ctx, nil, dir, r.crane, "append", "--insecure", "--base", base, "--new_layer", layer, "--new_tag", ref)
	return t, err
}

// install installs the wheels as for a machine with 64-bit Arm. Its cache is
// empty, and files are copied: there is nothing to share them with.
func (r *rival) install(ctx context.Context, target, cache string) (usage, error) {
	used, _, err := execute(ctx, nil, filepath.Dir(cache), r.uv, "pip", "install", "--quiet", "--target", target,
		"--no-index", "--find-links", r.wheels, "--offline", "--no-config", "--cache-dir", cache, "--link-mode", "copy",
		"--python-platform", "aarch64-manylinux_2_28", "--python-version", "3.10",
		"--only-binary", ":all:", "--no-deps", "--require-hashes", "--requirements", r.lock)
	return used, err
}
