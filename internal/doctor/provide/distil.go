package provide

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/lazyregexp"
)

// libraryName is what the files of shared libraries are called that programs are
// linked with: those without a number are for compilers.
var libraryName = lazyregexp.New(`^lib[A-Za-z0-9_.+-]*\.so\.[0-9][A-Za-z0-9_.]*$`)

// maxLine bounds a line of a Contents index.
const maxLine = 1 << 20

// Distil reads a Contents index of Debian, unpacked (Debian wiki, RepositoryFormat,
// "Contents indices"), and returns the package of each shared library in the
// loader's default directories.
func Distil(r io.Reader) (map[string]string, error) {
	found := map[string]string{}
	lines := bufio.NewReaderSize(r, maxLine)
	for {
		line, err := lines.ReadString('\n')
		if len(line) > maxLine {
			return nil, errors.New("reading a Contents index: a line is too long")
		}
		if file, list, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " "); ok {
			if name, is := library(file); is {
				found[name] = prefer(found[name], strings.TrimSpace(list))
			}
		}
		if errors.Is(err, io.EOF) {
			return withoutLonger(found), nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading a Contents index: %w", err)
		}
	}
}

// library returns the name of a library in a default directory.
func library(file string) (string, bool) {
	if !strings.Contains(file, ".so.") {
		return "", false
	}
	dir, name := path.Split(strings.TrimPrefix(file, "usr/"))
	parts := strings.Split(strings.Trim(dir, "/"), "/")
	if parts[0] != "lib" || len(parts) > 2 || len(parts) == 2 && !strings.Contains(parts[1], "-linux-gnu") {
		return "", false
	}
	return name, libraryName.MatchString(name)
}

// prefer chooses among the packages that have a file, written as
// section/name,section/name: that of a library, with the shortest name.
func prefer(had, list string) string {
	names := []string{}
	if had != "" {
		names = append(names, had)
	}
	for _, n := range strings.Split(list, ",") {
		if section := path.Dir(n); strings.HasSuffix(section, "libdevel") || strings.HasSuffix(section, "debug") {
			continue
		}
		names = append(names, path.Base(n))
	}
	if len(names) == 0 {
		return ""
	}
	return slices.MinFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
}

// withoutLonger leaves out libx.so.1.2.3 where the package has libx.so.1: the
// former is the file that the latter, which programs name, is a link to.
func withoutLonger(found map[string]string) map[string]string {
	out := map[string]string{}
	for name, pkg := range found {
		if pkg == "" {
			continue
		}
		longer := false
		for at := strings.LastIndexByte(name, '.'); at > 0 && !longer; at = strings.LastIndexByte(name[:at], '.') {
			longer = found[name[:at]] == pkg
		}
		if !longer {
			out[name] = pkg
		}
	}
	return out
}
