package config

import (
	"encoding/hex"
	"encoding/json"
	"net/url"
	"reflect"
	"strings"
)

// Source is a file or directory on this machine, or a file at a URL.
type Source struct {
	// Path is the zero one for a URL.
	Path
	// URL may hold credentials.
	URL string
}

var typeSource = reflect.TypeFor[Source]()

// NewSource returns the source given; a path is taken relative to the absolute
// directory dir.
func NewSource(dir, given string) Source {
	if strings.HasPrefix(given, "https://") || strings.HasPrefix(given, "http://") {
		return Source{URL: given}
	}
	return Source{Path: NewPath(dir, given)}
}

// IsZero reports whether nothing was given.
func (s Source) IsZero() bool { return s.URL == "" && s.Path.IsZero() }

// String returns the source as it was written, but of a URL what may be secret.
func (s Source) String() string {
	if s.URL == "" {
		return s.Path.String()
	}
	u, err := url.Parse(s.URL)
	if err != nil {
		return "a URL"
	}
	shown := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}
	if u.RawQuery != "" {
		return shown.String() + "?…"
	}
	return shown.String()
}

// MarshalJSON writes the source as String does.
func (s Source) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// Digest returns the SHA-256 that the entry must have, false for any.
func (a App) Digest() (sum [32]byte, ok bool) {
	return sum, a.SHA256 != "" && parseDigest(a.SHA256, &sum)
}

// parseDigest reads a SHA-256 in hexadecimal digits, as sha256sum(1) writes it or
// as OCI does.
func parseDigest(s string, sum *[32]byte) bool {
	b, err := hex.DecodeString(strings.TrimPrefix(strings.ToLower(s), "sha256:"))
	return err == nil && copy(sum[:], b) == len(sum) && len(b) == len(sum)
}

// source checks where an entry of app comes from.
func (k *checker) source(field string, a App) {
	if a.SHA256 != "" {
		if _, ok := a.Digest(); !ok {
			k.add(field+".sha256", "%q is not a SHA-256: 64 hexadecimal digits", a.SHA256)
		}
	}
	if a.Strip < 0 || a.Strip > maxStrip {
		k.add(field+".strip", "%d is not between 0 and %d", a.Strip, maxStrip)
	} else if a.Strip > 0 && !a.Unpack {
		k.add(field+".strip", "is for archives that are unpacked; unpack: true is missing")
	}
	if a.From.URL == "" {
		return
	}
	// The URL isn't repeated: it may hold a password.
	switch u, err := url.Parse(a.From.URL); {
	case err != nil || u.Host == "" || strings.ContainsFunc(a.From.URL, isControl):
		k.add(field+".from", "is not an http or https URL")
	case a.SHA256 == "":
		k.add(field+".sha256", "is missing; a file at a URL needs it, since it could be another one tomorrow")
	}
}

// maxStrip is how many directories can be left out at most.
const maxStrip = 100
