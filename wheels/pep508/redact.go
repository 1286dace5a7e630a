package pep508

import "strings"

const hidden = "****"

// Redact hides what may be secret in every URL within s: user information and
// the query. Use it before any text that may hold a URL goes into an error.
func Redact(s string) string {
	if !strings.Contains(s, "://") {
		return s
	}
	var b strings.Builder
	for {
		before, after, found := strings.Cut(s, "://")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteString("://")
		end := strings.IndexAny(after, " \t\"'")
		if end < 0 {
			end = len(after)
		}
		b.WriteString(redactRest(after[:end]))
		s = after[end:]
	}
}

// redactRest hides the secrets of a URL whose scheme is cut off. Everything up
// to the last "@" counts as user information: a password may hold raw "/", "?"
// and "#", and hiding part of a path harms nobody.
func redactRest(url string) string {
	if at := strings.LastIndexByte(url, '@'); at >= 0 {
		url = hidden + url[at:]
	}
	url, fragment, hasFragment := strings.Cut(url, "#")
	url, _, hasQuery := strings.Cut(url, "?")
	if hasQuery {
		url += "?" + hidden
	}
	if hasFragment {
		url += "#" + fragment
	}
	return url
}
