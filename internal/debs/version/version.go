// Package version orders the versions of Debian packages as dpkg does (Debian
// Policy 5.6.12, deb-version(7)).
//
// Start with [Parse] for what others wrote; [Compare] takes what it gives.
package version

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Parse holds a version against deb-version(7), [epoch:]upstream[-revision],
// and returns it without the blanks around it. It refuses what dpkg finds
// fault with.
func Parse(s string) (string, error) {
	s = strings.Trim(s, " \t\n")
	if err := check(s); err != nil {
		return "", fmt.Errorf("version %q: %w", s, err)
	}
	return s, nil
}

func check(s string) error {
	if s == "" {
		return errors.New("it is empty")
	}
	rest := s
	if epoch, after, found := strings.Cut(s, ":"); found {
		n, err := strconv.ParseUint(epoch, 10, 64)
		if err != nil || n > math.MaxInt32 {
			return fmt.Errorf("the epoch %q is no number up to %d", epoch, math.MaxInt32)
		}
		rest = after
	}
	_, upstream, revision := Split(rest)
	if i := strings.LastIndexByte(rest, '-'); i >= 0 && revision == "" {
		return errors.New("nothing follows the hyphen")
	}
	if upstream == "" {
		return errors.New("it has no upstream version")
	}
	if !isDigit(upstream[0]) {
		return errors.New("the upstream version doesn't begin with a digit")
	}
	if c, bad := strange(upstream, ".-+~:"); bad {
		return fmt.Errorf("the character %q has no place in an upstream version", c)
	}
	if c, bad := strange(revision, ".+~"); bad {
		return fmt.Errorf("the character %q has no place in a revision", c)
	}
	return nil
}

// strange returns the first character that is neither a letter, nor a digit,
// nor one of those.
func strange(s, others string) (rune, bool) {
	for _, c := range s {
		if c > 127 || !isDigit(byte(c)) && !isLetter(byte(c)) && !strings.ContainsRune(others, c) {
			return c, true
		}
	}
	return 0, false
}

// Split takes a version apart. The epoch is "" where there is none, and so is
// the revision.
func Split(s string) (epoch, upstream, revision string) {
	if before, after, found := strings.Cut(s, ":"); found {
		epoch, s = before, after
	}
	if i := strings.LastIndexByte(s, '-'); i >= 0 {
		return epoch, s[:i], s[i+1:]
	}
	return epoch, s, ""
}

// Compare returns -1, 0 or 1: whether a is earlier than b, the same ("1.0",
// "0:1.0-0") or later. What [Parse] would refuse has some place in the order,
// too, always the same.
func Compare(a, b string) int {
	if a == b {
		return 0
	}
	ae, au, ar := Split(a)
	be, bu, br := Split(b)
	return cmp.Or(compareEpochs(ae, be), compareParts(au, bu), compareParts(ar, br))
}

func compareEpochs(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}

// compareParts compares upstream versions or revisions: text and numbers in
// turn. In text, a tilde comes before the end, the end before letters, letters
// before all else.
func compareParts(a, b string) int {
	for a != "" || b != "" {
		for (a != "" && !isDigit(a[0])) || (b != "" && !isDigit(b[0])) {
			if c := cmp.Compare(weight(a), weight(b)); c != 0 {
				return c
			}
			a, b = a[1:], b[1:]
		}
		var an, bn string
		an, a = number(a)
		bn, b = number(b)
		if c := cmp.Or(cmp.Compare(len(an), len(bn)), cmp.Compare(an, bn)); c != 0 {
			return c
		}
	}
	return 0
}

// weight is the place of a text's first character in the order. Only the ends
// of texts, and digits, which end them, weigh the same without being equal:
// where both weigh 0, neither text goes on.
func weight(s string) int {
	switch {
	case s == "" || isDigit(s[0]):
		return 0
	case s[0] == '~':
		return -1
	case isLetter(s[0]):
		return int(s[0])
	}
	return int(s[0]) + 256
}

// number takes the digits at the beginning, without leading zeros.
func number(s string) (digits, rest string) {
	i := 0
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	return strings.TrimLeft(s[:i], "0"), s[i:]
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
