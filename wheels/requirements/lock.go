package requirements

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/assemble-image/assemble/internal/toml"
	"github.com/assemble-image/assemble/wheels/pep508"
)

// maxLock bounds a TOML lock, in bytes; locks of a thousand projects stay
// under 10 MiB.
const maxLock = 16 << 20

// LockOptions say what to take from a lock. The zero value takes what an
// install without options takes.
type LockOptions struct {
	// Extras are the project's extras to install.
	Extras []string
	// Groups are the dependency groups to install. With nil, pylock.toml's
	// default groups are taken and none of uv.lock's.
	Groups []string
	// Project names the project to install where a uv.lock holds several. "" is
	// the one at the lock's own directory, or the only one.
	Project string
}

func (o *LockOptions) isZero() bool {
	return len(o.Extras) == 0 && len(o.Groups) == 0 && o.Project == ""
}

// Lock is what a lock says for one target.
type Lock struct {
	Pins []Pin
	// Sources are where hashed requirements say that the wheels are. Locks of
	// the other formats name each wheel's URL instead.
	Sources Sources
	// Notes report options that were read but are ignored.
	Notes []*Problem
	// Steering is what was left out and replaced on purpose.
	Steering Steering
}

// ReadPins is [ReadLock] for its pins only.
func ReadPins(ctx context.Context, path string, open Opener, env pep508.Environment, opt Options, lock LockOptions) ([]Pin, error) {
	l, err := ReadLock(ctx, path, open, env, opt, lock)
	if err != nil {
		return nil, err
	}
	return l.Pins, nil
}

// ReadLock reads what the lock at path says for env, in the format that its
// name implies: pylock.toml and pylock.NAME.toml (PEP 751), uv.lock, or hashed
// requirements for any other name. All that is wrong is in one error, see
// [ListProblems].
func ReadLock(ctx context.Context, path string, open Opener, env pep508.Environment, opt Options, lock LockOptions) (l *Lock, err error) {
	base := filepath.Base(path)
	read := parseUVLock
	switch {
	case base == "uv.lock":
	case IsPylock(base):
		read = parsePylock
	default:
		if !lock.isZero() {
			return nil, &Problem{File: path, Kind: KindTarget, Msg: "requirements have no extras, groups or projects to choose from; pylock.toml and uv.lock do"}
		}
		return readRequirements(ctx, path, open, env, opt)
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("reading lock %q: %w", path, err)
	}
	r, err := open(path)
	if err != nil {
		return nil, fmt.Errorf("opening lock %q: %w", path, err)
	}
	defer func() {
		if closeErr := r.Close(); closeErr != nil {
			l, err = nil, errors.Join(err, closeErr)
		}
	}()
	return read(path, r, env, opt.Supplied, lock)
}

// readRequirements reads a requirements file as a lock. A line that can't be
// read doesn't hide what else is wrong: all problems come sorted by line.
func readRequirements(ctx context.Context, path string, open Opener, env pep508.Environment, opt Options) (*Lock, error) {
	f, unread, err := parse(ctx, path, open, opt)
	if err != nil {
		return nil, err
	}
	pins, err := Pins(f, env)
	if len(unread) == 0 {
		if err != nil {
			return nil, err
		}
		return &Lock{Pins: pins, Sources: f.Sources, Notes: f.Notes, Steering: f.steering}, nil
	}
	list := append(ListProblems(unread.err()), ListProblems(err)...)
	slices.SortStableFunc(list, func(a, b *Problem) int {
		if a.File != b.File {
			return 0 // files stay in the order in which they were met
		}
		return cmp.Compare(a.Line, b.Line)
	})
	all := make(problems, len(list))
	for i, p := range list {
		all[i] = p
	}
	return nil, all.err()
}

// document is a TOML lock that is being read; what is wrong gathers in it.
type document struct {
	path     string
	env      pep508.Environment
	supplied Supplied
	problems
}

func (d *document) fail(t *toml.Table, kind Kind, text, format string, args ...any) {
	line := 0
	if t != nil {
		line = t.Line
	}
	d.add(d.path, line, text, kind, format, args...)
}

func (d *document) parse(r io.Reader) (*toml.Table, error) {
	content, err := io.ReadAll(io.LimitReader(r, maxLock+1))
	if err != nil {
		return nil, fmt.Errorf("reading lock %q: %w", d.path, err)
	}
	if len(content) > maxLock {
		return nil, &Problem{File: d.path, Kind: KindLimit, Msg: fmt.Sprintf("limit of %d bytes exceeded", maxLock)}
	}
	root, err := toml.Parse(string(content))
	if err != nil {
		problem := &Problem{File: d.path, Kind: KindSyntax, Msg: "not TOML"}
		var syntax *toml.Error
		if errors.As(err, &syntax) {
			problem.Line, problem.Msg = syntax.Line, "not TOML: "+syntax.Msg
		}
		return nil, problem
	}
	return root, nil
}

// text returns a string under key, "" when there is none.
func (d *document) text(t *toml.Table, key string) string {
	switch v := t.Get(key).(type) {
	case nil:
	case string:
		return v
	default:
		d.fail(t, KindSyntax, key, "expected a string")
	}
	return ""
}

// table returns a table under key, nil when there is none.
func (d *document) table(t *toml.Table, key string) *toml.Table {
	switch v := t.Get(key).(type) {
	case nil:
	case *toml.Table:
		return v
	default:
		d.fail(t, KindSyntax, key, "expected a table")
	}
	return nil
}

// list returns the elements under key that are of type T; others are wrong.
func list[T any](d *document, t *toml.Table, key string) []T {
	v := t.Get(key)
	if v == nil {
		return nil
	}
	values, ok := v.(toml.Array)
	typed := make([]T, 0, len(values))
	for _, value := range values {
		element, fits := value.(T)
		ok = ok && fits
		typed = append(typed, element)
	}
	if !ok {
		d.fail(t, KindSyntax, key, "expected a list of values of one type")
		return nil
	}
	return typed
}

// size returns a file's size under key, 0 when there is none.
func (d *document) size(t *toml.Table) int64 {
	switch v := t.Get("size").(type) {
	case nil:
	case int64:
		if v >= 0 {
			return v
		}
		d.fail(t, KindSyntax, "size", "expected a size in bytes")
	default:
		d.fail(t, KindSyntax, "size", "expected a size in bytes")
	}
	return 0
}
