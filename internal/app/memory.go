package app

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"io/fs"
	"time"
)

const (
	// kindHashes is what a directory's hashes are kept under, by its path.
	// The number is raised with the format, and with what counts as a key.
	kindHashes = "app-hashes-1"

	// racy is how young a file may not be for its hash to be kept: on a
	// file system with coarse times, it could be rewritten without a trace.
	racy = 2 * time.Second
)

// status is what is compared instead of a file's content. Any writer of the
// file changes ctime, even one that puts back size and mtime.
type status struct {
	size, mtime, ctime int64
	ino                uint64
}

func statusOf(fi fs.FileInfo) status {
	ino, ctime := inode(fi)
	return status{size: fi.Size(), mtime: fi.ModTime().UnixNano(), ctime: ctime, ino: ino}
}

type knownHash struct {
	status status
	hash   fileHash
}

// recall returns the hashes kept by the last run.
func (w *walker) recall() map[string]knownHash {
	if w.opt.Store == nil {
		return nil
	}
	data, ok := w.opt.Store.Get(kindHashes, w.real)
	if !ok {
		return nil
	}
	known, _ := unmarshalHashes(data)
	return known
}

// remember keeps the hashes for the next run, but for files written since
// shortly before start. Without a cache, the next run merely hashes again.
func (w *walker) remember(start time.Time) {
	if w.opt.Store == nil {
		return
	}
	limit := start.Add(-racy).UnixNano()
	var b []byte
	for _, f := range w.found {
		if !f.fi.Mode().IsRegular() {
			continue
		}
		if s := statusOf(f.fi); s.mtime < limit && s.ctime < limit {
			b = appendHash(b, f.name, knownHash{s, f.hash})
		}
	}
	// The store tells of its failures itself.
	_ = w.opt.Store.Put(kindHashes, w.real, b)
}

func appendHash(b []byte, name string, h knownHash) []byte {
	b = binary.AppendUvarint(b, uint64(len(name)))
	b = append(b, name...)
	b = binary.AppendVarint(b, h.status.size)
	b = binary.AppendVarint(b, h.status.mtime)
	b = binary.AppendVarint(b, h.status.ctime)
	b = binary.AppendUvarint(b, h.status.ino)
	b = append(b, h.hash.sum[:]...)
	if h.hash.key {
		return append(b, 1)
	}
	return append(b, 0)
}

// unmarshalHashes reads what appendHash wrote; false and nothing if it isn't.
func unmarshalHashes(data []byte) (map[string]knownHash, bool) {
	known := map[string]knownHash{}
	r := bytes.NewReader(data)
	for r.Len() > 0 {
		n, err := binary.ReadUvarint(r)
		if err != nil || n > uint64(r.Len()) {
			return nil, false
		}
		name := make([]byte, n)
		_, _ = r.Read(name) // n bytes are there
		var h knownHash
		for _, p := range []*int64{&h.status.size, &h.status.mtime, &h.status.ctime} {
			if *p, err = binary.ReadVarint(r); err != nil {
				return nil, false
			}
		}
		if h.status.ino, err = binary.ReadUvarint(r); err != nil || r.Len() < sha256.Size+1 {
			return nil, false
		}
		_, _ = r.Read(h.hash.sum[:])
		key, _ := r.ReadByte()
		h.hash.key = key != 0
		known[string(name)] = h
	}
	return known, true
}
