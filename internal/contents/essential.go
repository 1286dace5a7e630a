package contents

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/lazyregexp"
)

// ErrReplaces reports files of an app in the place of what the base needs to
// work.
var ErrReplaces = errors.New("it would replace what the image needs to work")

// maxReplaced is how many replaced files an error names, and a note.
const (
	maxReplaced = 20
	maxNoted    = 3
)

// accountFiles and the like are files below /etc that decide who may log in, and
// what every program loads.
var accountFiles = []string{"group", "gshadow", "ld.so.cache", "ld.so.conf", "ld.so.preload", "passwd", "shadow"}

// shells are programs by which others are started, beside the interpreter.
var shells = lazyregexp.New(`^(sh|bash|dash|busybox|env|python(\d+(\.\d+)?)?)$`)

// libraries are those that all programs, or Python's interpreter, need.
var libraries = lazyregexp.New(`^(ld-(linux|musl)[\w.-]*\.so(\.\d+)?|ld64\.so\.\d|lib(c|m|dl|rt|pthread)\.so\.\d|libpython[\w.]*\.so[\d.]*)$`)

// packageState are files by which packages are known to be installed.
var packageState = []string{"/var/lib/dpkg/status", "/lib/apk/db/installed", "/usr/lib/apk/db/installed"}

// replacing gathers the files of an app that take the place of others.
type replacing struct {
	on    *Ground
	allow []string

	dir    string // the directory that was asked about last
	real   string // without links
	inBase bool
	dists  map[string]bool // files of the base's distributions, once they are asked for

	needed, noted   []string // the first ones
	more, moreNoted int
}

// see looks at one file of the app, by its absolute path. Those that lie where
// the base has nothing cost next to nothing: there may be very many.
func (r *replacing) see(dir, name string) {
	if dir != r.dir {
		r.dir = dir
		r.real, r.inBase = r.on.Target.Facts.Resolve(dir)
		r.inBase = r.inBase && r.on.HasDir(relative(dir))
	}
	if !r.inBase || r.on.isGone(r.real) {
		return
	}
	at := path.Join(r.real, name)
	switch {
	case r.on.isGone(at):
	case r.isEssential(at, name):
		if r.isAllowed(at) || r.isAllowed(path.Join(dir, name)) {
			r.note(at)
			return
		}
		if r.more++; len(r.needed) < maxReplaced {
			r.needed = append(r.needed, at)
			r.more--
		}
	case r.isOther(at, name):
		r.note(at)
	}
}

func (r *replacing) note(at string) {
	if r.moreNoted++; len(r.noted) < maxNoted {
		r.noted = append(r.noted, at)
		r.moreNoted--
	}
}

// isEssential reports whether the image can't be expected to work with another
// file at that path.
func (r *replacing) isEssential(at, name string) bool {
	f := r.on.Target.Facts
	if at == f.Python.Executable || r.on.files[at] || slices.Contains(packageState, at) && r.on.HasDir(relative(r.real)) {
		return true
	}
	if etc, _ := f.Resolve("/etc"); r.real == etc && slices.Contains(accountFiles, name) {
		return true
	}
	if shells.MatchString(name) && r.hasProgram(name) {
		return true
	}
	return r.inLib() && libraries.MatchString(name)
}

func (r *replacing) hasProgram(name string) bool {
	_, ok := slices.BinarySearch(r.on.Target.Facts.Programs[r.real], name)
	return ok
}

// inLib reports whether the directory is one for libraries.
func (r *replacing) inLib() bool {
	return strings.Contains(r.real+"/", "/lib/") || strings.Contains(r.real+"/", "/lib64/")
}

// isOther reports whether the base has, or as a rule has, a file there: a
// program, one of a distribution or of a system package, a module of the standard
// library.
func (r *replacing) isOther(at, name string) bool {
	f := r.on.Target.Facts
	if r.on.packed[at] {
		return true
	}
	if _, known := slices.BinarySearch(f.Libraries, name); known && r.inLib() || r.hasProgram(name) {
		return true
	}
	lib := path.Join(f.Python.Prefix, "lib", "python"+f.Python.Minor)
	if r.real != lib && !strings.HasPrefix(r.real, lib+"/") {
		return false
	}
	if !inSite(f, r.real) {
		return true
	}
	if r.dists == nil {
		r.dists = map[string]bool{}
		for _, d := range f.Dists {
			for _, file := range d.Files {
				r.dists[file] = true
			}
		}
	}
	return r.dists[at]
}

// inSite reports whether a directory is one of those for distributions.
func inSite(f *base.Facts, dir string) bool {
	for _, p := range append(slices.Clone(f.Python.Paths), f.Python.SitePackages) {
		if real, ok := f.Resolve(p); ok && (dir == real || strings.HasPrefix(dir, real+"/")) {
			return true
		}
	}
	return false
}

// isAllowed reports whether the config lets a path be replaced.
func (r *replacing) isAllowed(at string) bool {
	return slices.ContainsFunc(r.allow, func(p string) bool {
		p = path.Clean(p)
		return at == p || strings.HasPrefix(at, p+"/")
	})
}

// err lists the files that must not be replaced.
func (r *replacing) err() error {
	if len(r.needed) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrReplaces, quoted(r.needed, r.more))
}

// text tells of the others, "" for none.
func (r *replacing) text(app string) string {
	if len(r.noted) == 0 {
		return ""
	}
	return fmt.Sprintf("app %q replaces files of the base, or adds to its own: %s", app, quoted(r.noted, r.moreNoted))
}

func quoted(list []string, more int) string {
	names := make([]string, 0, len(list))
	for _, s := range list {
		names = append(names, strconv.Quote(s))
	}
	text := strings.Join(names, ", ")
	if more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
