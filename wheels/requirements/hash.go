package requirements

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// hashLength returns the digits of a hash in hexadecimal; strong is false for
// algorithms that pip refuses in requirements.
func hashLength(algorithm string) (digits int, strong bool) {
	switch algorithm {
	case "sha256":
		return 64, true
	case "sha384":
		return 96, true
	case "sha512":
		return 128, true
	}
	return 0, false
}

// parseHash reads "sha256:HEX" and returns it in lower case. Unlike pip, which
// finds out when it downloads, it refuses digits that can't match anything.
func parseHash(s string) (string, error) {
	algorithm, digits, ok := strings.Cut(s, ":")
	length, strong := hashLength(algorithm)
	switch {
	case !ok:
		return "", fmt.Errorf("expected a hash as algorithm:digits")
	case !strong:
		return "", fmt.Errorf("hash algorithm %.20q is not one of sha256, sha384 and sha512", algorithm)
	case len(digits) != length:
		return "", fmt.Errorf("a %s hash has %d digits, not %d", algorithm, length, len(digits))
	}
	if strings.Trim(digits, "0123456789abcdef") == "" {
		return s, nil
	}
	if _, err := hex.DecodeString(digits); err != nil {
		return "", fmt.Errorf("a %s hash with digits that are not hexadecimal", algorithm)
	}
	return algorithm + ":" + strings.ToLower(digits), nil
}

// distinct drops what a list holds already, keeping its order.
func distinct(list []string) []string {
	if len(list) < 2 {
		return list
	}
	seen := make(map[string]bool, len(list))
	return slices.DeleteFunc(list, func(s string) bool {
		double := seen[s]
		seen[s] = true
		return double
	})
}
