package deb

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/control"
	"github.com/assemble-image/assemble/internal/debs/version"
	"github.com/assemble-image/assemble/internal/lazyregexp"
)

// maxControl bounds the control files of a package together; md5sums of a
// large one has a few megabytes.
const maxControl = 64 << 20

// scriptNames are the maintainer scripts (Debian Policy 6.1), and debconf's.
var scriptNames = []string{"preinst", "postinst", "prerm", "postrm", "config"}

var (
	// Debian Policy 5.6.1, and one character more: there are such names.
	packageName = lazyregexp.New(`^[a-z0-9][a-z0-9+.-]*$`)
	archName    = lazyregexp.New(`^[a-z0-9][a-z0-9-]*$`)
	controlFile = lazyregexp.New(`^[a-z0-9][a-zA-Z0-9_.+-]*$`)
)

// ControlFile is a file of control.tar, as dpkg keeps it in its info
// directory.
type ControlFile struct {
	Name string
	Data []byte
	// Executable says that its mode is so.
	Executable bool
}

// readControl reads all of control.tar.
func (p *Package) readControl(m member, f io.ReaderAt) error {
	r, free, err := uncompress(m.name, io.NewSectionReader(f, m.offset, m.size))
	if err != nil {
		return err
	}
	defer free()
	r = &limited{r: r, left: maxControl, err: &LimitError{What: "bytes of control files", Max: maxControl}}
	seen := map[string]bool{}
	for t := tar.NewReader(r); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return tarError(m.name, err)
		}
		name := strings.TrimSuffix(strings.TrimPrefix(h.Name, "./"), "/")
		switch {
		case h.Typeflag == tar.TypeDir && (name == "" || name == "."):
			continue
		case h.Typeflag != tar.TypeReg || !controlFile.MatchString(name):
			return invalid("%s has %q, which is no control file", m.name, h.Name)
		case seen[name]:
			return invalid("%s has %q twice", m.name, name)
		}
		seen[name] = true
		data, err := io.ReadAll(t)
		if err != nil {
			return tarError(m.name, err)
		}
		p.Files = append(p.Files, ControlFile{Name: name, Data: data, Executable: h.Mode&0o111 != 0})
	}
	if err := finish(m.name, r); err != nil {
		return err
	}
	return p.parseControl()
}

// tarError is an error of a tar; one that the tar itself is at fault for is
// the package's.
func tarError(name string, err error) error {
	if errors.Is(err, tar.ErrHeader) || errors.Is(err, io.ErrUnexpectedEOF) {
		return invalid("%s: %v", name, err)
	}
	return fmt.Errorf("%s: %w", name, err)
}

// parseControl understands the control files.
func (p *Package) parseControl() error {
	text := p.File("control")
	if text == nil {
		return invalid("there is no control file")
	}
	stanza, err := control.ParseOne(text, control.Options{})
	if err != nil {
		return invalid("control: %v", err)
	}
	p.Control = stanza
	p.Name, p.Version, p.Architecture = stanza.Get("Package"), stanza.Get("Version"), stanza.Get("Architecture")
	for _, f := range [...]struct {
		name, value string
		form        *lazyregexp.Regexp
	}{
		{"Package", p.Name, packageName},
		{"Architecture", p.Architecture, archName},
	} {
		if !f.form.MatchString(f.value) {
			return invalid("control: the field %s is %q", f.name, f.value)
		}
	}
	if v, err := version.Parse(p.Version); err != nil || v != p.Version {
		return invalid("control: the field Version is %q: %v", p.Version, err)
	}
	if p.Conffiles, err = parseConffiles(p.File("conffiles")); err != nil {
		return err
	}
	p.Md5sums, err = parseMd5sums(p.File("md5sums"))
	return err
}

// expect holds the package against what it should be.
func (p *Package) expect(want Want) error {
	for _, f := range [...]struct{ what, want, got string }{
		{"package", want.Name, p.Name},
		{"version", want.Version, p.Version},
		{"architecture", want.Architecture, p.Architecture},
	} {
		if f.want != "" && f.want != f.got {
			return &MismatchError{What: f.what, Want: f.want, Got: f.got}
		}
	}
	return nil
}
