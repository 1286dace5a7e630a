package app

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"hash"

	"github.com/assemble-image/assemble/layers"
)

// digester hashes all of the entries that a layer's bytes depend on. Each part
// is preceded by its length, so that no two lists of entries look alike.
type digester struct {
	sum hash.Hash
	buf *bufio.Writer // in front of it
	one []byte
}

func newDigester() *digester {
	sum := sha256.New()
	return &digester{sum: sum, buf: bufio.NewWriter(sum)}
}

// add takes the next entry.
func (d *digester) add(e *layers.Entry) {
	b := d.one[:0]
	for _, s := range [...]string{e.Path, e.Link} {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	b = binary.AppendUvarint(b, uint64(len(e.SHA256)))
	b = append(b, e.SHA256...)
	for _, n := range [...]int64{int64(e.Mode), int64(e.UID), int64(e.GID), e.Size} {
		b = binary.AppendVarint(b, n)
	}
	d.one = b
	_, _ = d.buf.Write(b) // a hash takes anything
}

func (d *digester) digest() [sha256.Size]byte {
	_ = d.buf.Flush()
	return [sha256.Size]byte(d.sum.Sum(nil))
}
