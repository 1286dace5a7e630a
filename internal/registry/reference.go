package registry

import (
	"errors"
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/assemble-image/assemble/internal/lazyregexp"
)

// ParseReference reads a reference by tag or digest; without either the tag
// is "latest". Docker Hub's short names are understood. With insecure, a
// registry that doesn't answer HTTPS is spoken to in plain HTTP, which is
// otherwise done on loopback only.
func ParseReference(ref string, insecure bool) (name.Reference, error) {
	if err := CheckForm(ref); err != nil {
		return nil, err
	}
	r, err := name.ParseReference(ref, nameOptions(insecure)...)
	if err != nil {
		return nil, fmt.Errorf("parsing reference %q: %w", ref, errors.New(oneLine(err.Error())))
	}
	return r, nil
}

// ParseTarget reads the reference that an image is pushed to: a repository
// with a tag, or "latest" without one. A digest is refused, since the digest
// of what is pushed is not known before.
func ParseTarget(ref string, insecure bool) (name.Tag, error) {
	if strings.Contains(ref, "@sha256:") {
		return name.Tag{}, fmt.Errorf("parsing target %q: a target needs a tag, not a digest", ref)
	}
	if err := CheckForm(ref); err != nil {
		return name.Tag{}, err
	}
	t, err := name.NewTag(ref, nameOptions(insecure)...)
	if err != nil {
		return name.Tag{}, fmt.Errorf("parsing target %q: %w", ref, errors.New(oneLine(err.Error())))
	}
	return t, nil
}

// ParseRepository reads a repository's name, without tag or digest.
func ParseRepository(ref string, insecure bool) (name.Repository, error) {
	if err := CheckForm(ref); err != nil {
		return name.Repository{}, err
	}
	r, err := name.NewRepository(ref, nameOptions(insecure)...)
	if err != nil {
		return name.Repository{}, fmt.Errorf("parsing repository %q: %w", ref, errors.New(oneLine(err.Error())))
	}
	return r, nil
}

// CheckForm refuses what people write that is no reference, where the parser
// would take it for another: URLs, and "user:password@host/…", which is not
// repeated.
func CheckForm(ref string) error {
	if scheme, rest, ok := strings.Cut(ref, "://"); ok && !strings.Contains(scheme, "@") && !strings.Contains(rest, "@") {
		return fmt.Errorf("parsing reference %q: a reference is not a URL; remove %q", ref, scheme+"://")
	}
	i := strings.LastIndexByte(ref, '@')
	if i < 0 || (strings.IndexByte(ref, '@') == i && digestForm.MatchString(ref[i+1:])) {
		return nil
	}
	if j := strings.IndexByte(ref, '@'); digestForm.MatchString(ref[i+1:]) {
		i = j + strings.LastIndexByte(ref[j:i], '@') // what is before the digest
	}
	return fmt.Errorf("parsing reference %q: a reference can't contain credentials", "…"+ref[i:])
}

// digestForm is what may follow an @: a digest, good or not.
var digestForm = lazyregexp.New(`^[A-Za-z0-9_+.-]+:[0-9A-Fa-f]*$`)

func nameOptions(insecure bool) []name.Option {
	if insecure {
		return []name.Option{name.Insecure}
	}
	return nil
}
