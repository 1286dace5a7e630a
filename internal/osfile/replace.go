package osfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Options say how [Replace] writes. The zero value is valid.
type Options struct {
	// Mode is the file's, whatever the umask. 0 means that of the file which
	// is replaced, or 0644 where there is none.
	Mode fs.FileMode
	// FollowLink replaces what a symbolic link leads to, be it there or not,
	// rather than the link.
	FollowLink bool
	// Batch says that this is one of many files in a directory: the caller
	// calls [Sweep] before and [SyncDir] after all of them.
	Batch bool
}

// Replace makes path appear with all of what write writes, on the disk, or
// leaves what is there as it is, whatever happens meanwhile. A regular file is
// replaced; anything else is refused with [ErrNotRegular]. Errors of write are
// returned as they are.
func Replace(path string, write func(io.Writer) error, opt Options) error {
	switch fi, err := os.Stat(path); {
	case err != nil: // it may be a link that leads nowhere
	case !fi.Mode().IsRegular():
		return WithoutPath(checkRegular(path, fi))
	case opt.Mode == 0:
		opt.Mode = fi.Mode().Perm()
	}
	if opt.Mode == 0 {
		opt.Mode = 0o644
	}
	if opt.FollowLink {
		target, err := followLink(path)
		if err != nil {
			return err
		}
		path = target
	}
	if !opt.Batch {
		sweepFor(path)
	}
	return writeTemp(path, write, opt, func(t *temp) error { return t.rename(path) })
}

// WriteNew writes a file that must not be there yet, on the disk, whole or not
// at all, with mode whatever the umask. The error matches [fs.ErrExist] where
// the path is taken, which stays as it is.
func WriteNew(path string, data []byte, mode fs.FileMode) error {
	sweepFor(path)
	return writeTemp(path, Bytes(data), Options{Mode: mode}, func(t *temp) error {
		// A link, unlike a rename, never replaces what is there.
		switch err := os.Link(t.name, path); {
		case err == nil:
			return nil // the other name goes as that of a failure would
		case errors.Is(err, errors.ErrUnsupported), errors.Is(err, fs.ErrPermission):
			return t.claim(path) // the file system has no links, as FAT
		default:
			return err
		}
	})
}

// Bytes returns a function for [Replace] that writes data.
func Bytes(data []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	}
}

// writeTemp writes a temporary file beside path and has publish give it its
// name. Of the errors, those of write keep their paths.
func writeTemp(path string, write func(io.Writer) error, opt Options, publish func(*temp) error) (err error) {
	t, err := newTemp(path)
	if err != nil {
		return WithoutPath(err)
	}
	defer func() { err = errors.Join(err, WithoutPath(t.discard())) }()
	if err := write(t); err != nil {
		return err
	}
	if err := t.finish(opt.Mode); err != nil {
		return WithoutPath(err)
	}
	if err := publish(t); err != nil {
		return WithoutPath(err)
	}
	if opt.Batch {
		return nil
	}
	return WithoutPath(SyncDir(dirOf(path)))
}

// maxLinks is how many symbolic links in a row are followed, as by Linux
// (path_resolution(7)).
const maxLinks = 40

// followLink returns what path leads to. Paths aren't cleaned on the way: a
// ".." behind a linked directory means that one's parent.
func followLink(path string) (string, error) {
	for range maxLinks {
		target, err := os.Readlink(path)
		if err != nil { // not a link, or nothing is there
			return path, nil //nolint:nilerr // opening it tells what is wrong
		}
		if !filepath.IsAbs(target) {
			dir, _ := filepath.Split(path)
			target = dir + target
		}
		path = target
	}
	return "", fmt.Errorf("it is a symbolic link to more than %d others", maxLinks)
}

// dirOf is [filepath.Dir] without cleaning the path.
func dirOf(path string) string {
	if dir, _ := filepath.Split(path); dir != "" {
		return dir
	}
	return "."
}
