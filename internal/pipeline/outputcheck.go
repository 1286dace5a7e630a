package pipeline

import (
	"archive/tar"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/assemble-image/assemble/internal/lazyregexp"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/osfile"
)

// ErrOutputTaken says that something would be replaced by an output that is no
// earlier output.
var ErrOutputTaken = errors.New("it would be replaced")

// Check finds what would keep the image from being written, as far as can be
// told before it is there, and what must not be replaced by it.
func (o Output) Check() error {
	if o.Streams() {
		return nil
	}
	if err := o.check(); err != nil {
		return fmt.Errorf("writing to %q: %w", o, err)
	}
	return nil
}

func (o Output) check() error {
	if o.Transport != "oci" && osfile.Offered(o.Path) {
		// As root, a rename would replace the device, or the link to it.
		return fmt.Errorf("%q: %w, but the system's", o.Path, osfile.ErrNotRegular)
	}
	fi, err := os.Stat(o.Path)
	switch {
	case err == nil && o.Transport == "oci" && !fi.IsDir():
		return fmt.Errorf("%q is not a directory, which a layout needs", o.Path)
	case err == nil && o.Transport == "oci":
		return nil // the layout's writer refuses what is none
	case err == nil && fi.IsDir():
		return fmt.Errorf("%q is a directory, but an archive is a file", o.Path)
	case err == nil && !fi.Mode().IsRegular():
		return fmt.Errorf("%q: %w, but %s", o.Path, osfile.ErrNotRegular, osfile.Kind(fi.Mode()))
	case err == nil && fi.Size() > 0 && !isImageArchive(o.Path):
		return fmt.Errorf("%q already exists, and is not an image archive: %w", o.Path, ErrOutputTaken)
	case err != nil && o.Transport != "oci":
		if _, err := os.Stat(filepath.Dir(o.Path)); err != nil {
			return fmt.Errorf("directory %q: %w", filepath.Dir(o.Path), osfile.WithoutPath(err))
		}
	}
	return nil
}

// firstMember matches the names that image archives begin with: ours, and those
// of docker save, podman save and skopeo.
var firstMember = lazyregexp.New(`^(\./)?(oci-layout|index\.json|manifest\.json|repositories|blobs/?.*|[0-9a-f]{64}(\.json|\.tar|\.tar\.gz|/.*)?)$`)

// isImageArchive reports whether a file looks like an image in a tar. Only such
// a file is replaced: no config, lock, wheel or file of the app is one.
func isImageArchive(path string) bool {
	f, _, err := osfile.OpenRegular(path)
	if err != nil {
		return false
	}
	header, err := tar.NewReader(f).Next()
	_ = f.Close() // read only
	return err == nil && firstMember.MatchString(header.Name)
}

// CheckOutputs checks the outputs among each other and against what the config
// reads: none may take another's place, nor that of a base. From then on, they
// are no part of the app.
func (p *Pipeline) CheckOutputs(outs []Output) error {
	p.outputs = outs
	taken := map[string]Output{}
	for _, o := range outs {
		path := o.Path
		if !o.Streams() {
			path = absolute(path)
		}
		if o.Transport == "oci" {
			path += ":" + o.Tag // one layout may hold several images
		}
		if other, ok := taken[path]; ok {
			return fmt.Errorf("writing to %q: %q is written there as well", o, other)
		}
		taken[path] = o
		for _, ref := range p.cfg.Base {
			if o.replacesBase(p.cfg.Dir, ref) {
				return fmt.Errorf("writing to %q: %w: it is the base %q", o, ErrOutputTaken, ref)
			}
		}
	}
	return nil
}

// replacesBase reports whether the output would take the place of the base that
// the config in dir names.
func (o Output) replacesBase(dir, ref string) bool {
	transport, path, tag, ok := base.Local(ref, dir)
	if !ok || (transport == "oci") != (o.Transport == "oci") {
		return false
	}
	a, aerr := os.Stat(path)
	b, berr := os.Stat(o.Path)
	if aerr != nil || berr != nil || !os.SameFile(a, b) {
		return false
	}
	// In a layout, other tags stay; but without one, the base would no longer
	// be the only image.
	return transport != "oci" || tag == "" || tag == o.Tag
}

// absolute is path, taken from the current directory.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}
