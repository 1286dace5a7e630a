package unarchive

import (
	"bytes"
	"compress/bzip2"
	"io"

	"github.com/klauspost/compress/zstd"

	"github.com/assemble-image/assemble/internal/inflate"
	"github.com/assemble-image/assemble/internal/xz"
)

// maxWindow bounds the memory that a zstd stream may ask for, in bytes: that of
// zstd --ultra --long=27.
const maxWindow = 128 << 20

// decompress returns the tar in a stream that begins with head, and what must be
// called when it isn't needed any more.
func decompress(in io.Reader, head []byte) (tar io.Reader, end func(), err error) {
	end = func() {}
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		tar, err = inflate.NewGzipReader(in)
	case bytes.HasPrefix(head, []byte{0xfd, '7', 'z', 'X', 'Z', 0}):
		tar = xz.NewReader(in, xz.Options{})
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		var z *zstd.Decoder
		z, err = zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true))
		if err == nil {
			tar, end = z, z.Close
		}
	case bytes.HasPrefix(head, []byte("BZh")):
		tar = bzip2.NewReader(in)
	case isTar(head):
		tar = in
	default:
		return nil, nil, ErrFormat
	}
	return tar, end, err
}

// isTar reports whether a file begins with a tar's header: one with a magic
// (POSIX, GNU), or with a checksum that holds (the seventh edition's).
func isTar(head []byte) bool {
	if len(head) < 512 {
		return false
	}
	if bytes.HasPrefix(head[257:], []byte("ustar")) {
		return true
	}
	var want, sum int64
	for _, c := range bytes.Trim(head[148:156], " \x00") {
		if c < '0' || c > '7' {
			return false
		}
		want = want<<3 + int64(c-'0')
	}
	for i, c := range head {
		if i >= 148 && i < 156 {
			c = ' '
		}
		sum += int64(c)
	}
	return want == sum && want > 8*' '
}
