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

// DigestCache keeps the SHA-256 of wheels, so that a file that hasn't changed
// need not be hashed again. It identifies a file by path, size, inode,
// modification time and, where the platform has one, change time, which
// nobody can set back after replacing the content.
type DigestCache struct {
	// Store holds the digests; with nil, nothing is kept.
	Store Store
}

// kindWheel is the kind of record under which digests are stored.
const kindWheel = "wheel"

// timeStep is how old a modification must be for the file's time to distinguish
// one version from the next; file systems keep times in steps of up to 2 s.
const timeStep = 2 * time.Second

func fileKey(s *layers.Source) string {
	path := s.Path
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	return fmt.Sprintf("%s\x00%d\x00%d\x00%d\x00%d", path, s.Size, s.ModTime.UnixNano(), s.Inode, s.Changed)
}

// Lookup returns the digest of the file that s describes; see
// [Options.LookupDigest].
func (c DigestCache) Lookup(s *layers.Source) (digest [32]byte, ok bool) {
	if c.Store == nil {
		return digest, false
	}
	text, ok := c.Store.Get(kindWheel, fileKey(s))
	if !ok || hex.DecodedLen(len(text)) != len(digest) {
		return digest, false
	}
	_, err := hex.Decode(digest[:], text)
	return digest, err == nil
}

// Save stores the digest of s, unless it is stored already or s was modified too
// recently. It returns the store's error; without the record, the file will be
// hashed again.
func (c DigestCache) Save(s *layers.Source) error {
	if c.Store == nil || time.Since(s.ModTime) <= timeStep {
		return nil
	}
	if old, known := c.Lookup(s); known && old == s.SHA256 {
		return nil
	}
	return c.Store.Put(kindWheel, fileKey(s), []byte(s.Digest()))
}
