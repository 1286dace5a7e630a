//go:build linux

package main

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/assemble-image/assemble/layers"
)

const (
	whiteout   = ".wh."
	capability = "security.capability"
)

// applyLayer puts a layer on top of what lies in a directory, as image-spec's
// layer.md has it. A path that leads through a symbolic link out of the
// directory, or an absolute one, is an error: ours have none.
func applyLayer(dir string, l *layers.Layer) (err error) {
	at, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, at.Close()) }()
	r, err := l.Uncompressed()
	if err != nil {
		return err
	}
	defer r.Close()
	for tr := tar.NewReader(r); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = applyEntry(at, dir, h, tr)
		}
		if err != nil {
			return fmt.Errorf("%q: %w", h.Name, err)
		}
	}
}

func applyEntry(at *os.Root, dir string, h *tar.Header, content io.Reader) error {
	name := path.Clean(h.Name)
	if hidden, ok := strings.CutPrefix(path.Base(name), whiteout); ok {
		return at.RemoveAll(path.Join(path.Dir(name), hidden))
	}
	mode := fs.FileMode(h.Mode & 0o777)
	old, err := at.Lstat(name)
	there := err == nil
	if there && (h.Typeflag != tar.TypeDir || !old.IsDir()) {
		if old.IsDir() {
			return errors.New("a directory is in its place")
		}
		if err := at.Remove(name); err != nil {
			return err
		}
		there = false
	}
	switch h.Typeflag {
	case tar.TypeDir:
		if !there {
			err = at.Mkdir(name, mode)
		} else {
			err = nil
		}
	case tar.TypeSymlink:
		if err := at.Symlink(h.Linkname, name); err != nil {
			return err
		}
		return at.Lchown(name, h.Uid, h.Gid)
	case tar.TypeLink:
		return at.Link(path.Clean(h.Linkname), name)
	case tar.TypeReg:
		err = writeFile(at, name, content)
	default:
		err = fmt.Errorf("type %q", h.Typeflag)
	}
	if err != nil {
		return err
	}
	return finish(at, dir, name, h)
}

func writeFile(at *os.Root, name string, content io.Reader) error {
	f, err := at.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	return errors.Join(err, f.Close())
}

// finish sets owner, mode, capabilities and time, in this order: the first takes
// away some of the next two.
func finish(at *os.Root, dir, name string, h *tar.Header) error {
	if err := at.Chown(name, h.Uid, h.Gid); err != nil {
		return err
	}
	mode := h.FileInfo().Mode() & (fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky)
	if err := at.Chmod(name, mode); err != nil {
		return err
	}
	if c := h.PAXRecords["SCHILY.xattr."+capability]; c != "" {
		if err := unix.Setxattr(filepath.Join(dir, name), capability, []byte(c), 0); err != nil {
			return fmt.Errorf("setting capabilities: %w", err)
		}
	}
	return at.Chtimes(name, time.Time{}, h.ModTime)
}
