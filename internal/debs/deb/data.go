package deb

import (
	"archive/tar"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"slices"

	"github.com/assemble-image/assemble/internal/osfile"
)

// Each hands out the package's paths in their order, each with its content if
// it is a file. What each leaves of the content is read nevertheless: once it is
// done, the entry's Sum is set, and held against md5sums. The root itself isn't
// handed out.
//
// Only if no error is returned is the package what its sums, the limits and
// Options.Want.SHA256 say; what was handed out before must not be used
// otherwise. Errors are those of [Open], or each's own.
func (p *Package) Each(ctx context.Context, each func(e *Entry, content io.Reader) error) (err error) {
	f, err := os.Open(p.Path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := p.readData(ctx, f, each); err != nil {
		return fmt.Errorf("unpacking package %q: %w", p.Path, err)
	}
	return nil
}

// readData reads the file once, from the first byte to the last.
func (p *Package) readData(ctx context.Context, f *os.File, each func(*Entry, io.Reader) error) error {
	info, err := f.Stat()
	if err != nil {
		return osfile.WithoutPath(err)
	}
	parts, err := p.members(f, info.Size())
	if err != nil {
		return err
	}
	whole := &hashed{done: ctx.Err, r: f, h: sha256.New()}
	m := parts.data
	if _, err := io.CopyN(io.Discard, whole, m.offset); err != nil {
		return err
	}
	r, free, err := uncompress(m.name, io.LimitReader(whole, m.size))
	if err != nil {
		return err
	}
	defer free()
	most := p.maxContent()
	d := &data{p: p, each: each, paths: paths{}, sums: md5.New(), missing: len(p.Md5sums)}
	d.r = &limited{r: r, left: most, err: &LimitError{What: "bytes", Max: most}}
	if err := d.read(m.name); err != nil {
		return err
	}
	if err := finish(m.name, d.r); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, whole); err != nil {
		return err
	}
	return p.expectSum(whole)
}

// hashed hashes what is read, until the context is done.
type hashed struct {
	done func() error
	r    io.Reader
	h    hash.Hash
}

func (h *hashed) Read(p []byte) (int, error) {
	if err := h.done(); err != nil {
		return 0, err
	}
	n, err := h.r.Read(p)
	h.h.Write(p[:n])
	return n, err
}

// data is data.tar being read.
type data struct {
	p       *Package
	r       io.Reader
	each    func(*Entry, io.Reader) error
	paths   paths
	sums    hash.Hash
	missing int // files of md5sums that have not come yet
}

func (d *data) read(name string) error {
	most := d.p.opt.MaxEntries
	if most <= 0 {
		most = DefaultMaxEntries
	}
	for t := tar.NewReader(d.r); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return d.end()
		}
		if err != nil {
			return tarError(name, err)
		}
		if int64(len(d.paths)) >= most {
			return &LimitError{What: "paths", Max: most}
		}
		e, err := newEntry(h)
		if err == nil && e.Path == "" {
			if !e.Mode.IsDir() {
				return invalid("the root is no directory")
			}
			continue
		}
		if err == nil {
			err = d.paths.add(e)
		}
		if err != nil {
			return &PathError{h.Name, fmt.Errorf("%w: %w", ErrFormat, err)}
		}
		if err := d.entry(e, t); err != nil {
			return err
		}
	}
}

// entry hands one entry out and checks its content.
func (d *data) entry(e *Entry, content io.Reader) error {
	if !e.IsFile() {
		return d.each(e, nil)
	}
	d.sums.Reset()
	r := io.TeeReader(content, d.sums)
	if err := d.each(e, r); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, r); err != nil {
		return tarError(e.Path, err)
	}
	d.sums.Sum(e.Sum[:0])
	want, listed := d.p.Md5sums[e.Path]
	if !listed {
		return nil
	}
	d.missing--
	if want != e.Sum {
		return &PathError{e.Path, &SumError{Want: want.String(), Got: e.Sum.String()}}
	}
	return nil
}

// end holds what came against what the control files list.
func (d *data) end() error {
	if err := d.paths.check(); err != nil {
		return err
	}
	if d.missing > 0 {
		for _, name := range sortedKeys(d.p.Md5sums) {
			if e := d.paths[name]; e == nil || e.HardLink == "" && !e.IsFile() {
				return &PathError{name, invalid("md5sums lists it, but it is no file of the package")}
			} else if e.HardLink != "" && d.paths[e.HardLink].Sum != d.p.Md5sums[name] {
				return &PathError{name, &SumError{Want: d.p.Md5sums[name].String(), Got: d.paths[e.HardLink].Sum.String()}}
			}
		}
	}
	for _, c := range d.p.Conffiles {
		if e := d.paths[c.Path[1:]]; !c.RemoveOnUpgrade && (e == nil || e.Mode.IsDir()) {
			return &PathError{c.Path, invalid("conffiles lists it, but it is no file of the package")}
		}
	}
	return nil
}

func sortedKeys(m map[string]Sum) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
