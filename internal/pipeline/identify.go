package pipeline

import (
	"encoding/hex"
	"fmt"
	"time"

	"github.com/assemble-image/assemble/wheels"
)

// kindWheel is what the cache keeps of wheels that were hashed: under path,
// size, modification time and inode, the SHA-256.
const kindWheel = "wheel"

// settled is how old a modification must be for the file's time to tell one
// version from the next; file systems keep times in steps of up to 2 s.
const settled = 2 * time.Second

func identityKey(path string, size int64, modTime time.Time, inode uint64) string {
	return fmt.Sprintf("%s\x00%d\x00%d\x00%d", path, size, modTime.UnixNano(), inode)
}

// identifyOne finds out w's SHA-256, holds it against the lock, and prepares
// the opening of its archive.
func (p *Pipeline) identifyOne(w *lockedWheel) error {
	source, err := wheels.Identify(w.path, wheels.Options{Hashes: w.pin.Hashes, Known: p.knownDigest})
	if err != nil {
		return fmt.Errorf("%s:%d: %w", w.pin.File, w.pin.Line, err)
	}
	w.source = source
	if p.opt.Cache != nil && time.Since(source.ModTime) > settled {
		key := identityKey(w.path, source.Size, source.ModTime, source.Inode)
		if _, known := p.opt.Cache.Get(kindWheel, key); !known {
			p.remember(kindWheel, key, source.Digest())
		}
	}
	return nil
}

// knownDigest answers for files that were hashed in an earlier run.
func (p *Pipeline) knownDigest(path string, size int64, modTime time.Time, inode uint64) (digest [32]byte, ok bool) {
	text, ok := p.opt.Cache.Get(kindWheel, identityKey(path, size, modTime, inode))
	if !ok || hex.DecodedLen(len(text)) != len(digest) {
		return digest, false
	}
	_, err := hex.Decode(digest[:], text)
	return digest, err == nil
}
