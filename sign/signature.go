package sign

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	_ "crypto/sha256" // for crypto.SHA256
	_ "crypto/sha512" // for crypto.SHA384 and crypto.SHA512
	"errors"
	"fmt"
)

// ErrSignature reports that a signature was not made by the key over the
// content at hand.
var ErrSignature = errors.New("the signature does not match")

// sign signs a message: with SHA-256 whatever the ECDSA curve, since that is
// what "cosign verify" expects unless told otherwise; Ed25519 signs the
// message itself. The same message gives the same signature: ECDSA takes its
// nonce from key and message (RFC 6979), so that signing an image again makes
// no second artifact.
func (s *Signer) sign(message []byte) ([]byte, error) {
	h, digest := crypto.SHA256, message
	if _, ok := s.verifier.pub.(ed25519.PublicKey); ok {
		h = 0
	} else {
		digest = sum(h, message)
	}
	sig, err := s.key.Sign(nil, digest, h)
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	return sig, nil
}

// verify checks a signature over a message. Signers disagree on the hash, so
// it takes what cosign has been seen to write: for ECDSA, SHA-256 or the hash
// of the curve's size; for Ed25519, the plain and the pre-hashed kind.
func (v *Verifier) verify(message, sig []byte) error {
	if !v.matches(message, sig) {
		return ErrSignature
	}
	return nil
}

func (v *Verifier) matches(message, sig []byte) bool {
	switch k := v.pub.(type) {
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(k, sum(crypto.SHA256, message), sig) ||
			ecdsa.VerifyASN1(k, sum(curveHash(k), message), sig)
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(k, crypto.SHA256, sum(crypto.SHA256, message), sig) == nil
	case ed25519.PublicKey:
		prehashed := &ed25519.Options{Hash: crypto.SHA512}
		return ed25519.Verify(k, message, sig) ||
			ed25519.VerifyWithOptions(k, sum(crypto.SHA512, message), sig, prehashed) == nil
	}
	return false
}

// curveHash returns the hash of a curve's size.
func curveHash(k *ecdsa.PublicKey) crypto.Hash {
	switch k.Curve.Params().BitSize {
	case 384:
		return crypto.SHA384
	case 521:
		return crypto.SHA512
	}
	return crypto.SHA256
}

func sum(h crypto.Hash, message []byte) []byte {
	w := h.New()
	w.Write(message)
	return w.Sum(nil)
}
