package pep440

import (
	"cmp"
	"strconv"
	"strings"
)

// Number is a non-negative integer of any size in canonical decimal form: no
// sign and no leading zeros. The zero value "" counts as 0.
type Number string

// newNumber takes ASCII digits and drops leading zeros.
func newNumber(digits string) Number {
	trimmed := strings.TrimLeft(digits, "0")
	if trimmed == "" {
		return "0"
	}
	return Number(trimmed)
}

// Compare returns -1, 0 or +1 as n is less than, equal to or greater than o.
func (n Number) Compare(o Number) int {
	a, b := n.text(), o.text()
	if c := cmp.Compare(len(a), len(b)); c != 0 {
		return c
	}
	return strings.Compare(a, b)
}

// Int returns n as an int; ok is false when it does not fit.
func (n Number) Int() (value int, ok bool) {
	i, err := strconv.Atoi(n.text())
	return i, err == nil
}

// String returns the decimal digits.
func (n Number) String() string { return n.text() }

func (n Number) text() string {
	if n == "" {
		return "0"
	}
	return string(n)
}

func (n Number) isZero() bool { return n == "" || n == "0" }
