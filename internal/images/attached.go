package images

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/internal/record"
	"github.com/assemble-image/assemble/manifest"
)

// maxAttached bounds the attachments of an image that are looked into, and
// maxAttachment the bytes of one.
const (
	maxAttached   = 64
	maxAttachment = 4 << 20
)

// Attachment is what refers to an image. Nothing of it is verified: it says what
// whoever has attached it says.
type Attachment struct {
	Digest string `json:"digest"`
	// Type is the artifact type, Predicate that of the statement in a bundle.
	Type      string `json:"type"`
	Predicate string `json:"predicate,omitempty"`
	// Key is the bundle's hint at the key that it is signed with: a SHA-256 of the
	// public key as a rule.
	Key string `json:"key,omitempty"`

	statement []byte // in-toto's, where it is one
}

// What says in a word or two what it is.
func (a Attachment) What() string {
	switch {
	case a.Predicate == "https://sigstore.dev/cosign/sign/v1" || a.Type == legacyType:
		return "signature"
	case a.Predicate == record.PredicateType:
		return "build record"
	case strings.Contains(a.Predicate, "/test-result/"):
		return "test result"
	case a.Predicate != "":
		return "attestation " + a.Predicate
	}
	return a.Type
}

// legacyType is what we call what lies at cosign's ".sig" tags.
const legacyType = "cosign .sig tag"

// listAttached lists what is attached to a digest.
func listAttached(ctx context.Context, src Source, digest v1.Hash) ([]Attachment, error) {
	list, err := src.Referrers(ctx, digest)
	if err != nil && !isRegistryFault(err) {
		return nil, err
	}
	var out []Attachment
	for i, d := range list {
		a := Attachment{Digest: d.Digest.String(), Type: d.ArtifactType}
		switch {
		case i >= maxAttached:
		case strings.HasPrefix(a.Type, "application/vnd.dev.sigstore.bundle"):
			a.look(a.firstBlob(ctx, src, d))
		case a.Type == record.ArtifactType:
			a.Predicate, a.statement = record.PredicateType, a.firstBlob(ctx, src, d)
		}
		out = append(out, a)
	}
	for _, suffix := range attachments {
		d, err := src.Find(ctx, digest.Algorithm+"-"+digest.Hex+suffix)
		switch {
		case err == nil && suffix == ".sig":
			out = append(out, Attachment{Digest: d.Digest.String(), Type: legacyType})
		case err == nil:
			out = append(out, Attachment{Digest: d.Digest.String(), Type: "cosign " + suffix + " tag"})
		case !errors.Is(err, ErrMissing) && !isRegistryFault(err):
			return nil, err
		}
	}
	return out, nil
}

// firstBlob reads what an artifact consists of, nil where that can't be read.
func (a *Attachment) firstBlob(ctx context.Context, src Source, d v1.Descriptor) []byte {
	raw, err := src.Document(ctx, d)
	if err != nil {
		return nil
	}
	parts, err := manifest.PartsOf(raw, d)
	if err != nil || len(parts.Blobs) < 2 { // the first is the config
		return nil
	}
	if raw, err = readAll(ctx, src.Blob(parts.Blobs[1]), maxAttachment); err != nil {
		return nil
	}
	return raw
}

// look says what is in a bundle. One that can't be read stays untold.
func (a *Attachment) look(raw []byte) {
	var bundle struct {
		VerificationMaterial struct {
			PublicKey struct {
				Hint string `json:"hint"`
			} `json:"publicKey"`
		} `json:"verificationMaterial"`
		DSSE struct {
			Payload []byte `json:"payload"`
		} `json:"dsseEnvelope"`
	}
	if json.Unmarshal(raw, &bundle) != nil {
		return
	}
	var statement struct {
		PredicateType string `json:"predicateType"`
	}
	if json.Unmarshal(bundle.DSSE.Payload, &statement) == nil {
		a.Predicate, a.statement = statement.PredicateType, bundle.DSSE.Payload
	}
	a.Key = bundle.VerificationMaterial.PublicKey.Hint
}
