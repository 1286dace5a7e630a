package requirements

import (
	"context"
	"slices"

	"github.com/assemble-image/assemble/wheels/pep508"
)

// Input is what a file that is given as a lock holds: a lock, or a requirements
// file that has yet to be resolved.
type Input struct {
	// Lock is the lock. It has no pins if Unpinned is set.
	Lock
	// Unpinned is a requirements file that doesn't pin everything by version and
	// hash, so that versions have yet to be chosen. It is nil for a lock.
	Unpinned *File
}

// ReadInput reads the file at path like [ReadPins], but also accepts a
// requirements file that isn't a lock. If such a file can't be read, the error
// lists only the lines that can't be read: missing pins are not an error then,
// unless the file has hashes.
func ReadInput(ctx context.Context, path string, open Opener, env pep508.Environment, opt Options, lock LockOptions) (*Input, error) {
	l, err := ReadLock(ctx, path, open, env, opt, lock)
	if err == nil {
		return &Input{Lock: *l}, nil
	}
	unpinned := slices.ContainsFunc(ListProblems(err), func(p *Problem) bool {
		return p.Kind == KindUnpinned || p.Kind == KindUnhashed
	})
	if !unpinned {
		return nil, err
	}
	// A lock of another format has no line that is a requirement.
	f, unread, parseErr := parse(ctx, path, open, opt)
	switch {
	case parseErr != nil || len(f.Requirements) == 0:
		return nil, err
	case len(unread) == 0:
		return &Input{Lock: Lock{Sources: f.Sources, Notes: f.Notes}, Unpinned: f}, nil
	case f.HashChecking():
		return nil, err
	}
	return nil, unread.err()
}

// HashChecking reports whether pip would read the file in hash-checking mode, in
// which everything needs a hash: the file has --require-hashes, or one of its
// lines has a hash.
func (f *File) HashChecking() bool {
	hashed := func(r Requirement) bool { return len(r.Hashes) > 0 }
	return f.RequireHashes || slices.ContainsFunc(f.Requirements, hashed) || slices.ContainsFunc(f.Constraints, hashed)
}

// Pinned reports whether r allows one version only: by ==, or by naming a wheel.
func (r *Requirement) Pinned() bool {
	_, pinned := r.Specifiers.Pinned()
	return pinned || !r.wheelVersion.IsZero()
}
