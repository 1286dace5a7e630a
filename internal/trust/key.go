package trust

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"

	"github.com/assemble-image/assemble/internal/osfile"
	"github.com/assemble-image/assemble/sign"
)

// ErrNoPassword says that a key is encrypted and nobody gave the password.
var ErrNoPassword = errors.New("the key is encrypted, and no password was given")

// maxKeyFile bounds a key file; real ones have less than 1 kB.
const maxKeyFile = 64 << 10

// Key is a signing key that is opened when it is needed, or before: its
// password is stretched with scrypt, which takes a quarter of a second that
// other work can hide. It is for concurrent use.
type Key struct {
	file []byte
	open func() (*sign.Signer, error)
}

// ReadKey reads the key file at path, which messages call name, and asks for
// its password where it has one. The error is [ErrNoPassword] where it has one
// and ask is nil.
func ReadKey(path, name string, ask func() ([]byte, error)) (*Key, error) {
	fail := func(err error) error { return fmt.Errorf("opening the signing key %q: %w", name, err) }
	file, err := osfile.ReadBounded(path, maxKeyFile)
	if err != nil {
		return nil, fail(err)
	}
	var password []byte
	if sign.NeedsPassword(file) {
		if ask == nil {
			return nil, fail(ErrNoPassword)
		}
		if password, err = ask(); err != nil {
			return nil, fail(err)
		}
	}
	return &Key{file: file, open: sync.OnceValues(func() (*sign.Signer, error) {
		signer, err := sign.LoadSigner(file, password)
		if err != nil {
			return nil, fail(err)
		}
		return signer, nil
	})}, nil
}

// Open decrypts the key, once: later calls return the same.
func (k *Key) Open() (*sign.Signer, error) { return k.open() }

// ID identifies the key file, and tells nothing of it.
func (k *Key) ID() string { return k.id("id") }

// id identifies the key file, and with more parts what it signed.
func (k *Key) id(parts ...string) string {
	h := sha256.New()
	h.Write(k.file)
	for _, p := range parts {
		fmt.Fprintf(h, "\x00%s", p)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// PublicKey is a key that a signature may match, with the name that messages
// and results call it by.
type PublicKey struct {
	*sign.Verifier
	Name string
}

// ReadPublicKey reads the public key file at path.
func ReadPublicKey(path string) (PublicKey, error) {
	file, err := osfile.ReadBounded(path, maxKeyFile)
	if err != nil {
		return PublicKey{}, fmt.Errorf("opening the public key %q: %w", path, err)
	}
	key, err := sign.LoadVerifier(file)
	if err != nil {
		return PublicKey{}, fmt.Errorf("opening the public key %q: %w", path, err)
	}
	return PublicKey{Verifier: key, Name: path}, nil
}
