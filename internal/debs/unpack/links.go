package unpack

import (
	"path"
	"strings"
)

// rewrite returns where a path of a package ends up: directories of it that the
// base has as links are followed, and the last element is left as it is.
func (o *Options) rewrite(p string) string {
	dir, name := path.Split(p)
	if dir == "" {
		return p
	}
	return o.follow(strings.TrimSuffix(dir, "/")) + "/" + name
}

// follow returns the directory that a path leads to on the base.
func (o *Options) follow(dir string) string {
	if len(o.Links) == 0 {
		return dir
	}
	at := ""
	for name := range strings.SplitSeq(dir, "/") {
		at = path.Join(at, name)
		if target, ok := o.Links[at]; ok {
			at = target
		}
	}
	return at
}

// isLink reports whether the base has a link to a directory at the path.
func (o *Options) isLink(p string) bool {
	_, ok := o.Links[p]
	return ok
}
