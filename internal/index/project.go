package index

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/assemble-image/assemble/internal/wire"
	"github.com/assemble-image/assemble/wheels/pep508"
	"github.com/assemble-image/assemble/wheels/tags"
)

// Project is what an index has of a project.
type Project struct {
	// Name is in the form of PEP 503.
	Name string
	// Place is the number of the place, from 0; Server what messages call it.
	Place  int
	Server string
	// Files are the wheels and source archives, in the index's order.
	Files []File
	// Refused are files with something wrong about their entry, at most a few.
	Refused []Refused
	// Unfit counts the wheels that [Options.Fits] left out.
	Unfit int
}

// File is a file of a project.
type File struct {
	// Filename is a plain name: a wheel's, or that of a source archive.
	Filename string
	// URL is where it is, without user information. It may hold a signature.
	URL string
	// Path is where it is on this machine, "" where it is on a server.
	Path string
	// Hashes are those that the index gives.
	Hashes Hashes
	// RequiresPython is a PEP 440 specifier set, as written.
	RequiresPython string
	// Yanked is the reason for which the file was yanked (PEP 592), perhaps
	// an empty one; nil where it wasn't.
	Yanked *string
	// Size is in bytes, -1 where it isn't known.
	Size int64
	// UploadTime is zero where it isn't known.
	UploadTime time.Time
	// HasMetadata says that the METADATA is there as a file of its own (PEP
	// 658), with MetadataHashes like Hashes.
	HasMetadata    bool
	MetadataHashes Hashes
	// Wheel is what the name of a wheel says; nil for a source archive.
	Wheel *tags.Filename
}

// Refused is a file that an index lists and that is left out.
type Refused struct {
	// Name is the file's, as far as it is known, Reason what is wrong.
	Name, Reason string
}

// String returns one line.
func (r Refused) String() string { return fmt.Sprintf("%.100q: %s", r.Name, r.Reason) }

// maxRefused bounds how many refused files are kept for messages.
const maxRefused = 20

// Project returns what the first place that knows the project has of it. The
// error is [ErrNotFound] where none does. A place that fails is an error, even
// if a later one knows the project: see the package's documentation.
func (c *Client) Project(ctx context.Context, name string) (*Project, error) {
	for i := range c.places {
		p, err := c.projectOn(ctx, i, name, nil, c.policy)
		if flat := c.places[i].flat; err == nil && flat != nil {
			flat.answers(p.Name)
		}
		if err == nil || !errors.Is(err, ErrNotFound) {
			return p, err
		}
	}
	return nil, &Error{Op: fmt.Sprintf("looking up project %q", pep508.NormalizeName(name)), kind: ErrNotFound}
}

// ProjectOn returns what place number i, from 0, has of a project. It is for
// callers that hold files to hashes of their own; others use [Client.Project].
// Such callers have other places to go to: all but the last get fewer tries.
// Files for which only returns false are left out before anything is made of
// them; nil leaves out none. Their hashes are as the index wrote them.
func (c *Client) ProjectOn(ctx context.Context, i int, name string, only func(filename string, hashes Hashes) bool) (*Project, error) {
	policy := c.policy
	if i < len(c.places)-1 {
		policy.Tries = min(policy.Tries, mirrorTries)
	}
	return c.projectOn(ctx, i, name, only, policy)
}

// mirrorTries bounds how often a request is made where another place is left.
const mirrorTries = 2

func (c *Client) projectOn(ctx context.Context, i int, name string, only func(string, Hashes) bool, policy wire.Policy) (*Project, error) {
	normalized := pep508.NormalizeName(name)
	op := fmt.Sprintf("looking up project %q", normalized)
	if !pep508.ValidName(name) {
		return nil, fmt.Errorf("%s: not a valid project name", op)
	}
	p := &Project{Name: normalized, Place: i, Server: c.places[i].name}
	l := &collector{project: p, fits: c.opt.Fits, only: only}
	if err := c.collect(ctx, c.places[i], l, op, policy); err != nil {
		return nil, err
	}
	return p, nil
}

// collect gives l what a place lists of its project.
func (c *Client) collect(ctx context.Context, at *place, l *collector, op string, policy wire.Policy) error {
	if at.flat != nil {
		return c.flatEntries(ctx, at, l.project.Name, op, policy, l.add)
	}
	page, err := c.page(ctx, at.url.JoinPath(l.project.Name+"/"), op, policy)
	if err != nil {
		return err
	}
	return describe(page.each(l.pass, func(e *entry) { l.add(e, page.url) }), op, at.url.Host)
}

// entry is a file as a page lists it.
type entry struct {
	// name is empty where the page names files by their URL alone.
	name string
	// href is relative to base, or to the page where base is empty.
	href, base string
	file       File
}
