package index

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxURL bounds a URL's length in bytes.
const maxURL = 8 << 10

// parseURL reads an absolute http or https URL. The error doesn't repeat it.
func parseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, errors.New("not a valid URL")
	case len(text) > maxURL:
		return nil, fmt.Errorf("longer than %d bytes", maxURL)
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("scheme %.20q is neither https nor http", u.Scheme)
	case u.Hostname() == "" || u.Opaque != "":
		return nil, errors.New("no host")
	}
	u.Host = strings.ToLower(u.Host)
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}

// origin returns scheme, host and port, which credentials are bound to.
func origin(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[u.Scheme]
	}
	return u.Scheme + "://" + strings.ToLower(u.Hostname()) + ":" + port
}

// display returns a URL fit for messages: without credentials and query.
func display(u *url.URL) string {
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}).String()
}

// fileName returns the last element of a URL's path, decoded once. It fails on
// what would be another name, or a path, if it were decoded again or joined to
// a directory.
func fileName(u *url.URL) (string, error) {
	name, err := url.PathUnescape(path.Base(u.EscapedPath()))
	if err != nil {
		return "", errors.New("its URL is badly escaped")
	}
	return name, checkFileName(name)
}

// checkFileName refuses names that are not plain.
func checkFileName(name string) error {
	switch {
	case name == "" || name == "." || name == "..":
		return errors.New("not a valid file name")
	case len(name) > 255:
		return errors.New("its name is longer than 255 bytes")
	case strings.ContainsAny(name, `/\:`):
		return errors.New("its name has a path separator")
	case strings.Contains(name, "%"):
		return errors.New("its name is escaped twice")
	case name[0] == '.' || name[0] == '-':
		return fmt.Errorf("its name begins with %q", name[:1])
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unprintable):
		return errors.New("its name has unprintable characters")
	}
	return nil
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) }
