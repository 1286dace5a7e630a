package images

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/internal/registry"
	"github.com/assemble-image/assemble/manifest"
)

// Transports of places.
const (
	Remote        = "docker"
	Layout        = "oci"
	OCIArchive    = "oci-archive"
	DockerArchive = "docker-archive"
)

// Place is where an image is, or is to be.
type Place struct {
	// Transport is one of those above.
	Transport string
	// Path is a layout's directory or an archive's file.
	Path string
	// Repository is a registry's, in full.
	Repository name.Repository
	// Ref is the tag or digest in the repository or layout. It is empty where
	// none was given, in registries too.
	Ref string
}

// ParsePlace reads "[docker://]REPOSITORY[:TAG][@DIGEST]", "oci:DIR[:TAG]",
// "oci:DIR@DIGEST", "oci-archive:FILE[:TAG]" or "docker-archive:FILE[:NAME:TAG]".
// A registry that isn't on loopback may speak plain HTTP where insecure says so.
func ParsePlace(s string, insecure bool) (Place, error) {
	transport, rest, _ := strings.Cut(s, ":")
	switch transport {
	case Layout, OCIArchive, DockerArchive:
		return parseLocal(s, transport, rest)
	case "containers-storage", "docker-daemon", "dir", "containerd", "embedded":
		return Place{}, fmt.Errorf("parsing %q: transport %q is not supported here", s, transport+":")
	}
	return parseRemote(strings.TrimPrefix(s, "docker://"), insecure)
}

func parseLocal(s, transport, rest string) (Place, error) {
	path, ref, _ := strings.Cut(rest, ":")
	if at := strings.Index(rest, "@sha256:"); at >= 0 {
		path, ref = rest[:at], rest[at+1:]
		path, _, _ = strings.Cut(path, ":")
	}
	if path == "" {
		return Place{}, fmt.Errorf("parsing %q: no path follows %q", s, transport+":")
	}
	return Place{Transport: transport, Path: filepath.Clean(path), Ref: ref}, nil
}

func parseRemote(s string, insecure bool) (Place, error) {
	r, err := registry.ParseReference(s, insecure)
	if err != nil {
		return Place{}, err
	}
	p := Place{Transport: Remote, Repository: r.Context(), Ref: r.Identifier()}
	if _, ok := r.(name.Tag); ok && !hasTag(s) {
		p.Ref = ""
	}
	return p, nil
}

// hasTag reports whether a reference that parses says its tag.
func hasTag(ref string) bool {
	return strings.Contains(ref[strings.LastIndexByte(ref, '/')+1:], ":")
}

// IsDigest reports whether the place names content, and no tag.
func (p Place) IsDigest() bool { return strings.HasPrefix(p.Ref, "sha256:") }

// String is the place as one writes it.
func (p Place) String() string {
	at := p.Transport + ":" + p.Path
	if p.Transport == Remote {
		at = p.Repository.Name()
	}
	switch {
	case p.Ref == "":
		return at
	case p.IsDigest():
		return at + "@" + p.Ref
	}
	return at + ":" + p.Ref
}

// With is the place with another tag or digest.
func (p Place) With(ref string) Place {
	p.Ref = ref
	return p
}

// Source is an opened place that is read.
type Source interface {
	// Find returns what the place's tag or digest, or another one in the same
	// repository or layout, leads to; see [ErrMissing].
	Find(ctx context.Context, ref string) (v1.Descriptor, error)
	// Document reads a manifest or index.
	Document(ctx context.Context, d v1.Descriptor) ([]byte, error)
	// Image opens an image.
	Image(ctx context.Context, d v1.Descriptor) (v1.Image, error)
	// Blob opens a blob; what is read is checked against its descriptor.
	Blob(d v1.Descriptor) v1.Layer
	// Tags lists the tags that are there.
	Tags(ctx context.Context) ([]string, error)
	// Referrers lists what refers to a manifest.
	Referrers(ctx context.Context, subject v1.Hash) ([]v1.Descriptor, error)
}

// ErrMissing says that there is nothing of that tag or digest.
var ErrMissing = errors.New("no such image")

// Opener opens places.
type Opener struct {
	// Registry talks to registries.
	Registry *registry.Client
}

// Open opens a place for reading. It asks a registry nothing yet.
func (o Opener) Open(ctx context.Context, p Place) (Source, error) {
	switch p.Transport {
	case Layout:
		s, err := manifest.OpenLayout(p.Path)
		return &stored{s}, err
	case OCIArchive:
		s, err := manifest.OpenOCIArchive(p.Path)
		return &stored{s}, err
	case DockerArchive:
		img, err := manifest.ReadDockerArchive(ctx, p.Path, p.Ref, v1.Platform{})
		if err != nil {
			return nil, err
		}
		return &single{img}, nil
	}
	return &repository{o.Registry, p.Repository}, nil
}

// readAll reads a source's blob of at most limit bytes.
func readAll(ctx context.Context, l v1.Layer, limit int64) ([]byte, error) {
	size, err := l.Size()
	if err != nil {
		return nil, err
	}
	if size > limit {
		return nil, fmt.Errorf("a blob has %d bytes, more than %d", size, limit)
	}
	rc, err := openBlob(ctx, l)
	if err != nil {
		return nil, err
	}
	defer rc.Close()
	return io.ReadAll(io.LimitReader(rc, limit+1))
}
