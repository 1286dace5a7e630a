package base

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/internal/osfile"
	"github.com/assemble-image/assemble/manifest"
)

const (
	lockVersion = 1
	maxLock     = 16 << 20
)

// Lock pins bases in registries by digest, for each platform: base.lock. Nil pins
// nothing.
type Lock struct {
	Version int `json:"version"`
	// Layout is a directory, relative to the lock's, with an OCI layout that keeps
	// the pinned bases; it may be empty.
	Layout string `json:"layout,omitempty"`
	// Bases are the pins by candidate, as a config has it.
	Bases map[string]*Pin `json:"bases"`

	dir string
}

// Pin is what a candidate stands for.
type Pin struct {
	// Digest is what the reference led to, an index as a rule.
	Digest string `json:"digest"`
	// Platforms are the images of it that are used.
	Platforms map[string]*Pinned `json:"platforms"`
}

// Pinned is the image of a platform, and what of it is worth telling when it
// changes.
type Pinned struct {
	Digest  string `json:"digest"`
	Created string `json:"created,omitempty"`
	System  string `json:"system,omitempty"`
	Python  string `json:"python,omitempty"`
	Libc    string `json:"libc,omitempty"`
	// Verified is the SHA-256 of the public key file with which a signature was
	// verified when this was pinned.
	Verified string            `json:"verified,omitempty"`
	Packages map[string]string `json:"packages,omitempty"`
}

// ReadLock reads the lock in a file. One that isn't there pins nothing.
func ReadLock(file string) (*Lock, error) {
	l := &Lock{Version: lockVersion, Bases: map[string]*Pin{}, dir: filepath.Dir(file)}
	raw, err := osfile.ReadBounded(file, maxLock)
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err == nil {
		err = l.parse(raw)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the bases' lock %q: %w", file, err)
	}
	return l, nil
}

func (l *Lock) parse(raw []byte) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(l); err != nil {
		return err
	}
	switch {
	case l.Version != lockVersion:
		return fmt.Errorf("its version is %d, not %d", l.Version, lockVersion)
	case l.Layout != "" && !filepath.IsLocal(l.Layout):
		return fmt.Errorf("the layout %q is outside of the lock's directory", l.Layout)
	}
	for candidate, pin := range l.Bases {
		if pin == nil {
			return fmt.Errorf("base %q has no pin", candidate)
		}
		digests := []string{pin.Digest}
		for platform, p := range pin.Platforms {
			if p == nil {
				return fmt.Errorf("base %q: %s is empty", candidate, platform)
			}
			digests = append(digests, p.Digest)
		}
		for _, text := range digests {
			if h, err := v1.NewHash(text); err != nil || h.Algorithm != "sha256" {
				return fmt.Errorf("base %q: %q is not a digest", candidate, text)
			}
		}
	}
	if l.Bases == nil {
		l.Bases = map[string]*Pin{}
	}
	return nil
}

// Write writes the lock to a file; equal locks make equal files.
func (l *Lock) Write(file string) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(l)
	if err == nil {
		err = osfile.Replace(file, osfile.Bytes(b.Bytes()), osfile.Options{Mode: 0o644})
	}
	if err != nil {
		return fmt.Errorf("writing the bases' lock %q: %w", file, err)
	}
	return nil
}

// Find returns the pin of a candidate for a platform, nil where there is none.
func (l *Lock) Find(candidate string, p v1.Platform) (*Pin, *Pinned) {
	if l == nil || l.Bases[candidate] == nil {
		return nil, nil
	}
	pin := l.Bases[candidate]
	for text, pinned := range pin.Platforms {
		if have, err := v1.ParsePlatform(text); err == nil && manifest.SamePlatform(p, *have) {
			return pin, pinned
		}
	}
	return pin, nil
}

// Set pins a candidate for a platform. Where the candidate leads elsewhere than
// before, pins for other platforms go, since they are of another index.
func (l *Lock) Set(candidate, digest, platform string, p *Pinned) {
	pin := l.Bases[candidate]
	if pin == nil || pin.Digest != digest {
		pin = &Pin{Digest: digest, Platforms: map[string]*Pinned{}}
		l.Bases[candidate] = pin
	}
	pin.Platforms[platform] = p
}

// IsRemote reports whether a candidate is in a registry, and so can be pinned,
// and whether it names a digest itself.
func IsRemote(candidate string) (remote, digest bool) {
	s, err := parseSource(candidate, "")
	if err != nil || s.transport != "docker" {
		return false, false
	}
	r, err := name.ParseReference(s.ref)
	if err != nil {
		return false, false
	}
	_, digest = r.(name.Digest)
	return true, digest
}

// PinOf describes an image for a lock.
func PinOf(img v1.Image, f *Facts) (*Pinned, error) {
	digest, err := img.Digest()
	if err != nil {
		return nil, err
	}
	cf, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	p := &Pinned{Digest: digest.String(), System: f.OS.PrettyName, Python: f.Python.Version, Packages: map[string]string{}}
	if f.Libc.Family != "" {
		p.Libc = f.Libc.Family + " " + f.Libc.Version
	}
	if !cf.Created.IsZero() {
		p.Created = cf.Created.UTC().Format(time.RFC3339)
	}
	for _, pkg := range f.Packages {
		p.Packages[pkg.Name] = pkg.Version
	}
	return p, nil
}

// Changes says what differs between two images that were pinned, a line each.
func (p *Pinned) Changes(to *Pinned) []string {
	var out []string
	for _, f := range []struct{ what, a, b string }{
		{"Python", p.Python, to.Python}, {"libc", p.Libc, to.Libc}, {"system", p.System, to.System}, {"created", p.Created, to.Created},
	} {
		if f.a != f.b {
			out = append(out, fmt.Sprintf("%s %s → %s", f.what, f.a, f.b))
		}
	}
	names := slices.Collect(maps.Keys(p.Packages))
	for n := range to.Packages {
		if _, ok := p.Packages[n]; !ok {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	for _, n := range names {
		a, had := p.Packages[n]
		b, has := to.Packages[n]
		switch {
		case !had:
			out = append(out, fmt.Sprintf("package %s %s added", n, b))
		case !has:
			out = append(out, fmt.Sprintf("package %s %s removed", n, a))
		case a != b:
			out = append(out, fmt.Sprintf("package %s %s → %s", n, a, b))
		}
	}
	return out
}

// openPinned opens a pinned image: from the layout that keeps it, or by its
// digest. It is nil where the candidate isn't pinned.
func (l *Lock) openPinned(candidate string, p v1.Platform) (img v1.Image, digest string) {
	_, pinned := l.Find(candidate, p)
	if pinned == nil {
		return nil, ""
	}
	if l.Layout != "" {
		if kept, err := manifest.ReadLayout(filepath.Join(l.dir, l.Layout), pinned.Digest, p); err == nil {
			return kept, pinned.Digest
		}
	}
	return nil, pinned.Digest
}
