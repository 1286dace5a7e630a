package deb

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"strings"
)

// A Sum is an MD5, by which dpkg knows files; it protects from nothing but
// accidents.
type Sum [md5.Size]byte

// String returns the sum in lower-case hex.
func (s Sum) String() string { return hex.EncodeToString(s[:]) }

// parseMd5sums reads the file (deb-md5sums(5)): a sum, two blanks, and a path
// relative to the root a line.
func parseMd5sums(text []byte) (map[string]Sum, error) {
	sums := map[string]Sum{}
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		line = strings.TrimSuffix(line, "\n")
		if line == "" {
			continue
		}
		digits, name, ok := strings.Cut(line, " ")
		name = strings.TrimPrefix(strings.TrimLeft(name, " *"), "./")
		raw, err := hex.DecodeString(digits)
		if !ok || err != nil || len(raw) != md5.Size {
			return nil, invalid("md5sums, line %d: it has no sum", n)
		}
		if err := checkPath(name); err != nil {
			return nil, invalid("md5sums, line %d: %v", n, fmt.Errorf("%q: %w", name, err))
		}
		if _, twice := sums[name]; twice {
			return nil, invalid("md5sums, line %d: %q is listed twice", n, name)
		}
		sums[name] = Sum(raw)
	}
	return sums, nil
}
