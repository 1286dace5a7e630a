package base

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
)

// transport is the kind of place that a candidate lies in.
type transport string

const (
	remote        transport = "docker"
	layout        transport = "oci"
	ociArchive    transport = "oci-archive"
	dockerArchive transport = "docker-archive"
	embedded      transport = "embedded"
	containerd    transport = "containerd"
)

// source is a candidate taken apart.
type source struct {
	transport transport
	path      string // of a file or directory
	ref       string // a registry reference, or a tag within path
}

// parseSource takes a candidate apart by the rules of
// containers-transports(5). Names of transports that exist elsewhere are
// refused, since "docker-daemon:x" would be a fine registry reference too.
func parseSource(candidate, dir string) (source, error) {
	if ref, ok := strings.CutPrefix(candidate, "docker://"); ok {
		return source{transport: remote, ref: ref}, nil
	}
	kind, rest, found := strings.Cut(candidate, ":")
	if !found {
		kind = ""
	}
	switch t := transport(kind); t {
	case embedded:
		if rest != "" {
			return source{}, fmt.Errorf("nothing may follow %q", kind+":")
		}
		return source{transport: t}, nil
	case containerd:
		parsed, err := name.ParseReference(rest)
		if err != nil {
			return source{}, fmt.Errorf("parsing the reference: %w", err)
		}
		return source{transport: t, ref: fullName(parsed)}, nil
	case layout, ociArchive, dockerArchive:
		path, ref, _ := strings.Cut(rest, ":")
		if path == "" {
			return source{}, fmt.Errorf("no path follows %q", kind+":")
		}
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		return source{transport: t, path: path, ref: ref}, nil
	case remote: // "docker:tag" is the image called docker
	}
	switch kind {
	case "containers-storage", "docker-daemon", "dir", "ostree", "sif", "tarball":
		return source{}, fmt.Errorf("transport %q is not supported", kind+":")
	}
	if candidate == "" {
		return source{}, errors.New("it is empty")
	}
	return source{transport: remote, ref: candidate}, nil
}

// Local takes a candidate apart that lies on this machine: its transport ("oci",
// "oci-archive", "docker-archive"), its path, from dir, and its name in there. It
// is not ok for other candidates, and for what is none.
func Local(candidate, dir string) (kind, path, tag string, ok bool) {
	s, err := parseSource(candidate, dir)
	return string(s.transport), s.path, s.ref, err == nil && s.path != ""
}

func isEmbedded(candidate string) bool {
	s, err := parseSource(candidate, "")
	return err == nil && s.transport == embedded
}

// nameOf is a candidate's reference in full, "" unless it is in a registry.
func nameOf(candidate string) string {
	s, err := parseSource(candidate, "")
	if err != nil || s.transport != remote {
		return ""
	}
	ref, err := name.ParseReference(s.ref)
	if err != nil {
		return ""
	}
	return fullName(ref)
}

// fullName writes a reference as the distribution project does, with
// docker.io for what ggcr calls index.docker.io.
func fullName(ref name.Reference) string {
	full := ref.Name()
	if rest, ok := strings.CutPrefix(full, name.DefaultRegistry+"/"); ok {
		return "docker.io/" + rest
	}
	return full
}

// UnavailableError reports that no candidate could be opened.
type UnavailableError struct {
	// Candidates were tried in this order; Causes says why each failed.
	Candidates []string
	Causes     []error
}

// Error has a line for each candidate.
func (e *UnavailableError) Error() string {
	if len(e.Candidates) == 1 {
		return fmt.Sprintf("opening base image %q: %v", e.Candidates[0], e.Causes[0])
	}
	var b strings.Builder
	b.WriteString("opening the base image: no usable candidate:")
	for i, c := range e.Candidates {
		fmt.Fprintf(&b, "\n  %q: %v", c, e.Causes[i])
	}
	return b.String()
}

// Unwrap returns the causes.
func (e *UnavailableError) Unwrap() []error { return e.Causes }
