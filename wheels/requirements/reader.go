package requirements

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/assemble-image/assemble/internal/lazyregexp"
)

// The limits on all files together: their bytes; their lines, of which a lock of
// a thousand projects has about 50,000; their number, where a file counts each
// time that it is included; and how deeply they include each other.
const (
	maxBytes = 16 << 20
	maxLines = 250_000
	maxFiles = 100
	maxDepth = 16
)

// reader reads files that include each other.
type reader struct {
	open     Opener
	opt      Options
	left     int64 // bytes that may still be read
	files    int   // files read so far
	lines    int   // lines in them
	problems problems
	file     *File
}

// read reads one file. stack holds the files that include it, outermost first.
// It returns an error only when reading must not go on; all else is gathered.
func (r *reader) read(ctx context.Context, path string, constraint bool, stack []string) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("reading requirements %q: %w", path, err)
	}
	if r.files++; r.files > maxFiles {
		r.problems.add(path, 0, "", KindLimit, "limit of %d included files exceeded", maxFiles)
		return r.problems.err()
	}
	what := Foreign(path)
	if IsPylock(path) {
		what = "already a lock"
	}
	if what != "" {
		r.problems.add(path, 0, "", KindForeign, "it is %s, not a requirements file", what)
		return nil
	}
	content, err := r.content(path)
	if err != nil {
		return err
	}
	text, ok := r.decode(path, content)
	if !ok {
		return nil
	}
	if r.lines += countLines(text); r.lines > maxLines {
		r.problems.add(path, 0, "", KindLimit, "limit of %d lines in all files exceeded", maxLines)
		return r.problems.err()
	}
	if len(stack) == 0 {
		r.file.steering = steeringComments(text)
	}
	stack = append(slices.Clip(stack), path)
	for _, line := range logicalLines(text) {
		if err := r.line(ctx, line, path, constraint, stack); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) content(path string) (content []byte, err error) {
	f, err := r.open(path)
	if err != nil {
		return nil, fmt.Errorf("opening requirements %q: %w", path, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	content, err = io.ReadAll(io.LimitReader(f, r.left+1))
	if err != nil {
		return nil, fmt.Errorf("reading requirements %q: %w", path, err)
	}
	if int64(len(content)) > r.left {
		return nil, &Problem{File: path, Kind: KindLimit, Msg: fmt.Sprintf("limit of %d bytes in all files exceeded", maxBytes)}
	}
	r.left -= int64(len(content))
	return content, nil
}

// include follows the -r or -c of a line.
func (r *reader) include(ctx context.Context, ref string, constraint bool, at place, stack []string) error {
	path, err := resolve(ref, at.file)
	if err != nil {
		r.add(at, KindInclude, "%v", err)
		return nil
	}
	if slices.Contains(stack, path) {
		r.add(at, KindInclude, "the file includes itself")
		return nil
	}
	if len(stack) >= maxDepth {
		r.add(at, KindLimit, "includes are nested more than %d levels deep", maxDepth)
		return nil
	}
	err = r.read(ctx, path, constraint, stack)
	var known *Problem
	if err == nil || ctx.Err() != nil || errors.As(err, &known) {
		return err
	}
	// The path may come from a variable, so only the cause is reported.
	var file *fs.PathError
	if errors.As(err, &file) {
		err = file.Err
	} else if cause := errors.Unwrap(err); cause != nil {
		err = cause
	}
	r.add(at, KindInclude, "opening or reading it: %v", err)
	return nil
}

// resolve joins the path that a file includes to that file's directory.
func resolve(ref, from string) (string, error) {
	scheme, _, isURL := strings.Cut(ref, ":")
	switch strings.ToLower(scheme) {
	case "http", "https":
		if isURL {
			return "", errors.New("files can't be included from the network")
		}
	case "file":
		if isURL {
			u, err := url.Parse(ref)
			if err != nil || u.Host != "" && u.Host != "localhost" || u.Path == "" {
				return "", errors.New("not a file URL with a path")
			}
			ref = u.Path
		}
	}
	if filepath.IsAbs(ref) {
		return filepath.Clean(ref), nil
	}
	return filepath.Join(filepath.Dir(from), ref), nil
}

var (
	utf8BOM  = []byte("\xef\xbb\xbf")
	wideBOMs = [...][]byte{[]byte("\xff\xfe"), []byte("\xfe\xff"), []byte("\x00\x00\xfe\xff")}
	// coding is the declaration of PEP 263 in one of the first two lines.
	coding = lazyregexp.New(`^#.*coding[:=]\s*([-\w.]+)`)
)

// decode turns a file's bytes into text. Only UTF-8 is taken: pip falls back to
// the machine's locale, which makes one file mean two things.
func (r *reader) decode(path string, content []byte) (string, bool) {
	for _, bom := range wideBOMs {
		if bytes.HasPrefix(content, bom) {
			r.problems.add(path, 0, "", KindEncoding, "UTF-16 or UTF-32, expected UTF-8")
			return "", false
		}
	}
	content = bytes.TrimPrefix(content, utf8BOM)
	head := content
	for n := 1; n <= 2; n++ {
		line, rest, _ := bytes.Cut(head, []byte("\n"))
		if m := coding.FindSubmatch(line); m != nil && !isUTF8Name(string(m[1])) {
			r.problems.add(path, n, string(line), KindEncoding, "declares an encoding other than UTF-8")
			return "", false
		}
		head = rest
	}
	if !utf8.Valid(content) {
		valid := bytes.ToValidUTF8(content, nil)
		n := 0
		for n < len(valid) && content[n] == valid[n] {
			n++
		}
		r.problems.add(path, 1+bytes.Count(content[:n], []byte("\n")), "", KindEncoding, "not valid UTF-8")
		return "", false
	}
	return string(content), true
}

func isUTF8Name(name string) bool {
	switch strings.ReplaceAll(strings.ToLower(name), "_", "-") {
	case "utf-8", "utf8", "utf-8-sig", "ascii", "us-ascii":
		return true
	}
	return false
}
