package resolve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	pathpkg "path"
	"strings"

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

type remote struct {
	client IndexClient
	memory wheels.DigestCache
}

// Index returns a [Provider] of what a client's places have, which also takes
// wheels named by URL or path. The memory knows the digests of wheels on this
// machine. Give the time to leave out newer files to [Options], not to the
// client, so that a conflict can name them.
func Index(c IndexClient, memory wheels.DigestCache) Provider { return &remote{c, memory} }

// Files implements Provider.
func (p *remote) Files(ctx context.Context, name string) ([]File, error) {
	project, err := p.client.Project(ctx, name)
	if errors.Is(err, index.ErrNotFound) {
		return nil, ErrNoProject
	}
	if err != nil {
		return nil, err
	}
	files := make([]File, 0, len(project.Files)+len(project.Refused))
	for _, r := range project.Refused {
		files = append(files, File{Name: r.Name, Refused: r.Reason})
	}
	for i := range project.Files {
		f := &project.Files[i]
		file := File{
			Name:           f.Filename,
			URL:            f.URL,
			Size:           max(f.Size, 0),
			SHA256:         f.Hashes.SHA256,
			RequiresPython: f.RequiresPython,
			Yanked:         f.Yanked != nil,
			UploadTime:     f.UploadTime,
			Origin:         originOf(f),
			wheel:          f.Wheel,
		}
		if file.Yanked {
			file.YankedReason = *f.Yanked
		}
		if f.Path != "" && f.Wheel != nil {
			if err := p.local(&file, *f); err != nil {
				return nil, fmt.Errorf("%s: %w", project.Server, err)
			}
		}
		files = append(files, file)
	}
	return files, nil
}

// local fills in what is known of a file of this machine, and holds that to
// what the page says that lists it.
func (p *remote) local(file *File, f index.File) error {
	opt := localOptions(wheels.Options{LookupDigest: p.memory.Lookup})
	for _, h := range strings.Fields(f.Hashes.String()) {
		opt.Hashes = append(opt.Hashes, strings.Replace(h, "=", ":", 1))
	}
	src, err := wheels.Identify(f.Path, opt)
	if err != nil {
		return err
	}
	_ = p.memory.Save(src) // a cache that can't be written says so itself
	file.Path, file.URL, file.Size, file.SHA256 = f.Path, "", src.Size, src.Digest()
	return nil
}

// Metadata implements Provider.
func (p *remote) Metadata(ctx context.Context, f File) (Metadata, error) {
	if f.Path != "" {
		return localMetadata(f, localOptions(wheels.Options{}))
	}
	origin, ok := f.Origin.(*indexOrigin)
	if !ok {
		return Metadata{}, fmt.Errorf("file %q is not of this index", f.Name)
	}
	file, err := origin.file(f)
	if err != nil {
		return Metadata{}, fmt.Errorf("%w: %w", ErrBadMetadata, err)
	}
	text, err := p.client.Metadata(ctx, file)
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
	path, local := index.LocalPath(r.URL)
	if r.Path != "" {
		path, local = r.Path, true
	}
	if local {
		opt := localOptions(wheels.Options{LookupDigest: p.memory.Lookup})
		opt.Hashes = r.Hashes
		return localFile(path, opt)
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
	name := pathpkg.Base(u.Path)
	if _, err := tags.ParseFilename(name); err != nil {
		return File{}, err
	}
	return File{Name: name, URL: u.String(), SHA256: digest, Origin: bareOrigin}, nil
}

// indexOrigin is what [File] doesn't have of an [index.File] and its METADATA
// takes. The rest would be held twice, for thousands of files.
type indexOrigin struct {
	hashes      index.Hashes // but for SHA-256
	hasMetadata bool
	metadata    index.Hashes
}

// bareOrigin is that of a file of which no more is known.
var bareOrigin = &indexOrigin{}

func originOf(f *index.File) *indexOrigin {
	o := indexOrigin{hashes: f.Hashes, hasMetadata: f.HasMetadata, metadata: f.MetadataHashes}
	o.hashes.SHA256 = ""
	if o == *bareOrigin {
		return bareOrigin
	}
	return &o
}

// file returns what [index.Client.Metadata] needs of f.
func (o *indexOrigin) file(f File) (index.File, error) {
	wheel, err := tags.ParseFilename(f.Name)
	if err != nil {
		return index.File{}, err
	}
	hashes := o.hashes
	hashes.SHA256 = f.SHA256
	return index.File{
		Filename: f.Name, URL: f.URL, Size: cmp.Or(f.Size, -1), Hashes: hashes,
		HasMetadata: o.hasMetadata, MetadataHashes: o.metadata, Wheel: &wheel,
	}, nil
}
