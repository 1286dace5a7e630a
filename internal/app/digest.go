package app

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/assemble-image/assemble/layers"
)

// digest hashes all of the entries that a layer's bytes depend on. Each part is
// preceded by its length, so that no two lists of entries look alike.
func digest(entries []layers.Entry) [sha256.Size]byte {
	h := sha256.New()
	var b []byte
	for i := range entries {
		e := &entries[i]
		b = b[:0]
		for _, s := range []string{e.Path, e.Link, string(e.SHA256)} {
			b = binary.AppendUvarint(b, uint64(len(s)))
			b = append(b, s...)
		}
		for _, n := range []int64{int64(e.Mode), int64(e.UID), int64(e.GID), e.Size} {
			b = binary.AppendVarint(b, n)
		}
		h.Write(b)
	}
	return [sha256.Size]byte(h.Sum(nil))
}
