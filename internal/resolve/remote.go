package resolve

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path"

	"github.com/assemble-image/assemble/internal/index"
	"github.com/assemble-image/assemble/wheels"
	"github.com/assemble-image/assemble/wheels/requirements"
	"github.com/assemble-image/assemble/wheels/tags"
)

// IndexClient is what is used of [index.Client].
type IndexClient interface {
	Project(ctx context.Context, name string) (*index.Project, error)
	Metadata(ctx context.Context, f index.File) ([]byte, error)
	Adopt(url string) (string, error)
}

var _ IndexClient = (*index.Client)(nil)

type remote struct{ client IndexClient }

// Index returns a [Provider] of what a client's indexes have, which also takes
// wheels named by URL or path. Give the time to leave out newer files to
// [Options], not to the client, so that a conflict can name them.
func Index(c IndexClient) Provider { return &remote{c} }

// Files implements Provider.
func (p *remote) Files(ctx context.Context, name string) ([]File, error) {
	project, err := p.client.Project(ctx, name)
	if errors.Is(err, index.ErrNotFound) {
		return nil, ErrNoProject
	}
	if err != nil {
		return nil, err
	}
	files := make([]File, 0, len(project.Files))
	for _, f := range project.Files {
		file := File{
			Name:           f.Filename,
			URL:            f.URL,
			Size:           max(f.Size, 0),
			SHA256:         f.Hashes.SHA256,
			RequiresPython: f.RequiresPython,
			Yanked:         f.Yanked != nil,
			UploadTime:     f.UploadTime,
			Origin:         f,
		}
		if file.Yanked {
			file.YankedReason = *f.Yanked
		}
		files = append(files, file)
	}
	return files, nil
}

// Metadata implements Provider.
func (p *remote) Metadata(ctx context.Context, f File) (Metadata, error) {
	if f.Path != "" {
		return localMetadata(f, localOptions(wheels.Options{}))
	}
	origin, ok := f.Origin.(index.File)
	if !ok {
		return Metadata{}, fmt.Errorf("file %q is not of this index", f.Name)
	}
	text, err := p.client.Metadata(ctx, origin)
	if errors.Is(err, index.ErrContent) {
		return Metadata{}, fmt.Errorf("%w: %w", ErrBadMetadata, err)
	}
	if err != nil {
		return Metadata{}, err
	}
	return ParseMetadata(f.Name, string(text))
}

// Direct implements Director. A URL must come with its SHA-256.
func (p *remote) Direct(_ context.Context, r requirements.Requirement) (File, error) {
	if r.Path != "" {
		return localFile(r.Path, localOptions(wheels.Options{}))
	}
	digest, err := hashOf(r)
	if err != nil {
		return File{}, err
	}
	clean, err := p.client.Adopt(r.URL)
	if err != nil {
		return File{}, err
	}
	u, err := url.Parse(clean)
	if err != nil {
		return File{}, errors.New("the URL can't be parsed")
	}
	u.Fragment = ""
	name := path.Base(u.Path)
	f, err := tags.ParseFilename(name)
	if err != nil {
		return File{}, err
	}
	return File{
		Name: name, URL: u.String(), SHA256: digest,
		Origin: index.File{
			Filename: name, URL: u.String(), Size: -1, Wheel: &f,
			Hashes: index.Hashes{SHA256: digest},
		},
	}, nil
}
