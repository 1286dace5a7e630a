package resolve

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/assemble-image/assemble/wheels"
	"github.com/assemble-image/assemble/wheels/pep440"
	"github.com/assemble-image/assemble/wheels/pep508"
	"github.com/assemble-image/assemble/wheels/requirements"
	"github.com/assemble-image/assemble/wheels/tags"
)

// Errors that a [Provider] returns, found with errors.Is. Any other error of a
// provider ends the search.
var (
	// ErrNoProject means that the provider knows no project of that name.
	ErrNoProject = errors.New("there is no such project")
	// ErrBadMetadata means that a file's metadata can't be used, so that the
	// file doesn't count.
	ErrBadMetadata = errors.New("bad metadata")
)

// Provider tells which files there are of a project and what they require.
// Its methods are called from many goroutines at once; asking twice for one
// thing must give one answer.
type Provider interface {
	// Files returns all files of the project with that normalized name, in any
	// order, source archives included. The error is ErrNoProject where there
	// is no such project.
	Files(ctx context.Context, name string) ([]File, error)
	// Metadata returns what a wheel that Files or Direct returned requires.
	// The error is ErrBadMetadata where that can't be made out.
	Metadata(ctx context.Context, f File) (Metadata, error)
}

// Director is a [Provider] that can look at a wheel by its path or URL. Without
// it, such requirements are refused.
type Director interface {
	// Direct returns the wheel that a requirement with a Path or URL names,
	// with its SHA-256.
	Direct(ctx context.Context, r requirements.Requirement) (File, error)
}

// File is a file of a release.
type File struct {
	Name           string    // file name
	URL            string    // "" when there is none; may hold credentials, which no lock gets
	Path           string    // on this machine, "" when it isn't there
	Size           int64     // bytes, 0 when unknown
	SHA256         string    // hex, "" when unknown
	RequiresPython string    // as the index has it, "" when unknown
	Yanked         bool      // PEP 592
	YankedReason   string    // "" when none was given
	UploadTime     time.Time // zero when unknown
	// Refused says what is wrong about a file that is there but can't be used,
	// so that the release counts for messages only.
	Refused string
	// Own says that the user names the file, whatever its age, and whether or
	// not it is a pre-release.
	Own bool
	// Origin is for the provider's own use.
	Origin any

	wheel *tags.Filename // what its name says, where that is known
}

// Metadata is what matters of a wheel's METADATA.
type Metadata struct {
	RequiresPython string
	RequiresDist   []pep508.Requirement
	ProvidesExtra  []string // normalized
}

// ParseMetadata reads the METADATA of the wheel with that file name. It fails
// with ErrBadMetadata on one that can't be read or is another wheel's.
func ParseMetadata(fileName, text string) (Metadata, error) {
	m, err := wheels.ParseMetadata(text)
	if err != nil {
		return Metadata{}, fmt.Errorf("%w of %q: %w", ErrBadMetadata, fileName, err)
	}
	return readMetadata(fileName, m)
}

func readMetadata(fileName string, m wheels.Metadata) (Metadata, error) {
	bad := func(err error) (Metadata, error) {
		return Metadata{}, fmt.Errorf("%w of %q: %w", ErrBadMetadata, fileName, err)
	}
	f, err := tags.ParseFilename(fileName)
	if err != nil {
		return bad(err)
	}
	version, err := pep440.Parse(m.Version)
	if err != nil {
		return bad(err)
	}
	if pep508.NormalizeName(m.Name) != f.Normalized || !version.Equal(f.Version) {
		return bad(fmt.Errorf("it is that of %.80q, version %q", m.Name, version))
	}
	out := Metadata{RequiresPython: m.RequiresPython}
	for _, text := range m.RequiresDist {
		r, err := pep508.ParseRequirement(text)
		if err != nil {
			return bad(fmt.Errorf("reading requirement: %w", err))
		}
		out.RequiresDist = append(out.RequiresDist, r)
	}
	for _, extra := range m.ProvidesExtra {
		out.ProvidesExtra = append(out.ProvidesExtra, pep508.NormalizeName(extra))
	}
	return out, nil
}
