package trust

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/assemble-image/assemble/internal/registry"
	"github.com/assemble-image/assemble/sign"
)

const (
	// maxSignatures bounds how many signatures of one image are looked at, as
	// cosign does.
	maxSignatures = 1000
	// maxSignature bounds one of them in bytes. A statement without a
	// predicate has less than 1 kB; attestations may have more, and tell so.
	maxSignature = 4 << 20
	// maxOne bounds the time for one of them.
	maxOne = 30 * time.Second
	// bundleTypes begins the artifact types of bundles, and emptyConfig is the
	// media type of their configs.
	bundleTypes = "application/vnd.dev.sigstore.bundle"
	emptyConfig = "application/vnd.oci.empty.v1+json"
	// readers is how many are read at a time.
	readers = 4
)

// bundles tries the sigstore bundles that refer to the image. Its error is
// that of a registry that doesn't list them.
func (s *search) bundles(ctx context.Context) error {
	list, err := s.registry.Referrers(ctx, s.at, "")
	switch {
	case errors.Is(err, registry.ErrContent):
		s.refuse(err) // anyone who may push can spoil the fallback tag, or fill the list
	case err != nil:
		return err
	}
	list = candidates(list)
	if len(list) > maxSignatures {
		s.refuse(fmt.Errorf("the image has %d signatures, of which only %d are looked at", len(list), maxSignatures))
		list = list[:maxSignatures]
	}
	blobs, errs := make([][]registry.Blob, len(list)), make([]error, len(list))
	g := new(errgroup.Group)
	g.SetLimit(readers)
	for i, desc := range list {
		g.Go(func() error {
			one, cancel := context.WithTimeout(ctx, maxOne)
			defer cancel()
			blobs[i], errs[i] = s.registry.Artifact(one, s.at.Context().Digest(desc.Digest.String()), maxSignature)
			return nil
		})
	}
	_ = g.Wait() // each has its own error
	for i, desc := range list {
		if errs[i] != nil {
			s.refuse(errs[i])
		}
		for _, b := range blobs[i] {
			s.bundle(b, desc)
		}
	}
	return nil
}

// candidates returns the referrers that may be signatures: first those that
// say so. Attestations say what they are, too. There are registries that list
// the config's media type in the place of the artifact type.
func candidates(list []v1.Descriptor) []v1.Descriptor {
	var named, unnamed []v1.Descriptor
	for _, desc := range list {
		if t := desc.ArtifactType; !strings.HasPrefix(t, bundleTypes) && t != "" && t != emptyConfig {
			continue
		}
		switch sign.AnnotatedPredicate(desc.Annotations) {
		case sign.PredicateSignature:
			named = append(named, desc)
		case "":
			unnamed = append(unnamed, desc)
		}
	}
	return append(named, unnamed...)
}

// bundle tries one bundle.
func (s *search) bundle(b registry.Blob, desc v1.Descriptor) {
	var st *sign.Statement
	key, err := s.match(func(v *sign.Verifier) (err error) {
		if b.Err != nil {
			return b.Err
		}
		st, err = sign.Verify(v, s.subject, sign.PredicateSignature, b.Data)
		return err
	})
	switch {
	case errors.Is(err, sign.ErrPredicate): // an attestation, no signature
	case err != nil:
		s.refuse(err)
	default:
		s.found = append(s.found, Signature{
			Form: "bundle", Key: key, Manifest: desc.Digest.String(), Annotations: st.AnnotationsOf(s.subject),
		})
	}
}

// legacy tries the signatures in the form of cosign 1 and 2. Its error is that
// of a registry that doesn't say whether there are any.
func (s *search) legacy(ctx context.Context) error {
	blobs, err := s.registry.LegacySignatures(ctx, s.at, sign.MaxLegacy)
	switch {
	case errors.Is(err, registry.ErrContent):
		s.refuse(err)
		return nil
	case err != nil:
		return err
	}
	for _, b := range blobs {
		var identity string
		key, err := s.match(func(v *sign.Verifier) (err error) {
			if b.Err != nil {
				return b.Err
			}
			identity, err = sign.VerifyLegacy(v, s.subject, b.Data, b.Descriptor.Annotations[sign.LegacyAnnotation])
			return err
		})
		if err != nil {
			s.refuse(err)
			continue
		}
		s.found = append(s.found, Signature{Form: "legacy", Key: key, Identity: identity})
	}
	return nil
}
