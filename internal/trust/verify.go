package trust

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/internal/modelpack"
	"github.com/assemble-image/assemble/internal/registry"
	"github.com/assemble-image/assemble/sign"
)

// Verified is an image with a signature that was found good.
type Verified struct {
	// Reference is the image by digest.
	Reference string `json:"reference"`
	Digest    string `json:"digest"`
	// Signatures are those that match a key.
	Signatures []Signature `json:"signatures"`
	// Models are those that the image names; see [Models].
	Models []modelpack.Reference `json:"models,omitempty"`
}

// Signature is one signature of an image.
type Signature struct {
	// Form is "bundle" (a referrer) or "legacy" (a .sig tag).
	Form string `json:"form"`
	// Key names the key that it matches.
	Key string `json:"key,omitempty"`
	// Manifest is the digest of the referrer's manifest.
	Manifest string `json:"manifest,omitempty"`
	// Identity is the repository that a legacy signature names.
	Identity string `json:"identity,omitempty"`
	// Annotations are the signer's own words.
	Annotations map[string]any `json:"annotations,omitempty"`
}

// ErrUnsigned says that an image has no signature at all.
var ErrUnsigned = errors.New("the image is not signed")

// ErrNoMatch says that an image is signed, but with no key that was asked for.
var ErrNoMatch = errors.New("no signature matches the key")

// maxTime bounds how long signatures are looked at: anyone who may push can
// add some, and each costs requests.
const maxTime = 3 * time.Minute

// Verify resolves ref and looks for signatures that match one of the keys. A
// signature that can't be read is one that was refused, whatever is wrong with
// it, so that whoever may push can't hide the good ones. The error is
// [ErrUnsigned] or [ErrNoMatch] where there is none; the latter wraps why each
// signature was refused. Where the registry failed to list them, the error is
// the registry's.
func Verify(ctx context.Context, reg *registry.Client, ref string, keys ...PublicKey) (*Verified, error) {
	subject, at, err := reg.Descriptor(ctx, ref)
	if err != nil {
		return nil, err
	}
	bounded, cancel := context.WithTimeout(ctx, maxTime)
	defer cancel()
	s := &search{registry: reg, at: at, subject: subject.Digest, keys: keys}
	failed := errors.Join(s.bundles(bounded), s.legacy(bounded))
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("verifying %q: %w", ref, context.Cause(ctx))
	case len(s.found) > 0:
		return &Verified{Reference: at.Name(), Digest: subject.Digest.String(), Signatures: s.found}, nil
	case failed != nil:
		return nil, failed
	case len(s.refused) == 0:
		return nil, fmt.Errorf("verifying %q: %w", ref, ErrUnsigned)
	}
	return nil, fmt.Errorf("verifying %q: %w: %w", ref, ErrNoMatch, errors.Join(s.refused...))
}

// search is the state of looking for an image's signatures.
type search struct {
	registry *registry.Client
	at       name.Digest
	subject  v1.Hash
	keys     []PublicKey

	found   []Signature
	refused []error
}

// refuse notes why one signature doesn't count.
func (s *search) refuse(err error) {
	var e *registry.Error
	if errors.As(err, &e) {
		err = errors.New(e.Error()) // that a blob is missing doesn't make the image missing
	}
	s.refused = append(s.refused, err)
}

// match calls f with one key after the other until one matches, and returns
// its name. Where none does, the error is that of a key whose signature is good
// in itself, if there is one.
func (s *search) match(f func(*sign.Verifier) error) (key string, err error) {
	for _, k := range s.keys {
		kerr := f(k.Verifier)
		if kerr == nil {
			return k.Name, nil
		}
		if err == nil || errors.Is(err, sign.ErrSignature) {
			err = kerr
		}
	}
	return "", err
}
