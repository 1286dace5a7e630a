package deb

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/control"
	"github.com/assemble-image/assemble/internal/debs/packages"
	"github.com/assemble-image/assemble/internal/osfile"
)

// Want says which package a file should be; what is empty isn't checked.
type Want struct {
	Name, Version, Architecture string
	// SHA256 is the digest of the file in hex; it is checked by
	// [Package.Each], which reads all of it.
	SHA256 string
}

// Options say what a package may be. The zero value is ready for use.
type Options struct {
	Want Want
	// Verify holds the file against Want.SHA256 before anything of it is believed,
	// rather than in [Package.Each] alone.
	Verify bool
	// MaxSize and MaxEntries bound what the package unpacks to, in bytes and
	// paths; 0 means [DefaultMaxSize] and [DefaultMaxEntries].
	MaxSize, MaxEntries int64
	// MaxRatio is how many times the size of the file it may unpack to, and
	// 16 MiB more; 0 means [DefaultMaxRatio].
	MaxRatio int64
}

// What [Options] are where they are 0.
const (
	DefaultMaxSize    = 32 << 30
	DefaultMaxEntries = 1 << 20
	DefaultMaxRatio   = 400
)

const ratioFloor = 16 << 20

// Package is a package whose control files have been read.
type Package struct {
	// Path is the file's, and Size its size.
	Path string
	Size int64
	// Name, Version and Architecture are those of the control file.
	Name, Version, Architecture string
	// Control has all fields of the control file, in their order.
	Control control.Stanza
	// Files are all control files, in their order, "control" among them.
	Files []ControlFile
	// Conffiles are the lines of conffiles.
	Conffiles []Conffile
	// Md5sums are the sums of the files by their paths, relative to the root;
	// none where the package has no md5sums. Conffiles are not among them as a rule.
	Md5sums map[string]Sum

	archive archive
	opt     Options
}

// Open reads the control files of the package at path, and holds it against
// opt.Want. The file isn't kept open. Errors name the file; they are
// [ErrFormat], a [MismatchError], a [LimitError] or what reading gave.
func Open(ctx context.Context, path string, opt Options) (_ *Package, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	p := &Package{Path: path, opt: opt}
	if opt.Verify {
		err = p.verify(ctx, f)
	}
	if err == nil {
		err = p.read(f)
	}
	if err != nil {
		return nil, fmt.Errorf("reading package %q: %w", path, err)
	}
	return p, nil
}

func (p *Package) read(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return osfile.WithoutPath(err)
	}
	if !info.Mode().IsRegular() {
		return invalid("it is no regular file")
	}
	p.Size = info.Size()
	if p.archive, err = readArchive(f, p.Size); err != nil {
		return err
	}
	if err := p.readControl(p.archive.control, f); err != nil {
		return err
	}
	return p.expect(p.opt.Want)
}

// verify hashes the file.
func (p *Package) verify(ctx context.Context, f *os.File) error {
	whole := &hashed{done: ctx.Err, r: f, h: sha256.New()}
	if _, err := io.Copy(io.Discard, whole); err != nil {
		return osfile.WithoutPath(err)
	}
	return p.expectSum(whole)
}

// expectSum holds a file that was read whole against the digest that it should
// have.
func (p *Package) expectSum(whole *hashed) error {
	got := hex.EncodeToString(whole.h.Sum(nil))
	if want := p.opt.Want.SHA256; want != "" && !strings.EqualFold(want, got) {
		return &MismatchError{What: "SHA-256", Want: want, Got: got}
	}
	return nil
}

// File returns a control file's content; nil if there is none of this name.
func (p *Package) File(name string) []byte {
	for i := range p.Files {
		if p.Files[i].Name == name {
			return p.Files[i].Data
		}
	}
	return nil
}

// Scripts returns the maintainer scripts by name, debconf's "config" among them.
func (p *Package) Scripts() map[string][]byte {
	scripts := map[string][]byte{}
	for _, f := range p.Files {
		if slices.Contains(scriptNames, f.Name) {
			scripts[f.Name] = f.Data
		}
	}
	return scripts
}

// SHA256 is the digest in hex that the file should have, as [Want] says it.
func (p *Package) SHA256() string { return strings.ToLower(p.opt.Want.SHA256) }

// InfoName is that of [packages.InfoName].
func (p *Package) InfoName() string {
	return packages.InfoName(p.Name, p.Architecture, p.Control.Get("Multi-Arch") == "same")
}

// maxContent bounds the bytes that data.tar unpacks to.
func (p *Package) maxContent() int64 {
	size, ratio := p.opt.MaxSize, p.opt.MaxRatio
	if size <= 0 {
		size = DefaultMaxSize
	}
	if ratio <= 0 {
		ratio = DefaultMaxRatio
	}
	return min(size, p.Size*ratio+ratioFloor)
}
