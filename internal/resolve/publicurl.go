package resolve

import (
	"net/url"
	"strings"
)

// publicParams are the query parameters that are known to say which file is
// meant and in which form. Any other may be a signature or a token, which no
// lock must hold.
var publicParams = map[string]bool{
	"archive": true, "branch": true, "dl": true, "download": true, "file": true, "filename": true, "format": true,
	"inline": true, "name": true, "path": true, "raw": true, "ref": true, "ref_type": true, "rev": true, "tag": true,
	"v": true, "version": true,
}

// publicURL returns a URL as a lock may have it: without user information, and
// without its query unless that is known to hold nothing secret. Links of an
// index's pages are signed for a time as a rule where they have one, so that a
// lock would be of no more use with it.
func publicURL(address string) string {
	if !strings.ContainsAny(address, "?@") {
		return address
	}
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	u.User = nil
	if !isPublicQuery(u.RawQuery) {
		u.RawQuery = ""
	}
	u.ForceQuery = false
	return u.String()
}

// isPublicQuery reports whether each parameter of a query is known to be public
// and has a short, plain value.
func isPublicQuery(query string) bool {
	for param := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(param, "=")
		plain, err := url.QueryUnescape(value)
		if err != nil || param != "" && !publicParams[strings.ToLower(name)] || !isPlainValue(plain) {
			return false
		}
	}
	return true
}

// isPlainValue accepts names, versions and paths, not what is long enough to be
// a key.
func isPlainValue(s string) bool {
	const most = 100
	if len(s) > most {
		return false
	}
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return strings.ContainsRune("-_./+", r) }) {
		const key = 32
		if len(word) >= key || strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" {
			return false
		}
	}
	return true
}
