package deb

import (
	"errors"
	"fmt"
	"path"
	"strings"
	"unicode/utf8"
)

// relative is a path of a tar, "./usr/bin/x", as [Entry] has it. The root is
// empty.
func relative(name string) (string, error) {
	if strings.HasPrefix(name, "/") {
		return "", errors.New("the path is absolute")
	}
	name = strings.TrimSuffix(strings.TrimPrefix(name, "./"), "/")
	if name == "" || name == "." {
		return "", nil
	}
	return name, checkPath(name)
}

// checkPath refuses paths that leave the root, and those that dpkg's lists or a
// layer can't hold.
func checkPath(p string) error {
	if err := checkText(p); err != nil {
		return err
	}
	for name := range strings.SplitSeq(p, "/") {
		switch {
		case name == "" || name == "." || name == "..":
			return fmt.Errorf("the path has an element %q", name)
		case len(name) > 255:
			return fmt.Errorf("the path has an element of %d bytes", len(name))
		case strings.HasPrefix(name, ".wh."):
			return errors.New("the path would be a whiteout in a layer")
		}
	}
	return nil
}

func checkText(s string) error {
	switch {
	case len(s) > 4000:
		return fmt.Errorf("%d bytes are too long", len(s))
	case !utf8.ValidString(s):
		return errors.New("it is not valid UTF-8")
	}
	for _, c := range s {
		if c < ' ' || c == 0x7f {
			return errors.New("it has a control character")
		}
	}
	return nil
}

// checkLink refuses targets of symbolic links that climb above the root. Absolute
// ones are what Debian Policy 10.5 asks for between the directories at the top,
// and lead into the image's own root.
func checkLink(p, target string) error {
	if target == "" {
		return errors.New("the symbolic link has no target")
	}
	if err := checkText(target); err != nil {
		return fmt.Errorf("the link's target: %w", err)
	}
	if strings.HasPrefix(target, "/") {
		return nil
	}
	depth := strings.Count(p, "/")
	for name := range strings.SplitSeq(target, "/") {
		switch name {
		case "", ".":
		case "..":
			if depth--; depth < 0 {
				return fmt.Errorf("the link's target %q leads out of the root", target)
			}
		default:
			depth++
		}
	}
	return nil
}

// paths remembers which paths have come, and as what.
type paths map[string]*Entry

// add refuses an entry that can't stand beside those before it.
func (ps paths) add(e *Entry) error {
	if _, twice := ps[e.Path]; twice {
		return errors.New("the path is there twice")
	}
	for dir := path.Dir(e.Path); dir != "."; dir = path.Dir(dir) {
		above := ps[dir]
		if above == nil {
			continue // its directory may come later, or never
		}
		if !above.Mode.IsDir() {
			return fmt.Errorf("it lies in %q, which is no directory", dir)
		}
		break
	}
	if e.HardLink != "" {
		target := ps[e.HardLink]
		if target == nil || !target.IsFile() {
			return fmt.Errorf("the hard link's target %q is no file before it", e.HardLink)
		}
	}
	ps[e.Path] = e
	return nil
}

// check refuses what only shows in the end: what lies in something that came
// after it and is no directory.
func (ps paths) check() error {
	for p := range ps {
		for dir := path.Dir(p); dir != "."; dir = path.Dir(dir) {
			if above := ps[dir]; above != nil && !above.Mode.IsDir() {
				return &PathError{p, invalid("it lies in %q, which is no directory", dir)}
			}
		}
	}
	return nil
}
