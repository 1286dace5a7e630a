package archive

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"
)

// Source is one suite of an archive, with those of its components that are
// wanted.
type Source struct {
	// Where says in messages where it is configured: file and line.
	Where string
	// URIs are the archive's roots. All have the same files: where one is down or
	// lacks something, the next one is asked. Their schemes are http, https, file
	// and copy.
	URIs []string
	// Suite is a codename ("bookworm-updates") or a suite ("stable"), or, with a
	// slash at its end, the directory of an archive that has neither suites nor
	// components.
	Suite      string
	Components []string
	// SignedBy are paths of keyrings in the root file system, or fingerprints of
	// keys; empty means all keys that apt trusts there.
	SignedBy []string
	// Keys are keys themselves, armored or not, instead of SignedBy.
	Keys []byte
	// Trusted says that no signature is asked for.
	Trusted bool
	// AnyTime says that Valid-Until doesn't count, as for a frozen mirror.
	AnyTime bool
	// Until is the time after which Release must not have been made; zero means
	// that there is none.
	Until time.Time
	// Priority is what its packages are pinned to; 0 leaves it to Release.
	Priority int
	// Named says that the user named the hosts, rather than a base: they may be
	// on this machine's own network.
	Named bool
}

// String names the source in messages.
func (s *Source) String() string {
	uri := ""
	if len(s.URIs) > 0 {
		uri = Shown(s.URIs[0])
	}
	return strings.TrimSpace(uri + " " + s.Suite)
}

// flat reports whether the archive is but a directory.
func (s *Source) flat() bool { return strings.HasSuffix(s.Suite, "/") }

// dir is where Release lies, below an archive's root.
func (s *Source) dir() string {
	if s.flat() {
		return path.Clean(s.Suite)
	}
	return "dists/" + s.Suite
}

// check holds the source against what can be done with it.
func (s *Source) check() error {
	if len(s.URIs) == 0 {
		return errors.New("it names no URI")
	}
	for _, uri := range s.URIs {
		if err := checkURI(uri); err != nil {
			return err
		}
	}
	clean := path.Clean("/" + s.Suite)
	switch {
	case s.Suite == "":
		return errors.New("it names no suite")
	case strings.ContainsFunc(s.Suite, func(r rune) bool { return r <= ' ' || r == '\\' || r == '%' || r == '?' || r == '#' }),
		slices.Contains(strings.Split(s.Suite, "/"), ".."):
		return fmt.Errorf("%q is no suite", s.Suite)
	case s.flat() && len(s.Components) > 0:
		return fmt.Errorf("the suite %q ends with a slash, so there can't be components", s.Suite)
	case !s.flat() && len(s.Components) == 0:
		return fmt.Errorf("it names no component of %q", s.Suite)
	case !s.flat() && clean != "/"+s.Suite:
		return fmt.Errorf("%q is no suite", s.Suite)
	}
	for _, c := range s.Components {
		if path.Clean("/"+c) != "/"+c || strings.ContainsFunc(c, func(r rune) bool { return r <= ' ' || r == '\\' || r == '%' }) {
			return fmt.Errorf("%q is no component", c)
		}
	}
	return nil
}

// checkURI refuses what we can't read from. The message has no password in it.
func checkURI(uri string) error {
	u, err := url.Parse(uri)
	if err != nil {
		return errors.New("a URI of it is malformed")
	}
	switch u.Scheme {
	case "http", "https":
		if u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
			return fmt.Errorf("%q is no archive's URI", Shown(uri))
		}
	case "file", "copy":
		if !strings.HasPrefix(u.Path, "/") || u.Host != "" {
			return fmt.Errorf("%q has no absolute path", Shown(uri))
		}
	case "":
		return fmt.Errorf("%q is no URI", Shown(uri))
	default:
		return fmt.Errorf("URIs of the kind %q can't be read, only http, https, file and copy", u.Scheme+":")
	}
	return nil
}

// Shown is an archive's URI without credentials.
func Shown(uri string) string {
	u, err := url.Parse(uri)
	if err != nil {
		return "(malformed)"
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}

// join puts a path, in which a percent sign is one, behind an archive's root.
func join(root, name string) string {
	u, err := url.Parse(root)
	if err != nil {
		return root
	}
	parts := strings.Split(name, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return u.JoinPath(parts...).String()
}
