package archive

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
)

// trustedKeyrings are where apt looks for keys that belong to no source in
// particular, below the root.
const (
	trustedFile = aptDir + "/trusted.gpg"
	trustedDir  = aptDir + "/trusted.gpg.d"
)

// ErrNoKeys says that a source has no keys to be verified with.
var ErrNoKeys = errors.New("there are no keys to verify it with")

// Keyring returns the keys that a source's signature may be made with: its own,
// those of the keyrings that it names, or all that apt trusts in the root file
// system.
func Keyring(root fs.FS, s *Source) (openpgp.EntityList, error) {
	if len(s.Keys) > 0 {
		keys, err := ParseKeys(s.Keys)
		if err != nil {
			return nil, fmt.Errorf("reading the key in %q: %w", s.Where, err)
		}
		return keys, nil
	}
	var keys openpgp.EntityList
	var prints []string
	for _, by := range s.SignedBy {
		if !strings.HasPrefix(by, "/") {
			prints = append(prints, by)
			continue
		}
		more, err := readKeys(root, strings.TrimPrefix(path.Clean(by), "/"))
		if err != nil {
			return nil, fmt.Errorf("reading the keyring %q, which %q names: %w", by, s.Where, err)
		}
		keys = append(keys, more...)
	}
	if len(prints) > 0 || len(s.SignedBy) == 0 {
		trusted, err := trustedKeys(root)
		if err != nil {
			return nil, err
		}
		if len(prints) > 0 {
			trusted = withFingerprints(trusted, prints)
		}
		keys = append(keys, trusted...)
	}
	if len(keys) == 0 {
		return nil, ErrNoKeys
	}
	return keys, nil
}

func readKeys(root fs.FS, name string) (openpgp.EntityList, error) {
	data, err := readFile(root, name)
	if err != nil {
		return nil, err
	}
	return ParseKeys(data)
}

// trustedKeys reads trusted.gpg and trusted.gpg.d.
func trustedKeys(root fs.FS) (openpgp.EntityList, error) {
	names := []string{trustedFile}
	entries, err := fs.ReadDir(root, trustedDir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading %q: %w", "/"+trustedDir, err)
	}
	for _, e := range entries {
		if ext := path.Ext(e.Name()); ext == ".gpg" || ext == ".asc" {
			names = append(names, trustedDir+"/"+e.Name())
		}
	}
	var keys openpgp.EntityList
	for _, name := range names {
		more, err := readKeys(root, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading the keyring %q: %w", "/"+name, err)
		}
		keys = append(keys, more...)
	}
	return keys, nil
}

// withFingerprints returns the keys of which the key itself or a subkey has one
// of the fingerprints. An exclamation mark after one means that subkeys don't
// count for it.
func withFingerprints(keys openpgp.EntityList, prints []string) openpgp.EntityList {
	var out openpgp.EntityList
	for _, key := range keys {
		for _, print := range prints {
			exact := strings.HasSuffix(print, "!")
			if hasFingerprint(key, strings.ToLower(strings.TrimSuffix(print, "!")), exact) {
				out = append(out, key)
				break
			}
		}
	}
	return out
}

func hasFingerprint(key *openpgp.Entity, print string, exact bool) bool {
	if hex.EncodeToString(key.PrimaryKey.Fingerprint) == print {
		return true
	}
	for _, sub := range key.Subkeys {
		if !exact && hex.EncodeToString(sub.PublicKey.Fingerprint) == print {
			return true
		}
	}
	return false
}

// ParseKeys reads OpenPGP keys, armored or not (RFC 9580).
func ParseKeys(data []byte) (openpgp.EntityList, error) {
	if !bytes.Contains(data, []byte("-----BEGIN PGP")) {
		if len(data) == 0 {
			return nil, nil
		}
		return checkKeys(openpgp.ReadKeyRing(bytes.NewReader(data)))
	}
	var out openpgp.EntityList
	for len(data) > 0 {
		// Decoding reads further than a block goes, so that each is cut out first.
		one := data
		if next := bytes.Index(data[1:], []byte("-----BEGIN PGP")); next >= 0 {
			one, data = data[:next+1], data[next+1:]
		} else {
			data = nil
		}
		block, err := armor.Decode(bytes.NewReader(one))
		if err != nil { // what comes before the first block
			continue
		}
		if block.Type != openpgp.PublicKeyType {
			return nil, fmt.Errorf("it has a block of type %q", block.Type)
		}
		keys, err := checkKeys(openpgp.ReadKeyRing(block.Body))
		if err != nil {
			return nil, err
		}
		out = append(out, keys...)
	}
	if len(out) == 0 {
		return nil, errors.New("no key can be read from it")
	}
	return out, nil
}

// checkKeys passes on what was read, and refuses private keys: whoever put one
// there gave it away.
func checkKeys(keys openpgp.EntityList, err error) (openpgp.EntityList, error) {
	if err != nil {
		return nil, err
	}
	for _, key := range keys {
		if key.PrivateKey != nil {
			return nil, errors.New("it has a private key, where public ones belong")
		}
	}
	return keys, nil
}
