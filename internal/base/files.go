package base

import (
	"archive/tar"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/layers"
)

// File is a path of the base as its layers make it.
type File struct {
	// Path is absolute and clean.
	Path string `json:"path"`
	// Mode has the type and the permissions. What is neither a directory, a
	// regular file nor a symbolic link is fs.ModeIrregular.
	Mode fs.FileMode `json:"mode"`
	UID  int         `json:"uid,omitempty"`
	GID  int         `json:"gid,omitempty"`
	// Link is a symbolic link's target, as it stands there.
	Link string `json:"link,omitempty"`
	// Size is a regular file's, in bytes.
	Size int64 `json:"size,omitempty"`
	// Data is the content of a small file that configuring packages may need:
	// what lies in /etc, dpkg's database, certificates, programs that are scripts.
	// It is nil for others, and [Files.Open] reads them.
	Data []byte `json:"data,omitempty"`
	// Layer is the number of the layer that has it, from 1, and From the path
	// that the layer has its content under.
	Layer int    `json:"layer,omitempty"`
	From  string `json:"from,omitempty"`
}

// Files are all paths of a base, sorted, parents first.
type Files struct {
	img  v1.Image
	list []File
}

// List returns the files. The caller doesn't alter them.
func (f *Files) List() []File { return f.list }

// filesFormat changes when what is kept of files does.
const filesFormat = 2

// maxSmall and maxScript bound files whose content is kept for [File.Data], in
// bytes.
const (
	maxSmall  = 1 << 20
	maxScript = 64 << 10
)

// keptDirs hold what maintainer scripts and package managers read.
var keptDirs = []string{
	"/etc/", "/var/lib/dpkg/", "/usr/share/ca-certificates/", "/usr/share/keyrings/", "/usr/share/base-passwd/", "/usr/share/dpkg/", "/usr/share/debconf/",
}

// programDirs are those of programs, of which those that are scripts are kept.
var programDirs = []string{"/bin", "/sbin", "/usr/bin", "/usr/sbin"}

func isSmall(p string, size int64) bool {
	return size <= maxSmall && slices.ContainsFunc(keptDirs, func(dir string) bool { return strings.HasPrefix(p, dir) })
}

// mayBeScript reports whether a file is kept if it is a script.
func mayBeScript(p string, size int64) bool {
	return size <= maxScript && slices.Contains(programDirs, path.Dir(p))
}

// ReadFiles lists the files of the base, with what [File.Data] promises. It
// reads the layers as [ReadFacts] does, unless the store has the list, which
// takes some megabytes.
func ReadFiles(ctx context.Context, img v1.Image, opt FactsOptions) (*Files, error) {
	digest, err := img.ConfigName()
	if err != nil {
		return nil, fmt.Errorf("reading the base's configuration: %w", err)
	}
	if f := keptFiles(opt.Store, filesKey(digest)); f != nil {
		f.img = img
		return f, nil
	}
	cf, err := img.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("reading the base's configuration: %w", err)
	}
	if opt.Reading != nil {
		opt.Reading()
	}
	t, err := readTree(ctx, img, cf, opt.Jobs, &budget{forFiles: true})
	if err != nil {
		return nil, err
	}
	return newFiles(img, t, opt.Store, digest), nil
}

// newFiles lists a tree, and puts the list into the store.
func newFiles(img v1.Image, t *tree, store Store, config v1.Hash) *Files {
	f := &Files{img: img, list: t.files()}
	if store != nil {
		if data, err := json.Marshal(f.list); err == nil {
			_ = store.Put("files", filesKey(config), data) // only costs time later
		}
	}
	return f
}

func filesKey(config v1.Hash) string { return fmt.Sprintf("%s-%d", config.Hex, filesFormat) }

func keptFiles(s Store, key string) *Files {
	if s == nil {
		return nil
	}
	data, ok := s.Get("files", key)
	f := &Files{}
	if !ok || json.Unmarshal(data, &f.list) != nil {
		return nil
	}
	return f
}

// files lists the tree but for its root.
func (t *tree) files() []File {
	list := make([]File, 0, t.nodes)
	t.each(func(n *node) {
		if n != t.root {
			list = append(list, n.file())
		}
	})
	slices.SortFunc(list, func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
	return list
}

func (n *node) file() File {
	f := File{Path: n.path, Mode: n.mode.Perm() | n.mode&(fs.ModeSetuid|fs.ModeSetgid|fs.ModeSticky), UID: n.uid, GID: n.gid}
	switch n.kind {
	case isDir:
		f.Mode |= fs.ModeDir
		if n.implied {
			f.Mode |= impliedMode
		}
	case isSymlink:
		f.Mode |= fs.ModeSymlink
		f.Link = n.link
	case isFile:
		f.Size, f.Data, f.Layer, f.From = n.size, n.data, n.layer, n.from
	case isHardlink, isOther:
		f.Mode |= fs.ModeIrregular
	}
	return f
}

// impliedMode is that of a directory that no layer has an entry for.
const impliedMode = 0o755

// Open opens the content of a regular file of the list: what is kept of it, or
// else out of its layer, which is read up to there.
func (f *Files) Open(ctx context.Context, file File) (io.ReadCloser, error) {
	if !file.Mode.IsRegular() {
		return nil, fmt.Errorf("opening the base's %q: %w", file.Path, errors.New("it is not a regular file"))
	}
	if file.Data != nil || file.Size == 0 {
		return io.NopCloser(bytes.NewReader(file.Data)), nil
	}
	list, err := f.img.Layers()
	if err != nil {
		return nil, fmt.Errorf("listing the base's layers: %w", err)
	}
	// A hard link may lead to a file of a layer below its own.
	for i := min(file.Layer, len(list)) - 1; i >= 0; i-- {
		rc, err := openIn(ctx, list[i], file.From)
		if rc != nil || err != nil {
			return rc, err
		}
	}
	return nil, fmt.Errorf("opening the base's %q: %w", file.Path, fs.ErrNotExist)
}

// openIn opens the regular file that a layer has under the path; it is nil where
// there is none.
func openIn(ctx context.Context, l v1.Layer, from string) (io.ReadCloser, error) {
	rc, err := layers.OpenUncompressed(ctx, l)
	if err != nil {
		return nil, err
	}
	tr := tar.NewReader(rc)
	for {
		hdr, err := tr.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil, rc.Close()
		case err != nil:
			return nil, errors.Join(fmt.Errorf("reading the base: %w", err), rc.Close())
		case kindOf(hdr.Typeflag) == isFile && path.Clean("/"+hdr.Name) == from:
			return fileOfLayer{tr, rc}, nil
		}
	}
}

// fileOfLayer reads one file of a layer that is open.
type fileOfLayer struct {
	io.Reader
	io.Closer
}
