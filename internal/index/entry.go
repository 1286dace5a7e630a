package index

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/assemble-image/assemble/internal/osfile"
	"github.com/assemble-image/assemble/wheels/pep440"
	"github.com/assemble-image/assemble/wheels/pep508"
)

// errOther marks files of kinds that are of no interest here.
var errOther = errors.New("neither a wheel nor a source archive")

// sourceSuffixes are those of source archives (PEP 625 and what came before).
var sourceSuffixes = []string{".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz"}

// check completes and checks an entry of the page of a project. The name that
// it returns is for messages.
func (l *collector) check(e *entry, page *url.URL) (name string, err error) {
	f := &e.file
	address, name, plain := l.plainLink(e, page)
	if plain {
		f.URL = address
	} else if name, err = l.checkLink(e, page); err != nil {
		return name, err
	}
	if e.name != "" && e.name != name {
		// The name that a JSON page gives is the file's; the URL's last
		// element may be another one.
		name = e.name
		if err := checkFileName(name); err != nil {
			return name, err
		}
	}
	f.Filename = name
	if strings.HasSuffix(name, ".whl") {
		wheel, err := l.names.Filename(name)
		if err != nil {
			return name, err
		}
		if wheel.Normalized != l.project.Name {
			return name, fmt.Errorf("it is for project %q", wheel.Normalized)
		}
		f.Wheel = &wheel
		return name, nil
	}
	if _, ok := sourceStem(name); !ok {
		return name, errOther
	}
	f.HasMetadata = false // PEP 658 is about wheels here
	return name, nil
}

// checkLink resolves an entry's link, and returns the name at its end.
func (l *collector) checkLink(e *entry, page *url.URL) (name string, err error) {
	u, err := e.resolve(page)
	if err != nil {
		return e.name, err
	}
	if name, err = fileName(u); err != nil {
		return name, err
	}
	e.file.URL = u.String()
	if u.Scheme == schemeFile {
		return name, e.file.locate(u)
	}
	l.remember(e.href, u)
	return name, nil
}

// resolve returns the entry's URL, without what isn't sent.
func (e *entry) resolve(page *url.URL) (*url.URL, error) {
	base := page
	if e.base != "" {
		b, err := page.Parse(e.base)
		if err != nil {
			return nil, errors.New("the page's base is not a valid URL")
		}
		base = b
	}
	if len(e.href) > maxURL {
		return nil, fmt.Errorf("its URL is longer than %d bytes", maxURL)
	}
	u, err := base.Parse(e.href)
	if err != nil {
		return nil, errors.New("its URL can't be parsed")
	}
	if page.Scheme == schemeFile && u.Scheme == schemeFile {
		// What this machine lists may be on this machine; others can't say so.
		return &url.URL{Scheme: schemeFile, Path: u.Path}, nil
	}
	u, err = parseURL(u.String())
	if err != nil {
		return nil, errors.New("its URL: " + err.Error())
	}
	if page.Scheme == "https" && u.Scheme == "http" {
		return nil, errors.New("a page served over https links to plain HTTP")
	}
	u.User = nil
	return u, nil
}

// locate looks at a file of this machine.
func (f *File) locate(u *url.URL) error {
	f.Path = filepath.FromSlash(u.Path)
	fi, err := os.Stat(f.Path)
	if err != nil {
		return osfile.WithoutPath(err)
	}
	if !fi.Mode().IsRegular() {
		return fmt.Errorf("%w, but %s", osfile.ErrNotRegular, osfile.Kind(fi.Mode()))
	}
	f.Size = fi.Size()
	return nil
}

func sourceStem(name string) (string, bool) {
	for _, suffix := range sourceSuffixes {
		if stem, ok := strings.CutSuffix(name, suffix); ok {
			return stem, true
		}
	}
	return "", false
}

// SourceVersion returns the version in the name of a source archive of the
// project. Names have no escaping that all keep to (PEP 625 is young), so that
// the split is found by the project's name.
func SourceVersion(filename, project string) (pep440.Version, bool) {
	stem, ok := sourceStem(filename)
	for i := 1; ok && i < len(stem); i++ {
		if stem[i] != '-' || pep508.NormalizeName(stem[:i]) != project {
			continue
		}
		if v, err := pep440.Parse(stem[i+1:]); err == nil {
			return v, true
		}
	}
	return pep440.Version{}, false
}
