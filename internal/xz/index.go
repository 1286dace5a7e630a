package xz

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
)

// index is what is known of a stream's blocks, to be held against the index at
// its end (section 4): how many there are, and a hash of their sizes.
type index struct {
	blocks int64
	seen   hash.Hash
	listed hash.Hash
	size   int64 // of the index in the file
}

func (x *index) reset() {
	x.blocks, x.size = 0, 0
	if x.seen == nil {
		x.seen, x.listed = sha256.New(), sha256.New()
	}
	x.seen.Reset()
	x.listed.Reset()
}

func (x *index) add(unpadded, content int64) {
	x.blocks++
	addSizes(x.seen, unpadded, content)
}

func addSizes(h hash.Hash, unpadded, content int64) {
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:8], uint64(unpadded))
	binary.LittleEndian.PutUint64(b[8:], uint64(content))
	h.Write(b[:])
}

// streamIndex reads the index; its first byte is taken already and part of the
// checksum.
func (z *Reader) streamIndex() error {
	start := z.src.taken - 1
	n, err := z.src.vli()
	if err != nil {
		return err
	}
	if n != z.index.blocks {
		return corrupt("the index has another number of blocks than the stream")
	}
	for range n {
		unpadded, err := z.src.vli()
		if err != nil {
			return err
		}
		content, err := z.src.vli()
		if err != nil {
			return err
		}
		addSizes(z.index.listed, unpadded, content)
	}
	if [sha256.Size]byte(z.index.seen.Sum(nil)) != [sha256.Size]byte(z.index.listed.Sum(nil)) {
		return corrupt("the index gives other sizes than the blocks have")
	}
	if err := z.src.zeros(-(z.src.taken-start)&3, "index"); err != nil {
		return err
	}
	if err := z.src.checksum("index"); err != nil {
		return err
	}
	z.index.size = z.src.taken - start
	z.state = (*Reader).streamFooter
	return nil
}
