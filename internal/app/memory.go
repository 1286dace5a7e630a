package app

import (
	"crypto/sha256"
	"encoding/hex"
	"hash/fnv"
	"time"

	"github.com/assemble-image/assemble/internal/credential"
)

const (
	// kindChunks is what the list of a directory's chunks is kept under, by
	// its path, and kindChunk a chunk, by its SHA-256. The numbers are raised
	// with the format; what is found in files has a version of its own.
	kindChunks = "app-files-2." + credential.Version
	kindChunk  = "app-chunk-2." + credential.Version

	// A chunk ends at a path that its hash picks, as one of chunkPaths is on
	// average, so that most chunks stay as they are when files come and go,
	// or else where it has maxChunkPaths.
	chunkPaths    = 2048
	maxChunkPaths = 4 * chunkPaths

	// racy is how young a file may not be for its hash to be kept: on a
	// file system with coarse times, it could be rewritten without a trace.
	racy = 2 * time.Second
)

// forgetter is a [Store] that can lose what isn't needed any more.
type forgetter interface{ Remove(kind, key string) }

// recall gives out what the last run has kept, in the order of paths.
type recall struct {
	store  Store
	chunks [][sha256.Size]byte // all of them
	next   int                 // the chunk that comes next
	read   foundReader
	at     found
	ok     bool
}

// newRecall opens what was kept of the directory real; it may be nothing.
func newRecall(store Store, real string) *recall {
	r := &recall{store: store}
	if store == nil {
		return r
	}
	list, _ := store.Get(kindChunks, real)
	for ; len(list) >= sha256.Size; list = list[sha256.Size:] {
		r.chunks = append(r.chunks, [sha256.Size]byte(list))
	}
	r.advance()
	return r
}

// find returns what was kept of a file. Names must be asked for in order.
func (r *recall) find(name string) (found, bool) {
	for r.ok && sortsBefore(r.at.name, name) {
		r.advance()
	}
	if !r.ok || r.at.name != name {
		return found{}, false
	}
	return r.at, true
}

// sortsBefore compares names as paths below one directory: that directory
// itself comes first.
func sortsBefore(a, b string) bool {
	if a == "." || b == "." {
		return a != b && a == "."
	}
	return a < b
}

func (r *recall) advance() {
	for {
		if r.at, r.ok = r.read.next(); r.ok || r.next == len(r.chunks) {
			return
		}
		chunk := r.chunks[r.next]
		r.next++
		// A chunk that was lost or is damaged is hashed again.
		if b, ok := r.store.Get(kindChunk, hex.EncodeToString(chunk[:])); ok && sha256.Sum256(b) == chunk {
			r.read = foundReader{rest: b}
		}
	}
}

// keeper keeps what a run has found, for the next one.
type keeper struct {
	store  Store
	real   string
	limit  int64 // what was changed since is too young
	had    map[[sha256.Size]byte]bool
	buf    []byte
	before string
	paths  int
	list   []byte
	dirty  bool
}

func newKeeper(store Store, real string, old *recall, start time.Time) *keeper {
	k := &keeper{store: store, real: real, limit: start.Add(-racy).UnixNano(), had: map[[sha256.Size]byte]bool{}}
	for _, c := range old.chunks {
		k.had[c] = true
	}
	return k
}

// add takes the next path. Of files that are too young, no hash is kept: their
// status is one that no file has.
func (k *keeper) add(f *found) {
	if k.store == nil {
		return
	}
	kept := *f
	if f.status.mtime >= k.limit || f.status.ctime >= k.limit {
		kept.status, kept.hash = status{size: -1}, fileHash{}
	}
	k.buf = appendFound(k.buf, k.before, &kept)
	k.before = f.name
	k.paths++
	h := fnv.New64a()
	_, _ = h.Write([]byte(f.name))
	if h.Sum64()%chunkPaths == 0 || k.paths == maxChunkPaths {
		k.cut()
	}
}

// cut ends a chunk.
func (k *keeper) cut() {
	if k.paths == 0 {
		return
	}
	sum := sha256.Sum256(k.buf)
	k.list = append(k.list, sum[:]...)
	if k.had[sum] {
		delete(k.had, sum)
	} else {
		k.dirty = true
		// The store tells of its failures itself; without it, the next run
		// merely hashes again.
		_ = k.store.Put(kindChunk, hex.EncodeToString(sum[:]), k.buf)
	}
	k.buf, k.before, k.paths = k.buf[:0], "", 0
}

// end writes down which chunks there are, and drops the others.
func (k *keeper) end() {
	if k.store == nil {
		return
	}
	k.cut()
	if !k.dirty && len(k.had) == 0 {
		return
	}
	if k.store.Put(kindChunks, k.real, k.list) != nil {
		return
	}
	if s, ok := k.store.(forgetter); ok {
		for sum := range k.had {
			s.Remove(kindChunk, hex.EncodeToString(sum[:]))
		}
	}
}
