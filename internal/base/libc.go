package base

import (
	"bytes"
	"errors"
	"io"
	"path"
	"regexp"
	"strings"

	"github.com/assemble-image/assemble/internal/lazyregexp"
)

// glibcBanner is the text that glibc's shared object prints when it is run;
// the release is the last word of its sentence.
var glibcBanner = lazyregexp.New(`GNU C Library \([^)\n]{1,100}\) (?:stable|development) release version ([0-9]+\.[0-9]+)`)

// bannerOverlap is more than the longest banner.
const bannerOverlap = 256

// pythonRuntime matches the files that CPython is in: its shared library, or an
// interpreter that is linked in one piece.
var pythonRuntime = lazyregexp.New(`^(?:lib)?python(3\.[0-9]{1,3})(?:\.so\.1\.0)?$`)

// findVersion looks for the version inside a C library or a Python.
func findVersion(file string, r io.Reader) (string, error) {
	if isLibc(file) {
		return findGroup(r, glibcBanner)
	}
	minor := pythonRuntime.FindStringSubmatch(path.Base(file))[1]
	// PY_VERSION of patchlevel.h, as the compiler leaves a string.
	return findGroup(r, lazyregexp.New(`\x00(`+regexp.QuoteMeta(minor)+`\.[0-9]{1,3}(?:(?:a|b|rc)[0-9]{1,3})?)\+?\x00`))
}

// isVersioned reports whether findVersion can tell something of the file.
func isVersioned(file string) bool { return isLibc(file) || pythonRuntime.MatchString(path.Base(file)) }

// findGroup looks for what the first group of the expression matches, in one
// pass and little memory. It returns "" where there is none.
func findGroup(r io.Reader, re *lazyregexp.Regexp) (string, error) {
	buf := make([]byte, 0, 64<<10)
	for {
		n, err := io.ReadFull(r, buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if m := re.FindSubmatch(buf); m != nil {
			return string(m[1]), nil
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return "", nil
		}
		if err != nil {
			return "", err
		}
		keep := copy(buf, buf[len(buf)-bannerOverlap:])
		buf = buf[:keep]
	}
}

// findLibc tells the C library by glibc's own shared object in a directory
// of the loader, then by the package libc6, then by musl's loader.
func findLibc(t *tree, libDirs []string, packages []Package) Libc {
	for _, dir := range libDirs {
		n := t.lookup(dir + "/libc.so.6")
		if n != nil && n.version != "" {
			return Libc{Family: "glibc", Version: n.version}
		}
	}
	versions := map[string]string{}
	for _, p := range packages {
		versions[p.Name] = upstream(p.Version)
	}
	if v, ok := versions["libc6"]; ok {
		return Libc{Family: "glibc", Version: majorMinor(v)}
	}
	for _, name := range t.list("/lib") {
		if ok, err := path.Match("ld-musl-*.so.1", name); ok && err == nil {
			return Libc{Family: "musl", Version: versions["musl"]}
		}
	}
	return Libc{}
}

// upstream takes epoch and revision off a package's version:
// "1:2.36-9+deb12u10" is "2.36".
func upstream(version string) string {
	if _, v, ok := strings.Cut(version, ":"); ok {
		version = v
	}
	if i := strings.LastIndexByte(version, '-'); i >= 0 {
		version = version[:i]
	}
	return version
}

func majorMinor(v string) string {
	return string(bytes.TrimSpace(majorMinorPrefix.Find([]byte(v))))
}

var majorMinorPrefix = lazyregexp.New(`^[0-9]+\.[0-9]+`)
