package requirements

import (
	"errors"
	"net/url"
	"path"
	"strings"

	"github.com/assemble-image/assemble/wheels/pep508"
	"github.com/assemble-image/assemble/wheels/tags"
)

// requirement takes a line that starts with a requirement.
func (r *reader) requirement(args string, options []option, comment string, constraint bool, at place) {
	req := Requirement{File: at.file, Line: at.line, Text: shorten(at.text), Comment: comment}
	for _, o := range options {
		if o.name != optHash {
			r.add(at, KindIgnored, "%s on a requirement's line, which pip would ignore", o.name)
			return
		}
		hash, err := parseHash(o.value)
		if err != nil {
			r.add(at, KindHash, "%v", err)
			return
		}
		req.Hashes = append(req.Hashes, hash)
	}
	if kind, msg := req.read(args); kind != "" && !r.supplied(&req, kind, args, at) {
		r.add(at, kind, "%s", msg)
		return
	}
	req.Hashes = distinct(req.Hashes)
	if constraint {
		if len(req.Extras) > 0 {
			r.add(at, KindConstraint, "a constraint has no extras")
			return
		}
		r.file.Constraints = append(r.file.Constraints, req)
		return
	}
	r.file.Requirements = append(r.file.Requirements, req)
}

// read fills in what the text of a requirement says: a PEP 508 requirement, or
// a bare path or URL with a marker as pip has them. It returns what is wrong.
func (req *Requirement) read(text string) (Kind, string) {
	if location, marker, ok := bareLocation(text); ok {
		if marker != "" {
			m, err := pep508.ParseMarker(strings.TrimSpace(marker))
			if err != nil {
				return KindSyntax, syntaxMessage(err)
			}
			req.Marker = m
		}
		return req.bare(location)
	}
	text, marker := splitMarker(text)
	parsed, err := pep508.ParseRequirement(text)
	if err != nil {
		return KindSyntax, syntaxMessage(err)
	}
	if marker != "" {
		m, err := pep508.ParseMarker(marker)
		if err != nil {
			return KindSyntax, "not a requirement: in the marker behind the URL: " + strings.TrimPrefix(syntaxMessage(err), "not a requirement: ")
		}
		parsed.Marker = m
	}
	req.Requirement = parsed
	if !pep508.ValidName(parsed.Name) {
		return KindSyntax, "not a valid project name"
	}
	if parsed.URL == "" {
		return "", ""
	}
	return req.locate(parsed.URL)
}

// splitMarker does to a requirement with a name what pip does before it takes it
// for one of PEP 508: any semicolon begins the marker, also one within a URL,
// and one that nothing follows begins none. The marker is returned where it
// stands behind a URL; otherwise, it stays in the text.
func splitMarker(text string) (requirement, marker string) {
	head, marker, found := strings.Cut(text, ";")
	if !found {
		return text, ""
	}
	marker = strings.TrimSpace(marker)
	if marker == "" {
		return head, ""
	}
	if r, err := pep508.ParseRequirement(head); err != nil || r.URL == "" {
		return text, ""
	}
	return head, marker
}

// bareLocation reports whether text is a path or URL instead of a name, and
// splits its marker off. In a URL only "; " starts a marker.
func bareLocation(text string) (location, marker string, ok bool) {
	head := text
	if end := strings.IndexAny(text, " \t;"); end >= 0 {
		head = text[:end]
	}
	if name, _, found := strings.Cut(head, "@"); found && name != "" && !strings.ContainsAny(name, "/:") {
		return "", "", false // name@URL
	}
	lower := strings.ToLower(head)
	switch {
	case isURL(lower) || repositoryScheme(lower) != "":
		location, marker, _ = strings.Cut(text, "; ")
	case strings.HasPrefix(head, "."), strings.HasPrefix(head, "~/"), strings.Contains(head, "/"), isArchive(lower):
		location, marker, _ = strings.Cut(text, ";")
	default:
		return "", "", false
	}
	return strings.TrimSpace(location), marker, true
}

// bare takes a path or URL without a name, perhaps with extras behind it.
func (req *Requirement) bare(location string) (Kind, string) {
	if open := strings.LastIndexByte(location, '['); open > 0 && strings.HasSuffix(location, "]") {
		parsed, err := pep508.ParseRequirement("x" + location[open:])
		if err != nil {
			return KindSyntax, "not a list of extras"
		}
		req.Extras = parsed.Extras
		location = location[:open]
	}
	lower := strings.ToLower(location)
	if isURL(lower) || repositoryScheme(lower) != "" {
		if base := path.Base(location); strings.Contains(base, ";") {
			return KindURL, "a semicolon behind a URL must be followed by a blank and a marker"
		}
		return req.locate(location)
	}
	req.Path = location
	return req.wheel(path.Base(location))
}

// locate takes the URL of a requirement, which must lead to a wheel.
func (req *Requirement) locate(location string) (Kind, string) {
	if scheme := repositoryScheme(strings.ToLower(location)); scheme != "" {
		return KindRepository, "a " + scheme + " repository is not a wheel"
	}
	u, err := url.Parse(location)
	if err != nil || u.Opaque != "" || u.Path == "" {
		return KindURL, "not the URL of a file"
	}
	if s := u.Scheme; s != "http" && s != "https" && s != "file" {
		return KindURL, "expected an http, https or file URL"
	}
	if kind, msg := req.fragment(u.Fragment); kind != "" {
		return kind, msg
	}
	// Only the last part is decoded, and once: an encoded slash stays in it and
	// makes it no file name.
	base, err := url.PathUnescape(path.Base(u.EscapedPath()))
	if err != nil {
		return KindURL, "not the URL of a file"
	}
	req.URL = location
	return req.wheel(base)
}

func isURL(lower string) bool {
	return strings.Contains(lower, "://") || strings.HasPrefix(lower, "file:")
}

// wheel takes the file name at the end of a URL or path.
func (req *Requirement) wheel(base string) (Kind, string) {
	lower := strings.ToLower(base)
	if !strings.HasSuffix(lower, ".whl") {
		switch {
		case isArchive(lower):
			return KindSource, "a source archive is not a wheel"
		case req.Path != "":
			return KindDirectory, "a project's directory is not a wheel"
		}
		return KindURL, "does not point to a wheel"
	}
	name, err := tags.ParseFilename(base)
	if err != nil {
		return KindURL, err.Error()
	}
	if req.Name == "" {
		req.Name = name.Name
	}
	if pep508.NormalizeName(req.Name) != name.Normalized {
		return KindURL, "points to a wheel of a different project, " + name.Normalized
	}
	req.wheelVersion, req.versionText = name.Version, name.VersionText
	return "", ""
}

// fragment takes the hashes behind a URL's "#"; egg and subdirectory say
// nothing about wheels.
func (req *Requirement) fragment(fragment string) (Kind, string) {
	for part := range strings.SplitSeq(fragment, "&") {
		key, value, _ := strings.Cut(part, "=")
		if _, strong := hashLength(key); !strong {
			continue
		}
		hash, err := parseHash(key + ":" + value)
		if err != nil {
			return KindHash, err.Error()
		}
		req.Hashes = append(req.Hashes, hash)
	}
	return "", ""
}

// repositoryScheme returns the version control system that a URL asks for.
func repositoryScheme(lower string) string {
	for _, system := range [...]string{"git", "hg", "svn", "bzr"} {
		if strings.HasPrefix(lower, system+"+") {
			return system
		}
	}
	if strings.HasPrefix(lower, "git://") {
		return "git"
	}
	return ""
}

// isArchive reports whether a lower-case name ends like a file that pip would
// install from.
func isArchive(lower string) bool {
	for _, suffix := range [...]string{".whl", ".zip", ".tar.gz", ".tgz", ".tar", ".tar.bz2", ".tbz", ".tar.xz", ".txz", ".tlz", ".tar.lz", ".tar.lzma", ".egg"} {
		if strings.HasSuffix(lower, suffix) {
			return true
		}
	}
	return false
}

// syntaxMessage leaves out the text that the error quotes: it may come from a
// variable that holds a secret.
func syntaxMessage(err error) string {
	var syntax *pep508.SyntaxError
	if errors.As(err, &syntax) {
		return "not a requirement: " + syntax.Error()
	}
	return "not a requirement"
}
