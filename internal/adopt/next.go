package adopt

import (
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/adopt/draft"
	"github.com/assemble-image/assemble/internal/lazyregexp"
)

var bare = lazyregexp.New(`^[A-Za-z0-9_./=@:+,-]+$`)

// quoteArg writes an argument as a shell takes it.
func quoteArg(s string) string {
	s = draft.OneLine(s)
	if bare.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func quoteAll(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = quoteArg(s)
	}
	return out
}

// next are the commands that come after.
func (b *builder) next() {
	lock := b.draft.Get("lock")
	next := b.draft.Next
	if len(b.installed) > 0 && lock != "uv.lock" {
		target := strings.TrimSuffix(lock, ".lock") + ".txt"
		if strings.HasSuffix(lock, ".txt") {
			target = lock
		}
		add := "printf '%s\\n' " + strings.Join(quoteAll(b.installed), " ") + " >> " + quoteArg(target)
		next = append([]string{add}, next...)
		if lockCommand := "assemble lock " + quoteArg(target); !slices.ContainsFunc(next, func(s string) bool { return strings.HasPrefix(s, "assemble lock") }) {
			next = append(next, lockCommand)
		}
	}
	if b.draft.Has("packages") && !slices.ContainsFunc(next, func(s string) bool { return strings.HasPrefix(s, "assemble lock") }) {
		next = append(next, "assemble lock")
	}
	next = append(next, "assemble plan")
	if lock != "" {
		next = append(next, "assemble check")
	}
	b.draft.Next = append(next, "assemble push registry.example.com/team/app:1.0")
}
