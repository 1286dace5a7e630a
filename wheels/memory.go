package wheels

import (
	"encoding/hex"
	"fmt"
	"path/filepath"
	"time"

	"github.com/assemble-image/assemble/layers"
)

// Store keeps records from one run to the next. A *cache.Cache is one.
type Store interface {
	Get(kind, key string) ([]byte, bool)
	Put(kind, key string, data []byte) error
}

// Memory remembers which SHA-256 a wheel had, so that a file that hasn't been
// touched need not be hashed again. It knows a file by path, size, inode,
// modification time and, where the platform has one, change time, which
// nobody can set back after replacing the content.
type Memory struct {
	// Store keeps what is remembered; nil remembers nothing.
	Store Store
}

// kindWheel is what digests are stored as.
const kindWheel = "wheel"

// settled is how old a modification must be for the file's time to tell one
// version from the next; file systems keep times in steps of up to 2 s.
const settled = 2 * time.Second

func identity(s *layers.Source) string {
	path := s.Path
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	return fmt.Sprintf("%s\x00%d\x00%d\x00%d\x00%d", path, s.Size, s.ModTime.UnixNano(), s.Inode, s.Changed)
}

// Known is for [Options]: it returns the digest of the file that s describes.
func (m Memory) Known(s *layers.Source) (digest [32]byte, ok bool) {
	if m.Store == nil {
		return digest, false
	}
	text, ok := m.Store.Get(kindWheel, identity(s))
	if !ok || hex.DecodedLen(len(text)) != len(digest) {
		return digest, false
	}
	_, err := hex.Decode(digest[:], text)
	return digest, err == nil
}

// Remember keeps the digest of s, unless it is known or s was modified too
// lately. An error is that of the store; without the record, the file will be
// hashed again.
func (m Memory) Remember(s *layers.Source) error {
	if m.Store == nil || time.Since(s.ModTime) <= settled {
		return nil
	}
	if old, known := m.Known(s); known && old == s.SHA256 {
		return nil
	}
	return m.Store.Put(kindWheel, identity(s), []byte(s.Digest()))
}
