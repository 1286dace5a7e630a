package git

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Commit is what is known of a commit.
type Commit struct {
	// ID is its name, the hexadecimal digest of the object.
	ID string
	// Time is the committer's.
	Time time.Time
}

// maxTime is the last second of the year 9999.
const maxTime = 253402300799

// Head returns the commit that is checked out in dir, or in the nearest
// directory above that is in a repository: a work tree, a linked work tree or a
// submodule, shallow or not. The error wraps [ErrNoRepository], [ErrNoCommit]
// or [ErrUnsupported], or says what can't be read.
func Head(dir string) (Commit, error) {
	r, err := find(dir)
	if err != nil {
		return Commit{}, err
	}
	id, err := r.head()
	if err != nil {
		return Commit{}, err
	}
	o, err := r.object(id, 0)
	if err != nil {
		return Commit{}, fmt.Errorf("reading commit %s: %w", id, err)
	}
	if o.kind != kindCommit {
		return Commit{}, fmt.Errorf("HEAD is %s, which is no commit, but a %s", id, o.kind)
	}
	t, err := committed(o.data)
	if err != nil {
		return Commit{}, fmt.Errorf("reading commit %s: %w", id, err)
	}
	return Commit{ID: id.String(), Time: t}, nil
}

// committed reads the committer's time of a commit: its line in the header is
// "committer NAME <ADDRESS> SECONDS ZONE". The header ends with an empty line;
// lines that begin with a space belong to the one before.
func committed(data []byte) (time.Time, error) {
	for line := range bytes.Lines(data) {
		line = bytes.TrimSuffix(line, []byte("\n"))
		if len(line) == 0 {
			break
		}
		rest, ok := bytes.CutPrefix(line, []byte("committer "))
		if !ok {
			continue
		}
		words := bytes.Fields(rest[bytes.LastIndexByte(rest, '>')+1:])
		if len(words) == 0 {
			break
		}
		n, err := strconv.ParseInt(string(words[0]), 10, 64)
		if err != nil || n < 0 || n > maxTime {
			return time.Time{}, fmt.Errorf("its committer's time %.40q is not a number of seconds from 1970 to 9999", words[0])
		}
		return time.Unix(n, 0).UTC(), nil
	}
	return time.Time{}, errors.New("it has no committer's time")
}
