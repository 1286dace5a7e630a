package config

import (
	"encoding/json"
	"net/url"
	"strings"
)

// Link is a place that lists wheels: a path, or a URL.
type Link struct {
	// Given is the link as it was written. It may hold credentials.
	Given string
	// Target is the URL, or the path to open: absolute and clean.
	Target string
}

// NewLink returns the link given; a path is taken relative to the absolute
// directory dir.
func NewLink(dir, given string) Link {
	if isURL(given) {
		return Link{Given: given, Target: given}
	}
	return Link{Given: given, Target: NewPath(dir, given).Abs}
}

// MarshalJSON writes the link as it was given.
func (l Link) MarshalJSON() ([]byte, error) { return json.Marshal(l.Given) }

func isURL(s string) bool {
	return strings.Contains(s, "://") || strings.HasPrefix(strings.ToLower(s), "file:")
}

// link checks one of find_links. A URL isn't repeated: it may hold a password.
func (k *checker) link(path string, l Link) {
	u, err := url.Parse(l.Given)
	switch {
	case l.Given == "":
		k.add(path, "is empty")
	case strings.ContainsFunc(l.Given, isControl):
		k.add(path, "contains a control character")
	case !isURL(l.Given):
	case err != nil || u.Scheme != "https" && u.Scheme != "http" && u.Scheme != "file" || u.Scheme != "file" && u.Host == "":
		k.add(path, "is not a path, nor a file, http or https URL")
	}
}
