package cache

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
)

const (
	magic = "\x89assem\r\n"

	// maxRecord bounds a record in bytes, when written and when read. Larger
	// things are files.
	maxRecord = 64 << 20
	maxKind   = 64
	maxKey    = 64 << 10

	// fixedHeader is magic, type, the lengths of kind, key and payload, and
	// the SHA-256.
	fixedHeader = len(magic) + 1 + 2 + 4 + 8 + sha256.Size
)

// What a record describes.
const (
	typeData byte = 'D' // the payload is the data
	typeFile byte = 'F' // the payload is a fileInfo
)

var errDamaged = errors.New("damaged record")

// record is one entry of the cache, as it is on disk: the fixed header, then
// kind, key and payload. The SHA-256 covers everything but itself.
type record struct {
	typ     byte
	kind    string
	key     string
	payload []byte
}

// name returns the name of the record of kind and key: a hash, so that any key
// is safe as a file name.
func name(kind, key string) string {
	h := sha256.New()
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(len(kind)))
	h.Write(n[:])
	h.Write([]byte(kind))
	h.Write([]byte(key))
	return hex.EncodeToString(h.Sum(nil))
}

// check tells whether the record can be written.
func (r *record) check() error {
	switch {
	case r.kind == "" || len(r.kind) > maxKind:
		return fmt.Errorf("a kind has 1 to %d bytes, not %d", maxKind, len(r.kind))
	case len(r.key) > maxKey:
		return fmt.Errorf("a key has at most %d bytes, not %d", maxKey, len(r.key))
	case len(r.payload) > maxRecord:
		return fmt.Errorf("a record has at most %d bytes, not %d", maxRecord, len(r.payload))
	}
	return nil
}

// marshal returns the record's bytes.
func (r *record) marshal() []byte {
	b := make([]byte, 0, fixedHeader+len(r.kind)+len(r.key)+len(r.payload))
	b = append(b, magic...)
	b = append(b, r.typ)
	b = binary.BigEndian.AppendUint16(b, uint16(len(r.kind)))
	b = binary.BigEndian.AppendUint32(b, uint32(len(r.key)))
	b = binary.BigEndian.AppendUint64(b, uint64(len(r.payload)))
	at := len(b)
	b = b[:at+sha256.Size]
	b = append(b, r.kind...)
	b = append(b, r.key...)
	b = append(b, r.payload...)
	sum := recordSum(b[:at], b[at+sha256.Size:])
	copy(b[at:], sum[:])
	return b
}

// parseRecord reads a record that must fill b. Its error wraps errDamaged.
func parseRecord(b []byte) (*record, error) {
	r, err := parsePrefix(b, int64(len(b)))
	if err != nil {
		return nil, err
	}
	at := fixedHeader - sha256.Size
	if recordSum(b[:at], b[fixedHeader:]) != [sha256.Size]byte(b[at:fixedHeader]) {
		return nil, fmt.Errorf("%w: wrong SHA-256", errDamaged)
	}
	return r, nil
}

// parsePrefix reads the beginning of a record of size bytes, kind and key at
// least, without its SHA-256. Its error wraps errDamaged.
func parsePrefix(b []byte, size int64) (*record, error) {
	if len(b) < fixedHeader || !bytes.HasPrefix(b, []byte(magic)) {
		return nil, fmt.Errorf("%w: no header", errDamaged)
	}
	p := b[len(magic):]
	typ := p[0]
	kindLen := uint64(binary.BigEndian.Uint16(p[1:]))
	keyLen := uint64(binary.BigEndian.Uint32(p[3:]))
	payloadLen := binary.BigEndian.Uint64(p[7:])
	body := b[fixedHeader:]
	if typ != typeData && typ != typeFile {
		return nil, fmt.Errorf("%w: unknown type %#x", errDamaged, typ)
	}
	if kindLen == 0 || kindLen > maxKind || keyLen > maxKey || payloadLen > maxRecord ||
		kindLen+keyLen+payloadLen != uint64(size)-uint64(fixedHeader) || kindLen+keyLen > uint64(len(body)) {
		return nil, fmt.Errorf("%w: wrong length", errDamaged)
	}
	return &record{
		typ:     typ,
		kind:    string(body[:kindLen]),
		key:     string(body[kindLen : kindLen+keyLen]),
		payload: body[kindLen+keyLen:],
	}, nil
}

func recordSum(header, body []byte) [sha256.Size]byte {
	h := sha256.New()
	h.Write(header)
	h.Write(body)
	return [sha256.Size]byte(h.Sum(nil))
}

// fileInfo is the payload of a file's record.
type fileInfo struct {
	size int64
	sum  [sha256.Size]byte
}

func (f fileInfo) marshal() []byte {
	return append(binary.BigEndian.AppendUint64(nil, uint64(f.size)), f.sum[:]...)
}

func parseFileInfo(b []byte) (fileInfo, error) {
	if len(b) != 8+sha256.Size {
		return fileInfo{}, fmt.Errorf("%w: wrong length of a file's record", errDamaged)
	}
	size := binary.BigEndian.Uint64(b)
	if size > 1<<62 {
		return fileInfo{}, fmt.Errorf("%w: implausible file size", errDamaged)
	}
	return fileInfo{size: int64(size), sum: [sha256.Size]byte(b[8:])}, nil
}
