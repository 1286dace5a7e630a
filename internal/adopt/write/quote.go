package write

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/assemble-image/assemble/internal/adopt/draft"
	"github.com/assemble-image/assemble/internal/lazyregexp"
)

// plain is what needs no quotes in YAML 1.1 or 1.2, in flow style as well.
var plain = lazyregexp.New(`^((-{0,2}[A-Za-z_/]|\./|\.[a-z])[A-Za-z0-9_/.:@=+-]*|\.|[0-9]+(s|ms|m|h))$`)

// words look like something else than text to one YAML or another.
var words = []string{"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", ".nan", ".inf"}

// quote writes a text as a YAML scalar.
func quote(s string) string {
	if plain.MatchString(s) && !strings.HasSuffix(s, ":") && !slices.Contains(words, strings.ToLower(s)) {
		return s
	}
	if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.QuoteToASCII(strings.ToValidUTF8(s, "\uFFFD"))
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

// value writes what an item holds, in flow style.
func value(i draft.Item) string {
	switch {
	case i.Maps != nil:
		parts := make([]string, len(i.Maps))
		for j, m := range i.Maps {
			parts[j] = mappingOf(m)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case i.Map != nil:
		return mappingOf(i.Map)
	case i.List != nil:
		return listOf(i.List)
	case i.Int:
		return i.Text
	}
	return quote(i.Text)
}

func listOf(list []string) string {
	parts := make([]string, len(list))
	for j, s := range list {
		parts[j] = quote(s)
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func mappingOf(pairs []draft.Pair) string {
	parts := make([]string, len(pairs))
	for j, p := range pairs {
		switch {
		case p.List != nil:
			parts[j] = quote(p.Key) + ": " + listOf(p.List)
		case isNumber(p), p.Key == "unpack":
			parts[j] = p.Key + ": " + p.Value
		default:
			parts[j] = quote(p.Key) + ": " + quote(p.Value)
		}
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// number is a whole number as YAML reads one.
var number = lazyregexp.New(`^(0|[1-9][0-9]{0,9})$`)

// isNumber reports whether the value of a key is to be a number.
func isNumber(p draft.Pair) bool {
	return slices.Contains([]string{"uid", "gid", "port", "status", "retries"}, p.Key) && number.MatchString(p.Value)
}
