package index

import (
	"bytes"
	"errors"
	"net/url"
	"strings"

	"github.com/assemble-image/assemble/wheels/tags"
)

// collector makes a project of what a place lists. What is of no use is left
// out before anything is made of it, by its name: large projects have thousands
// of files, most of them for other targets.
type collector struct {
	project *Project
	fits    func([]tags.Tag) bool     // nil takes all
	only    func(string, Hashes) bool // nil takes all

	names    tags.Parser
	fitting  map[string]bool   // by the tags of a name, as written
	requires map[string]string // Requires-Python, each once
	origin   string            // of links that were checked, as written
}

// pass reports whether a file is of no use, judging by its name.
func (l *collector) pass(name []byte) bool {
	stem, isWheel := bytes.CutSuffix(name, []byte(".whl"))
	if !isWheel {
		return !isSource(name)
	}
	if l.fits == nil {
		return false
	}
	text := lastParts(stem, 3)
	fits, known := l.fitting[string(text)]
	if !known {
		list, err := l.names.Tags(text)
		if err != nil {
			return false // it says so where it is read in earnest
		}
		fits = l.fits(list)
		if l.fitting == nil {
			l.fitting = map[string]bool{}
		}
		l.fitting[string(text)] = fits
	}
	if !fits {
		l.project.Unfit++
	}
	return !fits
}

// lastParts returns the last n parts of a name that are joined by dashes.
func lastParts(stem []byte, n int) []byte {
	i := len(stem)
	for ; n > 0; n-- {
		if i = bytes.LastIndexByte(stem[:i], '-'); i < 0 {
			return stem
		}
	}
	return stem[i+1:]
}

func isSource(name []byte) bool {
	for _, suffix := range sourceSuffixes {
		if bytes.HasSuffix(name, []byte(suffix)) {
			return true
		}
	}
	return false
}

// add checks an entry of a page and adds it to the project.
func (l *collector) add(e *entry, page *url.URL) {
	if l.only != nil && !l.only(e.name, e.file.Hashes) {
		return
	}
	p := l.project
	name, err := l.check(e, page)
	switch {
	case errors.Is(err, errOther):
	case err != nil:
		if len(p.Refused) < maxRefused {
			p.Refused = append(p.Refused, Refused{Name: name, Reason: err.Error()})
		}
	case e.file.Wheel != nil && l.fits != nil && !l.fits(e.file.Wheel.Tags):
		p.Unfit++
	default:
		if e.file.RequiresPython != "" {
			e.file.RequiresPython = l.once(e.file.RequiresPython)
		}
		p.Files = append(p.Files, e.file)
	}
}

// once returns one and the same string for equal ones.
func (l *collector) once(text string) string {
	if same, ok := l.requires[text]; ok {
		return same
	}
	if l.requires == nil {
		l.requires = map[string]string{}
	}
	l.requires[text] = text
	return text
}

// plainLink returns the URL that a link leads to, and the last element of its
// path, where there is nothing about it to resolve, to decode or to check: it
// consists of the origin of a link that was checked before, or of none, and of
// a path of plain characters. That is how nearly all links are.
func (l *collector) plainLink(e *entry, page *url.URL) (address, name string, ok bool) {
	if e.base != "" || page.Scheme == schemeFile || len(e.href) > maxURL {
		return "", "", false
	}
	path := e.href
	if strings.HasPrefix(path, "/") {
		address = page.Scheme + "://" + page.Host + path
	} else {
		path, ok = strings.CutPrefix(path, l.origin)
		if address = e.href; !ok || l.origin == "" {
			return "", "", false
		}
	}
	if !isPlainPath(path) {
		return "", "", false
	}
	name = path[strings.LastIndexByte(path, '/')+1:]
	return address, name, name != "" && name[0] != '-' && len(name) <= 255
}

// isPlainPath reports whether a path is absolute, has neither empty elements nor
// hidden ones, and no characters that would have to be looked at.
func isPlainPath(path string) bool {
	for i := range len(path) {
		switch c := path[i]; {
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '+' || c == '~':
			if i == 0 {
				return false
			}
		case c == '.':
			if i == 0 || path[i-1] == '/' {
				return false
			}
		case c == '/':
			if i > 0 && path[i-1] == '/' {
				return false
			}
		default:
			return false
		}
	}
	return path != ""
}

// remember keeps the origin of a link that was checked, where the link has it
// as the URL does.
func (l *collector) remember(href string, u *url.URL) {
	if origin := u.Scheme + "://" + u.Host; u.Scheme != schemeFile && strings.HasPrefix(href, origin+"/") {
		l.origin = origin
	}
}
