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

// digestOf returns the hash that sigstore pairs with a key by default:
// the one of the curve's size for ECDSA, SHA-256 for RSA, none for Ed25519.
func digestOf(pub crypto.PublicKey) crypto.Hash {
	switch k := pub.(type) {
	case *ecdsa.PublicKey:
		switch k.Curve.Params().BitSize {
		case 384:
			return crypto.SHA384
		case 521:
			return crypto.SHA512
		}
	case ed25519.PublicKey:
		return 0
	}
	return crypto.SHA256
}

// sign signs a message. The same message gives the same signature: ECDSA
// takes its nonce from key and message (RFC 6979), so that signing an image
// again makes no second artifact.
func (s *Signer) sign(message []byte) ([]byte, error) {
	h := digestOf(s.verifier.pub)
	digest := message
	if h != 0 {
		digest = sum(h, message)
	}
	sig, err := s.key.Sign(nil, digest, h)
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	return sig, nil
}

// verify checks a signature over a message. Besides the key's own hash it
// takes SHA-256, which cosign uses with any curve unless told otherwise.
func (v *Verifier) verify(message, sig []byte) error {
	h := digestOf(v.pub)
	if v.matches(h, message, sig) || (h != 0 && h != crypto.SHA256 && v.matches(crypto.SHA256, message, sig)) {
		return nil
	}
	return ErrSignature
}

func (v *Verifier) matches(h crypto.Hash, message, sig []byte) bool {
	switch k := v.pub.(type) {
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(k, sum(h, message), sig)
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(k, h, sum(h, message), sig) == nil
	case ed25519.PublicKey:
		return ed25519.Verify(k, message, sig)
	}
	return false
}

func sum(h crypto.Hash, message []byte) []byte {
	w := h.New()
	w.Write(message)
	return w.Sum(nil)
}
