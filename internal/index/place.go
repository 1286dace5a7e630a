package index

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
)

// place is where projects are looked up: an index with a page for each, or a
// flat place, which lists the files of all.
type place struct {
	// url is without credentials. An index's ends in a slash; what is on this
	// machine has the scheme file.
	url  *url.URL
	name string // what messages call it
	flat *flat  // nil for an index
}

// local reports whether the place is on this machine.
func (p *place) local() bool { return p.url.Scheme == schemeFile }

const schemeFile = "file"

// addIndex takes the URL of an index.
func (c *Client) addIndex(text string) (*place, error) {
	u, err := c.adopt(text)
	if err != nil {
		return nil, err
	}
	if u.Path == "" || u.Path[len(u.Path)-1] != '/' {
		u = u.JoinPath("/")
	}
	return &place{url: u, name: u.Host}, nil
}

// addFlat takes a flat place: a path, a file URL, or an http or https URL.
func (c *Client) addFlat(text string) (*place, error) {
	if text == "" {
		return nil, errors.New("empty")
	}
	if scheme, _, isURL := strings.Cut(text, "://"); isURL && !strings.EqualFold(scheme, schemeFile) {
		u, err := c.adopt(text)
		if err != nil {
			return nil, err
		}
		_, fragment, _ := strings.Cut(text, "#")
		return &place{url: u, name: u.Host, flat: &flat{hashes: hashPair(fragment)}}, nil
	}
	if scheme, _, _ := strings.Cut(strings.ToLower(text), ":"); scheme == "http" || scheme == "https" {
		return nil, errors.New("not a valid URL: // is missing after " + scheme)
	}
	path, fragment, err := localPath(text)
	if err != nil {
		return nil, err
	}
	return &place{url: fileURL(path), name: fmt.Sprintf("%q", hidden(text)), flat: &flat{hashes: hashPair(fragment)}}, nil
}

// hidden returns a path for messages. What looks like a user and a password is
// left out: it may be a URL that lacks its scheme.
func hidden(path string) string {
	start := 0
	if len(path) >= 5 && strings.EqualFold(path[:5], "file:") {
		start = 5
	}
	colon, at := strings.IndexByte(path[start:], ':')+start, strings.LastIndexByte(path, '@')
	if colon < start || colon > at {
		return path
	}
	return path[:strings.LastIndexByte(path[:colon], '/')+1] + "****" + path[at:]
}

// localPath returns the path that a file URL or a path names, and what follows
// the URL's "#".
func localPath(text string) (path, fragment string, err error) {
	if len(text) < 5 || !strings.EqualFold(text[:5], "file:") {
		return text, "", nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Path == "" || u.User != nil || u.Host != "" && u.Host != "localhost" {
		return "", "", errors.New("not a file URL with a path on this machine")
	}
	return filepath.FromSlash(u.Path), u.Fragment, nil
}

// LocalPath returns the path of the file that a file URL leads to, false for
// other URLs.
func LocalPath(address string) (string, bool) {
	if !strings.HasPrefix(address, schemeFile+"://") {
		return "", false
	}
	path, _, err := localPath(address)
	return path, err == nil
}

// fileURL returns the URL of a path, which is made absolute where that is
// possible.
func fileURL(path string) *url.URL {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	return &url.URL{Scheme: schemeFile, Path: filepath.ToSlash(path)}
}

// Places returns how many places are looked at: those of [Options.FindLinks]
// first, then the indexes.
func (c *Client) Places() int { return len(c.places) }

// IsLocal reports whether place number i is on this machine, so that it can be
// asked offline. Its files may be on a server all the same.
func (c *Client) IsLocal(i int) bool { return c.places[i].local() }

// PlaceName returns what messages call a place: a host, or a path in quotes.
func (c *Client) PlaceName(i int) string { return c.places[i].name }
