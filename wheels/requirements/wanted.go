package requirements

import (
	"context"
	"slices"

	"github.com/assemble-image/assemble/wheels/pep508"
)

// Wanted is what a file that is given as a lock amounts to.
type Wanted struct {
	// Lock is what a lock says, without pins where Open is there.
	Lock
	// Open is a requirements file that doesn't pin all that it names, by version
	// and hash, so that versions must be chosen yet. It is nil for a lock.
	Open *File
}

// ReadWanted reads the file at path like [ReadPins], but takes a requirements
// file that isn't a lock as well. Where such a file can't be read, only what
// can't be read is told: that it pins nothing is no fault then, unless it has
// hashes.
func ReadWanted(ctx context.Context, path string, open Opener, env pep508.Environment, opt Options, lock LockOptions) (*Wanted, error) {
	l, err := ReadLock(ctx, path, open, env, opt, lock)
	if err == nil {
		return &Wanted{Lock: *l}, nil
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
		return &Wanted{Lock: Lock{Sources: f.Sources, Notes: f.Notes}, Open: f}, nil
	case f.WantsHashes():
		return nil, err
	}
	return nil, unread.err()
}

// WantsHashes reports whether pip would want a hash of everything: the file
// says --require-hashes, or one of its lines has a hash.
func (f *File) WantsHashes() bool {
	hashed := func(r Requirement) bool { return len(r.Hashes) > 0 }
	return f.RequireHashes || slices.ContainsFunc(f.Requirements, hashed) || slices.ContainsFunc(f.Constraints, hashed)
}

// Pinned reports whether r allows one version only: by ==, or by naming a wheel.
func (r *Requirement) Pinned() bool {
	_, pinned := r.Specifiers.Pinned()
	return pinned || !r.wheelVersion.IsZero()
}
