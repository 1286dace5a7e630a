package app

import (
	"crypto/sha256"
	"encoding/binary"
	"io/fs"
	"math"

	"github.com/assemble-image/assemble/internal/credential"
	"github.com/assemble-image/assemble/internal/osfile"
)

// kind is what a path is.
type kind uint8

const (
	kindDir kind = iota
	kindFile
	kindExec // an executable file
	kindLink
	numPathKinds
)

// found is one path of the directory and what is known of it.
type found struct {
	name   string // relative to the root
	kind   kind
	status status
	hash   fileHash
	link   string
}

// status is what is compared instead of a file's content. Any writer of the
// file changes ctime, even one that puts back size and mtime.
type status struct {
	size, mtime, ctime int64
	ino                uint64
}

func statusOf(fi fs.FileInfo) status {
	v := osfile.VersionOf(fi)
	return status{size: v.Size, mtime: v.ModTime.UnixNano(), ctime: v.Changed, ino: v.Inode}
}

// The encoding of a path, which follows another one or begins a chunk:
//
//	kind, and 8 if it holds a credential (1 byte)
//	how much of the name before is the beginning of this one; how much
//	follows (varints); what follows
//	of a file: size, mtime, ctime, inode (varints), SHA-256
//	of a link: the length of its target (varint); the target
//	of what holds a credential: its kind (1 byte) and line (varint)
const flagHolds = 8

// appendFound appends the encoding of f after a path named before.
func appendFound(b []byte, before string, f *found) []byte {
	head := byte(f.kind)
	if f.hash.holds != 0 {
		head |= flagHolds
	}
	same := 0
	for same < len(before) && same < len(f.name) && before[same] == f.name[same] {
		same++
	}
	b = binary.AppendUvarint(append(b, head), uint64(same))
	b = binary.AppendUvarint(b, uint64(len(f.name)-same))
	b = append(b, f.name[same:]...)
	switch f.kind {
	case kindFile, kindExec:
		b = binary.AppendVarint(b, f.status.size)
		b = binary.AppendVarint(b, f.status.mtime)
		b = binary.AppendVarint(b, f.status.ctime)
		b = binary.AppendUvarint(b, f.status.ino)
		b = append(b, f.hash.sum[:]...)
	case kindLink:
		b = binary.AppendUvarint(b, uint64(len(f.link)))
		b = append(b, f.link...)
	default:
	}
	if f.hash.holds != 0 {
		b = binary.AppendUvarint(append(b, byte(f.hash.holds)), uint64(f.hash.line))
	}
	return b
}

// foundReader reads what appendFound wrote.
type foundReader struct {
	rest   []byte
	before string
	bad    bool
}

// next returns the next path; false at the end, or where the bytes are none.
func (r *foundReader) next() (found, bool) {
	if len(r.rest) == 0 || r.bad {
		return found{}, false
	}
	head := r.rest[0]
	r.rest = r.rest[1:]
	f := found{kind: kind(head &^ flagHolds)}
	same := r.uvarint()
	if f.kind >= numPathKinds || same > uint64(len(r.before)) {
		r.bad = true
	}
	suffix := r.bytes(r.uvarint())
	if !r.bad {
		f.name = r.before[:same] + string(suffix)
	}
	switch f.kind {
	case kindFile, kindExec:
		f.status = status{size: r.varint(), mtime: r.varint(), ctime: r.varint(), ino: r.uvarint()}
		copy(f.hash.sum[:], r.bytes(sha256.Size))
	case kindLink:
		f.link = string(r.bytes(r.uvarint()))
	default:
	}
	if head&flagHolds != 0 {
		r.holds(&f.hash)
	}
	r.before = f.name
	return f, !r.bad
}

// holds reads which credential a file holds.
func (r *foundReader) holds(h *fileHash) {
	b, line := r.bytes(1), uint64(0)
	if !r.bad {
		line = r.uvarint()
	}
	if r.bad || b[0] == 0 || line > math.MaxUint32 {
		r.bad = true
		return
	}
	h.holds, h.line = credential.Kind(b[0]), uint32(line)
}

func (r *foundReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *foundReader) varint() int64 {
	v, n := binary.Varint(r.rest)
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *foundReader) bytes(n uint64) []byte {
	if n > uint64(len(r.rest)) {
		r.bad = true
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}
