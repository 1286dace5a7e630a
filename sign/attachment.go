package sign

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Form is how an attachment is kept beside an image.
type Form string

// Forms of an [Attachment].
const (
	// FormBundle is a sigstore bundle in an OCI artifact that refers to the
	// image: what cosign 3 writes, and the form that [Attachment.Artifact]
	// makes.
	FormBundle Form = "bundle"
	// FormLegacy is a simple-signing payload in the image at the ".sig" tag,
	// for cosign 1 and 2. [SignLegacy] makes it.
	FormLegacy Form = "legacy"
)

// Attachment is a signed statement that is to be attached to an image's (or
// an index's) digest: a signature or an attestation. The zero value is a plain
// signature in a bundle. A list of attachments says all that is to be attached
// to an image.
type Attachment struct {
	// Form is how the statement is kept; empty means [FormBundle].
	Form Form
	// PredicateType is the in-toto predicate type; empty means
	// [PredicateSignature].
	PredicateType string
	// Predicate is the statement's content, encoded as JSON. A signature has
	// none.
	Predicate any
	// Annotations are signed along with the digest: the signer's own words.
	// Only signatures have them.
	Annotations map[string]string
	// Created is written beside the bundle, unsigned; zero leaves it out, so
	// that signing again gives the same bytes.
	Created time.Time
}

// IsSignature reports whether the attachment is a signature, not an
// attestation.
func (a Attachment) IsSignature() bool {
	return a.PredicateType == "" || a.PredicateType == PredicateSignature
}

// ArtifactType is the artifact type of the referrer that holds the
// attachment, and empty for the legacy form, which is no referrer.
func (a Attachment) ArtifactType() string {
	if a.form() == FormLegacy {
		return ""
	}
	return BundleMediaType
}

// String names the attachment: "signature", "signature (legacy)", or
// "attestation" and its predicate type.
func (a Attachment) String() string {
	switch {
	case a.form() == FormLegacy:
		return "signature (legacy)"
	case a.IsSignature():
		return "signature"
	default:
		return "attestation " + a.PredicateType
	}
}

// Key identifies what is attached, for a record of what was attached before:
// attachments with equal keys, made with one key for one subject, are equal.
// It fails where the predicate can't be encoded.
func (a Attachment) Key() (string, error) {
	a.Form, a.Created = a.form(), a.Created.UTC()
	if a.IsSignature() {
		a.PredicateType = PredicateSignature
	}
	b, err := encode(a)
	if err != nil {
		return "", fmt.Errorf("encoding the predicate: %w", err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

// Artifact signs the attachment for a subject and returns the OCI artifact
// that refers to it, in the form [FormBundle]. Media type, size and digest of
// the subject must be those of its manifest.
func (a Attachment) Artifact(s *Signer, subject v1.Descriptor) (v1.Image, error) {
	switch {
	case a.form() != FormBundle:
		return nil, fmt.Errorf("attaching a %s to %s: it is not kept in an artifact", a, subject.Digest)
	case !a.IsSignature() && len(a.Annotations) > 0:
		return nil, fmt.Errorf("attaching an %s to %s: only signatures have annotations", a, subject.Digest)
	case !a.IsSignature():
		return Attest(s, subject, a.PredicateType, a.Predicate, a.options())
	case a.Predicate != nil:
		return nil, fmt.Errorf("attaching a %s to %s: a signature has no predicate", a, subject.Digest)
	}
	return Sign(s, subject, a.options())
}

func (a Attachment) options() Options {
	return Options{Annotations: a.Annotations, Created: a.Created}
}

func (a Attachment) form() Form {
	if a.Form == "" {
		return FormBundle
	}
	return a.Form
}
