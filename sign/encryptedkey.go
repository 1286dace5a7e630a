package sign

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/secure-systems-lab/go-securesystemslib/encrypted"
)

// encryptedKey mirrors what encrypted.Decrypt reads, so that an unsupported
// file can be distinguished from a wrong password.
type encryptedKey struct {
	KDF struct {
		Name   string `json:"name"`
		Params struct {
			N, R, P int
		} `json:"params"`
		Salt []byte `json:"salt"`
	} `json:"kdf"`
	Cipher struct {
		Name  string `json:"name"`
		Nonce []byte `json:"nonce"`
	} `json:"cipher"`
	Ciphertext []byte `json:"ciphertext"`
}

// maxScryptN is the largest cost the library takes; scrypt needs 1 KiB of
// memory for each unit, so that a hostile file can ask for 128 MiB at most.
const maxScryptN = 1 << 17

// decryptKey decrypts the body of an encrypted key file. Files of old cosign releases have
// N=32768, present ones 65536.
func decryptKey(body, password []byte) ([]byte, error) {
	var s encryptedKey
	if err := json.Unmarshal(body, &s); err != nil {
		return nil, fmt.Errorf("the encrypted key is not JSON: %w", err)
	}
	switch p := s.KDF.Params; {
	case s.KDF.Name != "scrypt" || s.Cipher.Name != "nacl/secretbox":
		return nil, fmt.Errorf("a key encrypted with %.40q and %.40q is not supported", s.KDF.Name, s.Cipher.Name)
	case p.R != 8 || p.P != 1 || p.N > maxScryptN || p.N < 1<<15 || p.N&(p.N-1) != 0:
		return nil, fmt.Errorf("scrypt parameters N=%d r=%d p=%d are not supported", p.N, p.R, p.P)
	case len(s.Cipher.Nonce) != 24:
		return nil, errors.New("the encrypted key's nonce is not 24 bytes long")
	}
	der, err := encrypted.Decrypt(body, password)
	if err != nil {
		return nil, fmt.Errorf("decrypting the key: %w", ErrPassword)
	}
	return der, nil
}
