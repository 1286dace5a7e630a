package sign

import (
	"errors"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Reasons for which a good signature is refused.
var (
	// ErrSubject: the statement is about another image.
	ErrSubject = errors.New("the signature is for a different image")
	// ErrPredicate: the statement says something else than was asked for.
	ErrPredicate = errors.New("the statement has a different predicate type")
)

// Verify checks a sigstore bundle against a key, an image's digest and a
// predicate type ([PredicateSignature] for a plain signature), all three of
// which must match, and returns the statement. Its errors wrap
// [ErrSignature], [ErrSubject] or [ErrPredicate], or say why the bundle can't
// be read. Bundles without a key (those of a certificate) don't match.
func Verify(v *Verifier, subject v1.Hash, predicateType string, raw []byte) (*Statement, error) {
	b, err := parseBundle(raw)
	if err != nil {
		return nil, err
	}
	if err := b.verify(v); err != nil {
		return nil, fmt.Errorf("verifying a bundle for %s: %w", subject, err)
	}
	s, err := parseStatement(b.Envelope.Payload)
	if err != nil {
		return nil, err
	}
	if !s.covers(subject) {
		return nil, fmt.Errorf("verifying a bundle for %s: %w", subject, ErrSubject)
	}
	if s.PredicateType != predicateType {
		return nil, fmt.Errorf("verifying a bundle for %s: %w: %.80q", subject, ErrPredicate, s.PredicateType)
	}
	return s, nil
}

// verify reports whether the envelope's signature is the key's. The hint is no
// more than a hint and is not looked at.
func (b *bundle) verify(v *Verifier) error {
	return v.verify(pae(b.Envelope.PayloadType, b.Envelope.Payload), b.Envelope.Signatures[0].Sig)
}
