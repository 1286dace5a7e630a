package git

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/assemble-image/assemble/internal/osfile"
)

// maxSymbolic is how many references may lead to one another, as for git.
const maxSymbolic = 5

// id is an object's name: 20 bytes of SHA-1, or 32 of SHA-256.
type id []byte

func (i id) String() string { return hex.EncodeToString(i) }

func parseID(s string) (id, bool) {
	if len(s) != 40 && len(s) != 64 {
		return nil, false
	}
	b, err := hex.DecodeString(s)
	return b, err == nil
}

// head follows HEAD to an object's name.
func (r *repository) head() (id, error) {
	name := "HEAD"
	for range maxSymbolic + 1 {
		text, err := r.reference(name)
		if err != nil {
			return nil, err
		}
		if text == "" {
			return nil, fmt.Errorf("%w: HEAD is %s", ErrNoCommit, name)
		}
		target, symbolic := strings.CutPrefix(text, "ref:")
		if !symbolic {
			found, ok := parseID(text)
			if !ok {
				return nil, fmt.Errorf("the reference %s is no object's name: %.80q", name, text)
			}
			return found, nil
		}
		if name = strings.TrimSpace(target); !validRef(name) {
			return nil, fmt.Errorf("HEAD leads to %.200q, which is no reference", name)
		}
	}
	return nil, fmt.Errorf("HEAD leads through more than %d references", maxSymbolic)
}

// validRef keeps names inside of refs (git-check-ref-format).
func validRef(name string) bool {
	return strings.HasPrefix(name, "refs/") && filepath.IsLocal(name) &&
		!strings.Contains(name, "..") && !strings.ContainsAny(name, "\\\x00")
}

// reference reads a reference: the work tree's own, one that work trees share,
// or one that is packed. It is "" where there is none.
func (r *repository) reference(name string) (string, error) {
	dir := r.common
	if name == "HEAD" || strings.HasPrefix(name, "refs/worktree/") || strings.HasPrefix(name, "refs/bisect/") || strings.HasPrefix(name, "refs/rewritten/") {
		dir = r.dir
	}
	text, err := small(filepath.Join(dir, filepath.FromSlash(name)))
	switch {
	case err == nil:
		return strings.TrimSpace(text), nil
	case !missing(err) && !errors.Is(err, osfile.ErrNotRegular):
		return "", err
	}
	return r.packed(name)
}

// packed looks a reference up in packed-refs: lines of a name and a reference,
// those that begin with # or ^ aside. The file is read line by line, since it
// may be large.
func (r *repository) packed(name string) (found string, err error) {
	path := filepath.Join(r.common, "packed-refs")
	f, _, err := osfile.OpenRegular(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("reading %q: %w", path, osfile.WithoutPath(err))
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	in := bufio.NewScanner(io.LimitReader(f, maxPackedRefs))
	for in.Scan() {
		value, ref, ok := strings.Cut(in.Text(), " ")
		if ok && ref == name && value != "" && value[0] != '#' && value[0] != '^' {
			return value, nil
		}
	}
	if err := in.Err(); err != nil {
		return "", fmt.Errorf("reading %q: %w", path, err)
	}
	return "", nil
}
