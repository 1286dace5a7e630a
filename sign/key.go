package sign

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/secure-systems-lab/go-securesystemslib/encrypted"
)

// ErrPassword reports that an encrypted key doesn't open with the password
// that was given.
var ErrPassword = errors.New("wrong password or damaged key")

// PEM types of key files.
const (
	pemSigstore = "ENCRYPTED SIGSTORE PRIVATE KEY"
	pemCosign   = "ENCRYPTED COSIGN PRIVATE KEY"
	pemPKCS8    = "PRIVATE KEY"
	pemEC       = "EC PRIVATE KEY"
	pemRSA      = "RSA PRIVATE KEY"
	pemPublic   = "PUBLIC KEY"
)

// maxKeyFile bounds a key file's size in bytes.
const maxKeyFile = 64 << 10

// Signer holds a private key.
type Signer struct {
	key      crypto.Signer
	verifier *Verifier
}

// Verifier returns the verifier of the signer's public key.
func (s *Signer) Verifier() *Verifier { return s.verifier }

// Verifier holds a public key.
type Verifier struct {
	pub  crypto.PublicKey
	hint string
}

// Hint names the key as sigstore bundles do: the base64 SHA-256 of the public
// key's PKIX encoding.
func (v *Verifier) Hint() string { return v.hint }

// GenerateKey makes an ECDSA P-256 key pair in the files' format of
// "cosign generate-key-pair": the private key encrypted with the password
// (scrypt with N=65536, NaCl secretbox), the public key as PKIX PEM.
func GenerateKey(password []byte) (private, public []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("generating a key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, fmt.Errorf("encoding a private key: %w", err)
	}
	ciphertext, err := encrypted.Encrypt(der, password)
	if err != nil {
		return nil, nil, fmt.Errorf("encrypting a private key: %w", err)
	}
	pub, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return nil, nil, fmt.Errorf("encoding a public key: %w", err)
	}
	private = pem.EncodeToMemory(&pem.Block{Type: pemSigstore, Bytes: ciphertext})
	public = pem.EncodeToMemory(&pem.Block{Type: pemPublic, Bytes: pub})
	return private, public, nil
}

// NeedsPassword reports whether a private key file is encrypted.
func NeedsPassword(file []byte) bool {
	block, err := onlyBlock(file)
	return err == nil && (block.Type == pemSigstore || block.Type == pemCosign)
}

// LoadSigner reads a private key file: cosign's encrypted PEM, or unencrypted
// PKCS#8, SEC 1 or PKCS#1 PEM. The key may be ECDSA (P-256, P-384, P-521),
// Ed25519 or RSA of 2048 to 8192 bits. It returns [ErrPassword] when an
// encrypted key doesn't open; an unencrypted one ignores the password.
func LoadSigner(file, password []byte) (*Signer, error) {
	block, err := onlyBlock(file)
	if err != nil {
		return nil, fmt.Errorf("reading a private key: %w", err)
	}
	key, err := parsePrivate(block, password)
	if err != nil {
		return nil, fmt.Errorf("reading a private key: %w", err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("reading a private key: a %T can't sign", key)
	}
	verifier, err := newVerifier(signer.Public())
	if err != nil {
		return nil, fmt.Errorf("reading a private key: %w", err)
	}
	return &Signer{key: signer, verifier: verifier}, nil
}

// LoadVerifier reads a public key file (PKIX PEM) of the kinds that
// [LoadSigner] takes.
func LoadVerifier(file []byte) (*Verifier, error) {
	block, err := onlyBlock(file)
	if err != nil {
		return nil, fmt.Errorf("reading a public key: %w", err)
	}
	if block.Type != pemPublic {
		return nil, fmt.Errorf("reading a public key: the file contains a %q, not a %q", block.Type, pemPublic)
	}
	pub, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("reading a public key: %w", err)
	}
	v, err := newVerifier(pub)
	if err != nil {
		return nil, fmt.Errorf("reading a public key: %w", err)
	}
	return v, nil
}

// onlyBlock returns the one PEM block of a file. A second block would leave
// it open which key was meant.
func onlyBlock(file []byte) (*pem.Block, error) {
	if len(file) > maxKeyFile {
		return nil, fmt.Errorf("limit exceeded: more than %d bytes", maxKeyFile)
	}
	block, rest := pem.Decode(file)
	if block == nil {
		return nil, errors.New("the file is not PEM")
	}
	// openssl writes the curve's parameters in front of a SEC 1 key.
	if block.Type == "EC PARAMETERS" {
		if block, rest = pem.Decode(rest); block == nil {
			return nil, errors.New("the file contains no key")
		}
	}
	if len(bytes.TrimSpace(rest)) != 0 {
		return nil, errors.New("the file contains more than one key")
	}
	return block, nil
}

func parsePrivate(block *pem.Block, password []byte) (any, error) {
	switch block.Type {
	case pemSigstore, pemCosign:
		der, err := decryptKey(block.Bytes, password)
		if err != nil {
			return nil, err
		}
		return x509.ParsePKCS8PrivateKey(der)
	case pemPKCS8:
		return x509.ParsePKCS8PrivateKey(block.Bytes)
	case pemEC:
		return x509.ParseECPrivateKey(block.Bytes)
	case pemRSA:
		return x509.ParsePKCS1PrivateKey(block.Bytes)
	default:
		return nil, fmt.Errorf("a %q is not a private key", block.Type)
	}
}

func newVerifier(pub crypto.PublicKey) (*Verifier, error) {
	switch k := pub.(type) {
	case *ecdsa.PublicKey:
		switch k.Curve {
		case elliptic.P256(), elliptic.P384(), elliptic.P521():
		default:
			return nil, fmt.Errorf("the curve %s is not supported", k.Curve.Params().Name)
		}
	case *rsa.PublicKey:
		if bits := k.N.BitLen(); bits < 2048 || bits > 8192 {
			return nil, fmt.Errorf("an RSA key of %d bits is not supported", bits)
		}
	case ed25519.PublicKey:
	default:
		return nil, fmt.Errorf("a %T is not supported", pub)
	}
	der, err := x509.MarshalPKIXPublicKey(pub)
	if err != nil {
		return nil, fmt.Errorf("encoding a public key: %w", err)
	}
	sum := sha256.Sum256(der)
	return &Verifier{pub: pub, hint: base64.StdEncoding.EncodeToString(sum[:])}, nil
}
