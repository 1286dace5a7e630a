//go:build linux

package main

import (
	"archive/tar"
	"compress/gzip"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// imageOf is an image whose only layer is what lies in a directory.
func imageOf(dir, temp, arch string) (v1.Image, error) {
	path := filepath.Join(temp, "base.tar")
	if err := writeTar(path, dir); err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromFile(path, tarball.WithCompressionLevel(gzip.NoCompression))
	if err != nil {
		return nil, err
	}
	img, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		return nil, err
	}
	cfg, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	cfg = cfg.DeepCopy()
	cfg.OS, cfg.Architecture = "linux", arch
	return mutate.ConfigFile(img, cfg)
}

func writeTar(path, dir string) error {
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	defer out.Close() //nolint:errcheck // closed below, too
	tw := tar.NewWriter(out)
	first := map[uint64]string{} // by inode
	err = filepath.WalkDir(dir, func(at string, d fs.DirEntry, err error) error {
		if err != nil || at == dir {
			return err
		}
		return addToTar(tw, dir, at, first)
	})
	if err != nil {
		return err
	}
	if err := tw.Close(); err != nil {
		return err
	}
	return out.Close()
}

func addToTar(tw *tar.Writer, dir, at string, first map[uint64]string) error {
	info, err := os.Lstat(at)
	if err != nil || info.Mode()&fs.ModeSocket != 0 {
		return err
	}
	var link string
	if info.Mode()&fs.ModeSymlink != 0 {
		if link, err = os.Readlink(at); err != nil {
			return err
		}
	}
	h, err := tar.FileInfoHeader(info, link)
	if err != nil {
		return err
	}
	if h.Name, err = filepath.Rel(dir, at); err != nil {
		return err
	}
	if info.IsDir() {
		h.Name += "/"
	}
	if st := statOf(info); info.Mode().IsRegular() && st.Nlink > 1 {
		if target, ok := first[st.Ino]; ok {
			h.Typeflag, h.Linkname, h.Size = tar.TypeLink, target, 0
		} else {
			first[st.Ino] = h.Name
		}
	}
	if err := tw.WriteHeader(h); err != nil || h.Typeflag != tar.TypeReg {
		return err
	}
	f, err := os.Open(at)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // it was only read
	_, err = io.Copy(tw, f)
	return err
}
