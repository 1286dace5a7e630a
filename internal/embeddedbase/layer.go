package embeddedbase

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// layer is a gzip layer held in memory.
type layer struct {
	tar, gz   []byte
	mediaType types.MediaType
}

var _ v1.Layer = (*layer)(nil)

// Layer returns files as a gzip layer of the media type.
func Layer(mt types.MediaType, files ...File) v1.Layer {
	t := Tar(files...)
	return &layer{tar: t, gz: storedGzip(t), mediaType: mt}
}

func (l *layer) Digest() (v1.Hash, error)            { return hashOf(l.gz), nil }
func (l *layer) DiffID() (v1.Hash, error)            { return hashOf(l.tar), nil }
func (l *layer) Size() (int64, error)                { return int64(len(l.gz)), nil }
func (l *layer) MediaType() (types.MediaType, error) { return l.mediaType, nil }

func (l *layer) Compressed() (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(l.gz)), nil
}

func (l *layer) Uncompressed() (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(l.tar)), nil
}

func hashOf(b []byte) v1.Hash {
	sum := sha256.Sum256(b)
	return v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(sum[:])}
}

// maxStored is the longest stored block (RFC 1951, 3.2.4).
const maxStored = 65535

// storedGzip wraps b in gzip (RFC 1952) without compressing it, so that the
// bytes depend on no compressor and the committed layout never moves.
func storedGzip(b []byte) []byte {
	out := []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255}
	for rest := b; ; {
		n := min(len(rest), maxStored)
		var final byte
		if n == len(rest) {
			final = 1
		}
		out = append(out, final)
		out = binary.LittleEndian.AppendUint16(out, uint16(n))
		out = binary.LittleEndian.AppendUint16(out, ^uint16(n))
		out = append(out, rest[:n]...)
		rest = rest[n:]
		if final == 1 {
			break
		}
	}
	out = binary.LittleEndian.AppendUint32(out, crc32.ChecksumIEEE(b))
	return binary.LittleEndian.AppendUint32(out, uint32(len(b)))
}
