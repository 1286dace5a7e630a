package ground

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"path"
	"time"

	"github.com/assemble-image/assemble/internal/debs/root"
)

// maxRead bounds a file that is read whole, in bytes.
const maxRead = 64 << 20

// FS returns a root as an [fs.FS] that can read directories and files whole.
// Symbolic links are followed inside of the root.
func FS(r *root.Root) fs.FS { return files{r} }

type files struct{ root *root.Root }

var (
	_ fs.ReadFileFS = files{}
	_ fs.ReadDirFS  = files{}
	_ fs.StatFS     = files{}
)

func failed(op, name string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, root.ErrNotExist):
		err = fs.ErrNotExist
	}
	return &fs.PathError{Op: op, Path: name, Err: err}
}

// Open implements [fs.FS].
func (f files) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	i, err := f.root.Stat("/" + name)
	if err != nil {
		return nil, failed("open", name, err)
	}
	if i.Mode.IsDir() {
		list, err := f.ReadDir(name)
		return &openDir{info: info{i, path.Base(name)}, list: list}, err
	}
	h, err := f.root.OpenFile("/"+name, 0, 0)
	if err != nil {
		return nil, failed("open", name, err)
	}
	return openFile{h, info{i, path.Base(name)}}, nil
}

// Stat implements [fs.StatFS].
func (f files) Stat(name string) (fs.FileInfo, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrInvalid}
	}
	i, err := f.root.Stat("/" + name)
	if err != nil {
		return nil, failed("stat", name, err)
	}
	return info{i, path.Base(name)}, nil
}

// ReadFile implements [fs.ReadFileFS].
func (f files) ReadFile(name string) ([]byte, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "read", Path: name, Err: fs.ErrInvalid}
	}
	b, err := f.root.ReadFile("/"+name, maxRead)
	return bytes.Clone(b), failed("read", name, err)
}

// ReadDir implements [fs.ReadDirFS].
func (f files) ReadDir(name string) ([]fs.DirEntry, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrInvalid}
	}
	list, err := f.root.ReadDir("/" + name)
	if err != nil {
		return nil, failed("readdir", name, err)
	}
	out := make([]fs.DirEntry, len(list))
	for i, e := range list {
		out[i] = fs.FileInfoToDirEntry(info{e, e.Name})
	}
	return out, nil
}

// info is a root's Info as an [fs.FileInfo]. A root has no times.
type info struct {
	root.Info
	name string
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.Info.Size }
func (i info) Mode() fs.FileMode  { return i.Info.Mode }
func (i info) ModTime() time.Time { return time.Time{} }
func (i info) IsDir() bool        { return i.Info.Mode.IsDir() }
func (i info) Sys() any           { return nil }

type openFile struct {
	*root.Handle
	info info
}

func (f openFile) Stat() (fs.FileInfo, error) { return f.info, nil }

// openDir is a directory that is being read.
type openDir struct {
	info info
	list []fs.DirEntry
}

func (d *openDir) Stat() (fs.FileInfo, error) { return d.info, nil }
func (d *openDir) Close() error               { return nil }
func (d *openDir) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.info.name, Err: root.ErrIsDir}
}

// ReadDir implements [fs.ReadDirFile].
func (d *openDir) ReadDir(n int) ([]fs.DirEntry, error) {
	if n <= 0 {
		n = len(d.list)
	} else if len(d.list) == 0 {
		return nil, io.EOF
	}
	n = min(n, len(d.list))
	list := d.list[:n]
	d.list = d.list[n:]
	return list, nil
}
