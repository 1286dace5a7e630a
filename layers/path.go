package layers

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

const (
	// maxComponent is the longest name that Linux file systems take, in bytes.
	maxComponent = 255
	// maxPath is the longest path that Linux takes, in bytes (PATH_MAX less
	// the final zero).
	maxPath = 4095
	// whiteoutPrefix marks a base name that removes its namesake of the
	// layers below (OCI image-spec, layer.md, "Whiteouts").
	whiteoutPrefix = ".wh."
	// opaqueWhiteout hides all that the layers below have in its directory.
	opaqueWhiteout = ".wh..wh.opq"
)

// checkPath refuses paths that are not clean and relative, or that some
// consumer of the layer could not store.
func checkPath(p string) error {
	if p == "" {
		return errors.New("the path is empty")
	}
	if strings.HasPrefix(p, "/") {
		return errors.New("the path is absolute")
	}
	if err := checkText(p); err != nil {
		return err
	}
	for rest, more := p, true; more; {
		var name string
		name, rest, more = strings.Cut(rest, "/")
		switch {
		case name == "" || name == "." || name == "..":
			return fmt.Errorf("the path has an element %q", name)
		case len(name) > maxComponent:
			return fmt.Errorf("the path has an element of %d bytes (the limit is %d)", len(name), maxComponent)
		}
	}
	return nil
}

// checkText holds for paths and for targets of links: what PAX records and
// the system calls of the consumer can carry.
func checkText(s string) error {
	switch {
	case len(s) > maxPath:
		return fmt.Errorf("%d bytes are too long (the limit is %d)", len(s), maxPath)
	case strings.IndexByte(s, 0) >= 0:
		return errors.New("it has a zero byte")
	case !utf8.ValidString(s):
		return errors.New("it is not valid UTF-8")
	}
	return nil
}

// parent returns the directory that p lies in, "" for the root.
func parent(p string) string {
	return p[:max(strings.LastIndexByte(p, '/'), 0)]
}

// base returns the last element of p.
func base(p string) string {
	return p[strings.LastIndexByte(p, '/')+1:]
}

// isWhiteout reports whether the base name is one of a whiteout.
func isWhiteout(name string) bool { return strings.HasPrefix(name, whiteoutPrefix) }

// checkWhiteout refuses whiteouts of nothing, and the names that only graph
// drivers of old gave a meaning to.
func checkWhiteout(name string) error {
	if name == whiteoutPrefix || strings.HasPrefix(name, whiteoutPrefix+whiteoutPrefix) && name != opaqueWhiteout {
		return fmt.Errorf("%q is not a whiteout", name)
	}
	return nil
}
