package sign

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Annotations of a bundle's manifest, by which cosign tells them apart
// without reading them.
const (
	annotationContent   = "dev.sigstore.bundle.content"
	annotationPredicate = "dev.sigstore.bundle.predicateType"
	annotationCreated   = "org.opencontainers.image.created"
)

// AnnotatedPredicate returns the predicate type that the annotations of a
// bundle's manifest announce, "" where they announce none. It is not signed:
// good for passing over what says itself that it is something else.
func AnnotatedPredicate(annotations map[string]string) string {
	return annotations[annotationPredicate]
}

// Options adjusts what is signed; the zero value is fine.
type Options struct {
	// Annotations are signed along with the digest: the signer's own words.
	Annotations map[string]string
	// Created is written beside the bundle, unsigned; zero leaves it out, so
	// that signing again gives the same bytes.
	Created time.Time
}

// Sign signs an image's (or an index's) digest. The artifact it returns is
// what "cosign sign" pushes: a sigstore bundle 0.3 that refers to the subject
// through the OCI referrers API. Media type, size and digest of the subject
// must be those of its manifest.
func Sign(s *Signer, subject v1.Descriptor, opt Options) (v1.Image, error) {
	annotations := make(map[string]any, len(opt.Annotations))
	for k, v := range opt.Annotations {
		annotations[k] = v
	}
	img, err := attest(s, subject, Subject{Annotations: annotations}, PredicateSignature, struct{}{}, opt)
	if err != nil {
		return nil, fmt.Errorf("signing %s: %w", subject.Digest, err)
	}
	return img, nil
}

// Attest signs a statement about an image: the predicate, which is encoded as
// JSON, of the given type. The artifact is what "cosign attest" pushes.
// Annotations of the options are not used.
func Attest(s *Signer, subject v1.Descriptor, predicateType string, predicate any, opt Options) (v1.Image, error) {
	if predicateType == "" || predicateType == PredicateSignature {
		return nil, fmt.Errorf("attesting %s: invalid predicate type %q", subject.Digest, predicateType)
	}
	img, err := attest(s, subject, Subject{}, predicateType, predicate, opt)
	if err != nil {
		return nil, fmt.Errorf("attesting %s: %w", subject.Digest, err)
	}
	return img, nil
}

func attest(s *Signer, subject v1.Descriptor, sub Subject, predicateType string, predicate any, opt Options) (v1.Image, error) {
	if subject.Digest.Hex == "" || subject.MediaType == "" || subject.Size <= 0 {
		return nil, errors.New("the subject needs media type, size and digest")
	}
	body, err := encode(predicate)
	if err != nil {
		return nil, fmt.Errorf("encoding the predicate: %w", err)
	}
	sub.Digest = map[string]string{subject.Digest.Algorithm: subject.Digest.Hex}
	payload, err := newStatement(sub, predicateType, body)
	if err != nil {
		return nil, err
	}
	raw, err := newBundle(s, payload)
	if err != nil {
		return nil, err
	}
	return newArtifact(raw, subject, opt.manifestAnnotations(predicateType))
}

func (o Options) manifestAnnotations(predicateType string) map[string]string {
	m := map[string]string{annotationContent: "dsse-envelope", annotationPredicate: predicateType}
	if !o.Created.IsZero() {
		m[annotationCreated] = o.Created.UTC().Format(time.RFC3339)
	}
	return m
}

// encode is json.Marshal without its escapes for HTML, which other signers
// don't write either.
func encode(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}
