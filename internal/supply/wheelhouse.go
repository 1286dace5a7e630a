package supply

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path"
	"path/filepath"

	"github.com/assemble-image/assemble/internal/resolve"
	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/wheels"
	"github.com/assemble-image/assemble/wheels/requirements"
	"github.com/assemble-image/assemble/wheels/tags"
)

// wheelhouse is the [resolve.Provider] of the wheels in directories, for locks
// and for builds alike: it remembers digests and metadata from one run to the
// next, and reads no wheel that the target can't install. A wheel that it can't
// read ends the search: with a version less, another would be chosen without a
// word.
type wheelhouse struct {
	wheels map[string][]wheels.Candidate // by normalized name
	known  map[string]string             // paths by names of files
	twins  map[string]string             // files of a name that was known, by the path that is
	own    map[string]bool               // projects whose wheels the user names
	opt    wheelhouseOptions
}

// wheelhouseOptions alter a wheelhouse. Fits must be given.
type wheelhouseOptions struct {
	// Fits is the target's ladder of tags.
	Fits tags.Index
	// Digests knows digests of earlier runs; its store keeps the metadata,
	// too.
	Digests wheels.DigestCache
}

var (
	_ resolve.Provider = (*wheelhouse)(nil)
	_ resolve.Director = (*wheelhouse)(nil)
)

func newWheelhouse(opt wheelhouseOptions) *wheelhouse {
	return &wheelhouse{wheels: map[string][]wheels.Candidate{}, known: map[string]string{}, twins: map[string]string{}, own: map[string]bool{}, opt: opt}
}

// add lists the wheels in dir; those whose names are known from an earlier
// directory are left out. Names ending in .whl that are no wheel's are returned
// as junk.
func (s *wheelhouse) add(dir string) (junk []string, err error) {
	list, junk, err := wheels.ListWheelhouse(dir)
	if err != nil {
		return nil, err
	}
	for _, c := range list {
		base := filepath.Base(c.Path)
		if first, ok := s.known[base]; ok {
			s.twins[first] = c.Path
			continue
		}
		s.known[base] = c.Path
		s.wheels[c.Filename.Normalized] = append(s.wheels[c.Filename.Normalized], c)
	}
	return junk, nil
}

// setOwn makes the wheel that the user names the only one of its project.
func (s *wheelhouse) setOwn(name string, c wheels.Candidate) {
	s.own[name], s.wheels[name] = true, []wheels.Candidate{c}
}

// Files implements Provider. The Origin of a file that the target can install
// is its *layers.Source; others have neither that nor a SHA-256.
func (s *wheelhouse) Files(ctx context.Context, name string) ([]resolve.File, error) {
	list, ok := s.wheels[name]
	if !ok {
		return nil, resolve.ErrNoProject
	}
	files := make([]resolve.File, 0, len(list))
	for _, c := range list {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if s.opt.Fits.Rank(c.Filename.Tags) == tags.Unsupported {
			files = append(files, resolve.File{Name: filepath.Base(c.Path), Path: c.Path})
			continue
		}
		f, err := s.file(c.Path)
		if err != nil {
			return nil, err
		}
		f.Own = s.own[name]
		files = append(files, f)
	}
	return files, nil
}

// file identifies the wheel at a path.
func (s *wheelhouse) file(path string) (resolve.File, error) {
	src, err := identifyWheel(s.opt.Digests, path, nil)
	if err != nil {
		return resolve.File{}, err
	}
	return resolve.File{Name: filepath.Base(path), Path: path, Size: src.Size, SHA256: src.Digest(), Origin: src}, nil
}

// Direct implements Director: for a path, and for a URL whose last part is the
// name of a wheel in the directory.
func (s *wheelhouse) Direct(_ context.Context, r requirements.Requirement) (resolve.File, error) {
	if r.Path != "" {
		return s.file(r.Path)
	}
	u, err := url.Parse(r.URL)
	if err != nil {
		return resolve.File{}, errors.New("the URL can't be parsed")
	}
	want, err := tags.ParseFilename(path.Base(u.Path))
	if err != nil {
		return resolve.File{}, err
	}
	for _, c := range s.wheels[want.Normalized] {
		if c.Filename.String() == want.String() {
			return s.file(c.Path)
		}
	}
	return resolve.File{}, fmt.Errorf("the wheelhouse has no %s, and nothing is downloaded while versions are chosen", want)
}

// kindMetadata is what the cache keeps metadata as, by SHA-256 and file name.
const kindMetadata = "wheelmetadata"

// Metadata implements Provider.
func (s *wheelhouse) Metadata(_ context.Context, f resolve.File) (resolve.Metadata, error) {
	src, ok := f.Origin.(*layers.Source)
	if !ok {
		return resolve.Metadata{}, fmt.Errorf("file %q is not from this wheelhouse", f.Name)
	}
	key := f.SHA256 + " " + f.Name
	var m wheels.Metadata
	store := s.opt.Digests.Store
	if store != nil {
		if data, ok := store.Get(kindMetadata, key); ok && json.Unmarshal(data, &m) == nil {
			return resolve.ReadMetadata(f.Name, m)
		}
	}
	m, err := readWheel(src)
	if err != nil {
		return resolve.Metadata{}, err
	}
	if store != nil {
		data, err := json.Marshal(m)
		if err != nil {
			return resolve.Metadata{}, fmt.Errorf("encoding the metadata of %q: %w", f.Name, err)
		}
		_ = store.Put(kindMetadata, key, data) // as in identifyWheel
	}
	return resolve.ReadMetadata(f.Name, m)
}

// readWheel reads what matters of the METADATA of the wheel that src describes.
func readWheel(src *layers.Source) (m wheels.Metadata, err error) {
	name, err := tags.ParseFilename(filepath.Base(src.Path))
	if err != nil {
		return m, err
	}
	f, err := src.Open()
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, full, err := wheels.ReadMetadata(f, src.Size, name)
	return wheels.Metadata{
		Name: full.Name, Version: full.Version, RequiresPython: full.RequiresPython,
		RequiresDist: full.RequiresDist, ProvidesExtra: full.ProvidesExtra,
	}, err
}
