package requirements

import (
	"context"
	"io"

	"github.com/assemble-image/assemble/wheels/pep440"
	"github.com/assemble-image/assemble/wheels/pep508"
)

// Opener opens a file by path, as os.Open does. Included files are opened by
// their path joined to the directory of the file that includes them.
type Opener func(path string) (io.ReadCloser, error)

// Options control how files are read. The zero value is valid.
type Options struct {
	// Env returns the value of an environment variable for ${NAME}, "" when it
	// isn't set, as os.Getenv does. It is asked only for the user information of
	// an index's or a find-links URL. With nil, nothing is replaced.
	Env func(name string) string
	// CredentialHost reports whether variables may be sent to a host ("host" or
	// "host:port", as the URL has it). With nil, they may not.
	CredentialHost func(host string) bool
	// Supplied tells which projects' wheels come from elsewhere.
	Supplied Supplied
}

// File is a requirements file with all that it includes.
type File struct {
	Path         string
	Requirements []Requirement // in the order in which pip meets them
	Constraints  []Requirement

	Sources            // where the wheels are, as far as the file says
	Pre           bool // --pre
	RequireHashes bool

	// Notes report options that were accepted but have no effect.
	Notes []*Problem

	steering Steering // of a lock
	supplied Supplied
}

// Requirement is one requirement of a file.
type Requirement struct {
	pep508.Requirement          // Name and URL are set for a bare URL or path to a wheel, too
	Path               string   // path to a wheel, as written; "" for others
	Hashes             []string // "sha256:…" and so on, lower case, in order, each once
	File               string
	Line               int
	Text               string // as written, shortened, secrets hidden
	Comment            string // the comment behind and below it, lines joined by "\n"

	supplied     bool           // the line names a source, and a wheel comes from elsewhere
	wheelVersion pep440.Version // of the wheel that URL or Path lead to
	versionText  string
}

// Parse reads the requirements file at path and those that it includes. It
// returns every problem of every file in one error (see [ListProblems]) and
// then no File.
func Parse(ctx context.Context, path string, open Opener, opt Options) (*File, error) {
	f, unread, err := parse(ctx, path, open, opt)
	if err == nil {
		err = unread.err()
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

// parse is Parse, but returns what could be read as well as what couldn't.
func parse(ctx context.Context, path string, open Opener, opt Options) (*File, problems, error) {
	r := &reader{open: open, opt: opt, left: maxBytes, file: &File{Path: path, supplied: opt.Supplied}}
	if err := r.read(ctx, path, false, nil); err != nil {
		return nil, nil, err
	}
	return r.file, r.problems, nil
}
