package layers

import (
	"bytes"
	"encoding/hex"

	"github.com/assemble-image/assemble/layers/internal/sha256pair"
)

// A tarHash hashes a tar and, on the way, the content of each of its entries
// that has a digest to be held against.
type tarHash struct {
	cores  *cores
	sums   *sha256pair.Pair // A of the tar, B of the entry's content
	beside *besideHash      // while a large entry is written
	large  bool             // whether one is
	wanted []byte           // the entry's digest; nil for none
}

func newTarHash(cores *cores) *tarHash { return &tarHash{cores: cores, sums: sha256pair.New()} }

// known adds bytes that are no entry's content.
func (t *tarHash) known(p []byte) { t.sums.A.Write(p) }

// begin says whose content comes next.
func (t *tarHash) begin(e *Entry) {
	t.large = e.Size >= largeEntry
	t.wanted = nil
	if e.Mode.IsRegular() && e.SHA256 != nil {
		t.wanted = e.SHA256
		t.sums.B.Reset()
	}
}

// content adds a part of the entry's content.
func (t *tarHash) content(p []byte) {
	if t.large && t.beside == nil && t.cores.take() {
		t.beside = newBesideHash(t.add)
	}
	if t.beside == nil {
		t.add(p)
	} else {
		t.beside.write(p)
	}
}

func (t *tarHash) add(p []byte) {
	if t.wanted != nil {
		_, _ = t.sums.Write(p) // can't fail
	} else {
		t.sums.A.Write(p)
	}
}

// rejoin ends hashing on another core.
func (t *tarHash) rejoin() {
	if t.beside != nil {
		t.beside.close()
		t.beside = nil
		t.cores.give()
	}
	t.large = false
}

// end ends the entry's content and checks its digest.
func (t *tarHash) end() error {
	t.rejoin()
	if t.wanted == nil {
		return nil
	}
	if got := t.sums.B.Sum(nil); !bytes.Equal(got, t.wanted) {
		return &ContentError{What: "SHA-256", Want: hex.EncodeToString(t.wanted), Got: hex.EncodeToString(got)}
	}
	return nil
}

func (t *tarHash) sum() []byte { return t.sums.A.Sum(nil) }
