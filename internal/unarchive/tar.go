package unarchive

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
)

// tar unpacks a tar archive.
func (t *tree) tar(in io.Reader) error {
	// What precedes the content counts, too: headers may be endless.
	in = &bounded{tree: &tree{ctx: t.ctx, limits: Limits{Total: t.limits.Total + t.limits.Entries*maxHeaders}}, in: in}
	for r := tar.NewReader(in); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			// Whether the archive is whole is known at its very end.
			if _, err := io.Copy(io.Discard, in); err != nil {
				return err
			}
			return t.finish()
		}
		if err != nil {
			return err
		}
		if err := t.tarEntry(h, r); err != nil {
			return entryError(h.Name, err)
		}
	}
}

// maxHeaders is about how many bytes a tar's headers take for a path, at most.
const maxHeaders = 8 << 10

func (t *tree) tarEntry(h *tar.Header, r io.Reader) error {
	p, err := t.place(h.Name)
	if err != nil || p == "" {
		return err
	}
	switch h.Typeflag {
	case tar.TypeDir:
		return t.dir(p)
	case tar.TypeReg, tar.TypeGNUSparse:
		return t.file(p, h.Mode&0o111 != 0, h.Size, r)
	case tar.TypeSymlink:
		return t.symlink(p, h.Linkname, h.Name)
	case tar.TypeLink:
		t.entries-- // it is counted by the path
		target, err := t.place(h.Linkname)
		if err != nil || target == "" {
			return fmt.Errorf("it is a hard link to %q, which isn't unpacked", h.Linkname)
		}
		return t.hardLink(p, target)
	case tar.TypeXGlobalHeader: // as git archive writes it: the commit
		return nil
	}
	return fmt.Errorf("it is neither a directory nor a file nor a link (type %q)", h.Typeflag)
}
