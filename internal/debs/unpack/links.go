package unpack

import (
	"path"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/deb"
)

// layout is where the paths of one package end up on the base.
type layout struct {
	links     map[string]string
	diversion map[string]string // where a path is diverted to
}

// newLayout takes from the options what concerns a package, by what is known of
// it beforehand: its layers may depend on nothing else.
func newLayout(p *deb.Package, opt *Options) layout {
	l := layout{links: map[string]string{}, diversion: map[string]string{}}
	for link, to := range opt.Links {
		if strings.Count(link, "/") < 2 {
			l.links[link] = to
		}
	}
	if len(l.links) < len(opt.Links) {
		for name := range named(p) {
			for dir := path.Dir(l.rewrite(name)); dir != "."; dir = path.Dir(dir) {
				if to, ok := opt.Links[dir]; ok {
					l.links[dir] = to
				}
			}
		}
	}
	for _, d := range opt.Diversions {
		if d.By != p.Name {
			l.diversion[l.follow1(d.From)] = l.follow1(d.To)
		}
	}
	return l
}

// rewrite returns where a path of a package ends up: directories of it that the
// base has as links are followed, the last element is left as it is, and what is
// diverted goes where the diversion says.
func (l *layout) rewrite(p string) string {
	at := l.follow1(p)
	if to, ok := l.diversion[at]; ok {
		return to
	}
	return at
}

// follow1 follows the links in all elements but the last one.
func (l *layout) follow1(p string) string {
	dir, name := path.Split(p)
	if dir == "" {
		return p
	}
	return l.follow(strings.TrimSuffix(dir, "/")) + "/" + name
}

// follow returns the directory that a path leads to on the base.
func (l *layout) follow(dir string) string {
	if len(l.links) == 0 {
		return dir
	}
	at := ""
	for name := range strings.SplitSeq(dir, "/") {
		at = path.Join(at, name)
		if target, ok := l.links[at]; ok {
			at = target
		}
	}
	return at
}

// isLink reports whether the base has a link to a directory at the path.
func (l *layout) isLink(p string) bool {
	_, ok := l.links[p]
	return ok
}
