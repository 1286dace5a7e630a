package layers

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// FormatVersion numbers the way in which entries become bytes. It is part of
// every [Key], and is raised with any change that moves a digest.
const FormatVersion = 1

// Key identifies a layer's bytes by its inputs.
type Key [32]byte

// NewKey returns the key of a sequence of parts, which must say everything
// that the layer's entries depend on. Different sequences give different
// keys: each part goes in with its length.
func NewKey(parts ...string) Key {
	h := sha256.New()
	b := binary.LittleEndian.AppendUint64(nil, FormatVersion)
	h.Write(b)
	for _, p := range parts {
		b = binary.LittleEndian.AppendUint64(b[:0], uint64(len(p)))
		h.Write(b)
		h.Write([]byte(p))
	}
	return Key(h.Sum(nil))
}

// String returns the key in lower-case hex.
func (k Key) String() string { return hex.EncodeToString(k[:]) }

// IsZero reports whether the key is unset.
func (k Key) IsZero() bool { return k == Key{} }
