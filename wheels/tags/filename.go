package tags

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/assemble-image/assemble/wheels/pep440"
)

// maxFilename is the longest file name that Linux file systems take, in bytes.
const maxFilename = 255

// Build is the optional build number of a wheel, which breaks ties between
// wheels of one version. The zero value stands for none and is the lowest.
type Build struct {
	Number pep440.Number // "" for none
	Suffix string        // what follows the digits
}

// IsZero reports whether there is no build number.
func (b Build) IsZero() bool { return b == Build{} }

// Compare returns -1, 0 or +1: by number, then by suffix.
func (b Build) Compare(o Build) int {
	if b.IsZero() || o.IsZero() {
		return cmp.Compare(len(b.Number), len(o.Number))
	}
	return cmp.Or(b.Number.Compare(o.Number), strings.Compare(b.Suffix, o.Suffix))
}

// Filename is what a wheel's file name says.
type Filename struct {
	Name       string         // as written, such as "PyJWT"
	Normalized string         // the name in the form of PEP 503
	Version    pep440.Version // parsed from VersionText
	Build      Build
	Tags       []Tag // sorted, each once

	VersionText string // as written; the name of the .dist-info directory has it
	BuildText   string // as written, "" for none
	TagText     string // the compressed set as written
}

// String returns the file name that f was parsed from.
func (f Filename) String() string {
	parts := []string{f.Name, f.VersionText, f.BuildText, f.TagText}
	if f.BuildText == "" {
		parts = slices.Delete(parts, 2, 3)
	}
	return strings.Join(parts, "-") + ".whl"
}

// ParseFilename reads a wheel's file name (PEP 427 and the packaging guide's
// escaping rules): name-version(-build)-python-abi-platform.whl. A path is no
// file name and is refused.
func ParseFilename(s string) (Filename, error) { return parseFilenameBy(s, nil) }

func parseFilenameBy(s string, p *Parser) (Filename, error) {
	f, problem := parseFilename(s, p)
	if problem != "" {
		return Filename{}, fmt.Errorf("%.255q is not a valid wheel filename: %s", s, problem)
	}
	return f, nil
}

func parseFilename(s string, p *Parser) (f Filename, problem string) {
	if len(s) > maxFilename {
		return f, "longer than 255 bytes"
	}
	if strings.ContainsFunc(s, isUnsafe) {
		return f, "it contains a path separator, control character or invalid UTF-8"
	}
	stem, ok := strings.CutSuffix(s, ".whl")
	if !ok {
		return f, "does not end in .whl"
	}
	parts := strings.Split(stem, "-")
	if len(parts) != 5 && len(parts) != 6 {
		return f, "expected five or six parts separated by dashes"
	}
	f.Name, f.VersionText = parts[0], parts[1]
	if !isEscapedName(f.Name) {
		return Filename{}, fmt.Sprintf("%q is not an escaped project name", f.Name)
	}
	f.Normalized = p.normalize(f.Name)
	var err error
	if f.Version, err = p.parseVersion(f.VersionText); err != nil {
		return Filename{}, err.Error()
	}
	if len(parts) == 6 {
		f.BuildText = parts[2]
		if f.Build, ok = parseBuild(f.BuildText); !ok {
			return Filename{}, fmt.Sprintf("build number %q does not start with a digit", f.BuildText)
		}
	}
	f.TagText = stem[len(stem)-len(parts[len(parts)-3])-len(parts[len(parts)-2])-len(parts[len(parts)-1])-2:]
	if f.Tags, err = p.parseTags(f.TagText); err != nil {
		return Filename{}, err.Error()
	}
	return f, ""
}

// isUnsafe finds what no file name of a wheel needs, but what would let it lead
// out of a directory or garble a terminal.
func isUnsafe(r rune) bool {
	return r == '/' || r == '\\' || r == utf8.RuneError || unicode.IsControl(r)
}

// isEscapedName accepts letters and digits of any script, "_" and ".", with
// runs of "_" folded into one.
func isEscapedName(s string) bool {
	for _, r := range s {
		if r != '_' && r != '.' && !unicode.IsLetter(r) && !unicode.IsNumber(r) {
			return false
		}
	}
	return s != "" && !strings.Contains(s, "__")
}

func parseBuild(s string) (Build, bool) {
	suffix := strings.TrimLeft(s, "0123456789")
	digits := s[:len(s)-len(suffix)]
	if digits == "" {
		return Build{}, false
	}
	number := strings.TrimLeft(digits, "0")
	if number == "" {
		number = "0"
	}
	return Build{Number: pep440.Number(number), Suffix: suffix}, true
}
