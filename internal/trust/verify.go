package trust

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/internal/registry"
	"github.com/assemble-image/assemble/sign"
)

// Verified is a signature that was found good.
type Verified struct {
	// Reference is the image by digest.
	Reference string `json:"reference"`
	Digest    string `json:"digest"`
	// Signatures are those that match the key.
	Signatures []Signature `json:"signatures"`
}

// Signature is one signature of an image.
type Signature struct {
	// Form is "bundle" (a referrer) or "legacy" (a .sig tag).
	Form string `json:"form"`
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

// maxSignatures bounds how many signatures of one image are looked at: each
// costs a request, and anyone who may push can add some.
const maxSignatures = 100

// Verify resolves ref and looks for signatures that match the verifier's key.
// The error is [ErrUnsigned] or [ErrNoMatch] where there is none; the latter
// wraps why each signature was refused.
func Verify(ctx context.Context, reg *registry.Client, ref string, key *sign.Verifier) (*Verified, error) {
	subject, at, err := reg.Descriptor(ctx, ref)
	if err != nil {
		return nil, err
	}
	v := &Verified{Reference: at.Name(), Digest: subject.Digest.String()}
	refused, err := v.bundles(ctx, reg, at, subject.Digest, key)
	if err != nil {
		return nil, err
	}
	more, err := v.legacy(ctx, reg, at, subject.Digest, key)
	if err != nil {
		return nil, err
	}
	refused = append(refused, more...)
	switch {
	case len(v.Signatures) > 0:
		return v, nil
	case len(refused) == 0:
		return nil, fmt.Errorf("verifying %q: %w", ref, ErrUnsigned)
	}
	return nil, fmt.Errorf("verifying %q: %w: %w", ref, ErrNoMatch, errors.Join(refused...))
}

// bundles tries the sigstore bundles that refer to the image, and returns why
// those that don't match were refused.
func (v *Verified) bundles(ctx context.Context, reg *registry.Client, at name.Digest, subject v1.Hash, key *sign.Verifier) (refused []error, err error) {
	list, err := reg.Referrers(ctx, at, sign.BundleMediaType)
	if err != nil {
		return nil, err
	}
	if len(list) > maxSignatures {
		return nil, fmt.Errorf("verifying %q: it has more than %d signatures", at.Name(), maxSignatures)
	}
	for _, desc := range list {
		blobs, err := reg.Artifact(ctx, at.Context().Digest(desc.Digest.String()), sign.MaxBundle)
		if err != nil {
			return nil, err
		}
		for _, b := range blobs {
			st, err := sign.Verify(key, subject, sign.PredicateSignature, b.Data)
			switch {
			case errors.Is(err, sign.ErrPredicate): // an attestation, no signature
			case err != nil:
				refused = append(refused, err)
			default:
				v.Signatures = append(v.Signatures, Signature{Form: "bundle", Manifest: desc.Digest.String(), Annotations: words(st)})
			}
		}
	}
	return refused, nil
}

// words are what the signer said of the image beside its digest.
func words(st *sign.Statement) map[string]any {
	for _, s := range st.Subject {
		if len(s.Annotations) > 0 {
			return s.Annotations
		}
	}
	return nil
}

// legacy tries the signatures in the form of cosign 1 and 2.
func (v *Verified) legacy(ctx context.Context, reg *registry.Client, at name.Digest, subject v1.Hash, key *sign.Verifier) (refused []error, err error) {
	blobs, err := reg.LegacySignatures(ctx, at, sign.MaxBundle)
	if err != nil {
		return nil, err
	}
	for _, b := range blobs {
		identity, err := sign.VerifyLegacy(key, subject, b.Data, b.Descriptor.Annotations[sign.LegacyAnnotation])
		if err != nil {
			refused = append(refused, err)
			continue
		}
		v.Signatures = append(v.Signatures, Signature{Form: "legacy", Identity: identity})
	}
	return refused, nil
}
