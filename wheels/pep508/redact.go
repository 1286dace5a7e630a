package pep508

import "strings"

// redact hides the user information of every URL in s: what stands between
// "://" and the last "@" before the path.
func redact(s string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(s, "://")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteString("://")
		end := strings.IndexAny(after, "/?# \t\"'")
		if end < 0 {
			end = len(after)
		}
		if at := strings.LastIndexByte(after[:end], '@'); at >= 0 {
			b.WriteString("****")
			after = after[at:]
		}
		s = after
	}
}
