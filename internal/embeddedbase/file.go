package embeddedbase

import (
	"archive/tar"
	"bytes"
	"io/fs"
	"strings"
)

// File is one entry of a layer, written in the order given.
type File struct {
	// Path is relative to the root; a trailing slash makes a directory. A
	// base name beginning with ".wh." is a whiteout.
	Path string
	// Data is a regular file's content.
	Data string
	// Link is a symbolic link's target, Hard a hard link's.
	Link, Hard string
	// Mode holds permission bits; zero means 0755 for directories and links
	// and 0644 for files.
	Mode fs.FileMode
}

func dir(path string) File             { return File{Path: path + "/"} }
func file(path, data string) File      { return File{Path: path, Data: data} }
func program(path, data string) File   { return File{Path: path, Data: data, Mode: 0o755} }
func symlink(path, target string) File { return File{Path: path, Link: target} }

// Tar returns files as a layer's tar. Equal files make equal bytes. It panics
// when a file can't be in a tar, which is a mistake in the caller's program.
func Tar(files ...File) []byte {
	var buf bytes.Buffer
	tw := tar.NewWriter(&buf)
	for _, f := range files {
		hdr := f.header()
		must(tw.WriteHeader(hdr))
		if hdr.Typeflag == tar.TypeReg {
			_, err := tw.Write([]byte(f.Data))
			must(err)
		}
	}
	must(tw.Close())
	return buf.Bytes()
}

func (f File) header() *tar.Header {
	hdr := &tar.Header{Name: f.Path, Mode: int64(f.Mode), Typeflag: tar.TypeReg, Size: int64(len(f.Data))}
	fallback := int64(0o644)
	switch {
	case strings.HasSuffix(f.Path, "/"):
		hdr.Typeflag, fallback = tar.TypeDir, 0o755
	case f.Link != "":
		hdr.Typeflag, hdr.Linkname, fallback = tar.TypeSymlink, f.Link, 0o777
	case f.Hard != "":
		hdr.Typeflag, hdr.Linkname = tar.TypeLink, f.Hard
	}
	if hdr.Mode == 0 {
		hdr.Mode = fallback
	}
	return hdr
}

func must(err error) {
	if err != nil {
		panic("embeddedbase: " + err.Error())
	}
}
