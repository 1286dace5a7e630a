package sign

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Predicate types that this package knows by name.
const (
	// PredicateSignature marks a plain image signature, as cosign makes it.
	PredicateSignature = "https://sigstore.dev/cosign/sign/v1"
	// PredicateSPDX and PredicateCycloneDX mark bills of materials.
	PredicateSPDX      = "https://spdx.dev/Document"
	PredicateCycloneDX = "https://cyclonedx.org/bom"
	// PredicateProvenance marks SLSA provenance 1.0.
	PredicateProvenance = "https://slsa.dev/provenance/v1"
)

// Statement types of the in-toto attestation framework; both are read, the
// second one is written.
const (
	statementV01 = "https://in-toto.io/Statement/v0.1"
	statementV1  = "https://in-toto.io/Statement/v1"
)

// maxSubjects bounds the subjects of one statement.
const maxSubjects = 1024

// Statement is an in-toto statement: a predicate about digests.
type Statement struct {
	Type          string          `json:"_type"`
	Subject       []Subject       `json:"subject"`
	PredicateType string          `json:"predicateType"`
	Predicate     json.RawMessage `json:"predicate"`
}

// Subject is one thing that a statement is about.
type Subject struct {
	Name   string            `json:"name,omitempty"`
	Digest map[string]string `json:"digest"`
	// Annotations are the signer's own words about the subject; nil leaves
	// the field out.
	Annotations map[string]any `json:"annotations,omitzero"`
}

// parseStatement reads a statement and checks its shape.
func parseStatement(payload []byte) (*Statement, error) {
	var s Statement
	if err := unmarshal(payload, statementShape, &s); err != nil {
		return nil, fmt.Errorf("reading an in-toto statement: %w", err)
	}
	switch {
	case s.Type != statementV01 && s.Type != statementV1:
		return nil, fmt.Errorf("reading an in-toto statement: the type %.80q is not supported", s.Type)
	case len(s.Subject) == 0:
		return nil, errors.New("reading an in-toto statement: no subject")
	case len(s.Subject) > maxSubjects:
		return nil, fmt.Errorf("reading an in-toto statement: limit exceeded: more than %d subjects", maxSubjects)
	case slices.ContainsFunc(s.Subject, func(sub Subject) bool { return len(sub.Digest) == 0 }):
		return nil, errors.New("reading an in-toto statement: a subject without a digest")
	case s.PredicateType == "":
		return nil, errors.New("reading an in-toto statement: no predicate type")
	}
	return &s, nil
}

// AnnotationsOf returns what the signer said of the subject with the digest. A
// statement may have several subjects; what it says of the others is theirs.
func (s *Statement) AnnotationsOf(h v1.Hash) map[string]any {
	for _, sub := range s.Subject {
		if sub.Digest[h.Algorithm] == h.Hex && len(sub.Annotations) > 0 {
			return sub.Annotations
		}
	}
	return nil
}

// covers reports whether one of the subjects has the digest.
func (s *Statement) covers(h v1.Hash) bool {
	for _, sub := range s.Subject {
		if sub.Digest[h.Algorithm] == h.Hex {
			return true
		}
	}
	return false
}

// NewStatement encodes an in-toto statement about an image's digest: the one
// that [Attest] signs, for whoever keeps it without a signature.
func NewStatement(subject v1.Hash, predicateType string, predicate any) ([]byte, error) {
	body, err := encode(predicate)
	if err != nil {
		return nil, fmt.Errorf("encoding the predicate: %w", err)
	}
	return newStatement(Subject{Digest: map[string]string{subject.Algorithm: subject.Hex}}, predicateType, body)
}

// ReadStatement reads a statement that nobody has signed: its subject and
// predicate type must be those that are asked for. The errors are [ErrSubject]
// and [ErrPredicate], or say why it can't be read.
func ReadStatement(subject v1.Hash, predicateType string, raw []byte) (*Statement, error) {
	s, err := parseStatement(raw)
	switch {
	case err != nil:
		return nil, err
	case !s.covers(subject):
		return nil, fmt.Errorf("reading a statement about %s: %w", subject, ErrSubject)
	case s.PredicateType != predicateType:
		return nil, fmt.Errorf("reading a statement about %s: %w: %.80q", subject, ErrPredicate, s.PredicateType)
	}
	return s, nil
}

func newStatement(sub Subject, predicateType string, body json.RawMessage) ([]byte, error) {
	payload, err := encode(Statement{Type: statementV1, Subject: []Subject{sub}, PredicateType: predicateType, Predicate: body})
	if err != nil {
		return nil, fmt.Errorf("encoding the statement: %w", err)
	}
	return payload, nil
}
