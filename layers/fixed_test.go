package layers

import (
	"bytes"
	"compress/flate"
	"encoding/hex"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

// deflated is a stream that a test puts together: headers by the encoder, with
// files' contents as stored blocks in between.
type deflated struct {
	enc  headerEncoder
	out  []byte
	want []byte // what it must inflate to
}

// start begins at a bit offset: that of a block of 9-bit literals.
func (d *deflated) start(bit int) {
	var w bitWriter
	w.write(blockFixed, 3)
	for range (bit + 6) % 8 {
		c := literalCodes[200]
		w.write(c.bits, c.n)
		d.want = append(d.want, 200)
	}
	w.write(0, 7)
	d.out = w.buf
	d.enc.resume(byte(w.acc), w.n)
}

func (d *deflated) zeros(n int) {
	d.enc.zeros(n)
	d.want = append(d.want, make([]byte, n)...)
}

func (d *deflated) block(b *block) {
	d.enc.block(b, int64(len(d.want)))
	d.want = append(d.want, b.data[:]...)
}

func (d *deflated) take() {
	d.out = append(d.out, d.enc.buf...)
	d.enc.buf = d.enc.buf[:0]
}

// content adds p, shorter than 65536 bytes.
func (d *deflated) content(p []byte) {
	d.enc.stored()
	d.take()
	n := len(p)
	d.out = append(d.out, byte(n), byte(n>>8), ^byte(n), ^byte(n>>8))
	d.out = append(d.out, p...)
	d.want = append(d.want, p...)
}

func (d *deflated) check(t testing.TB) {
	t.Helper()
	d.enc.finish()
	d.take()
	r := bytes.NewReader(d.out)
	got, err := io.ReadAll(flate.NewReader(r))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, d.want) {
		t.Fatal("other content comes out")
	}
	if r.Len() != 0 {
		t.Fatalf("%d bytes left over", r.Len())
	}
}

func FuzzHeaderEncoder(f *testing.F) {
	f.Add(uint8(0), []byte("usr/local/lib/python3.10/site-packages/x.py\x00\x00\x00\x000000644\x00"), uint16(100))
	f.Add(uint8(3), bytes.Repeat([]byte("0000000\x00"), 64), uint16(40000))
	f.Add(uint8(7), bytes.Repeat([]byte{255, 143, 144}, 400), uint16(32768-512))
	f.Fuzz(func(t *testing.T, bit uint8, data []byte, gap uint16) {
		data = data[:min(len(data), 8*blockSize)]
		d := new(deflated)
		d.start(int(bit % 8))
		for i := 0; len(data) > 0; i++ {
			b := &block{kind: blockKind(data[0] % byte(numKinds))}
			data = data[copy(b.data[:], data):]
			d.block(b)
			switch i % 4 {
			case 0:
				d.content(make([]byte, gap))
			case 1:
				d.zeros(int(gap)%blockSize + 1)
			case 2:
				d.enc.sync()
				d.take()
			}
			b.data[gap%blockSize]++
			d.block(b)
		}
		d.check(t)
	})
}

func TestHeaderEncoderEveryBit(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for bit := range 8 {
		d := new(deflated)
		d.start(bit)
		for i := range 40 {
			for _, b := range appendHeaders(nil, &Entry{Path: strings.Repeat("d/", rng.IntN(80)) + "f", Mode: 0o644, Size: rng.Int64N(1 << 34)}, 1) {
				d.block(&b)
			}
			if i%3 == 0 {
				d.content(make([]byte, rng.IntN(maxStored)))
				d.zeros(rng.IntN(blockSize) + 1)
			}
		}
		d.check(t)
	}
}

// The window is the longest distance that may be used, and is used.
func TestHeaderEncoderWindow(t *testing.T) {
	size := func(gap int) int {
		d := new(deflated)
		b := &block{}
		copy(b.data[:], noise(1, blockSize))
		d.block(b)
		d.content(make([]byte, gap))
		before := len(d.out)
		d.block(b)
		d.check(t)
		return len(d.out) - before
	}
	if n := size(window - blockSize); n > 20 {
		t.Errorf("a block within the window takes %d bytes", n)
	}
	if n := size(window - blockSize + 1); n < blockSize {
		t.Errorf("a block beyond the window takes %d bytes", n)
	}
}

func TestHeaderEncoderGolden(t *testing.T) {
	var e headerEncoder
	offset := int64(0)
	for _, entry := range []Entry{
		{Path: "usr/local/lib/python3.10/site-packages/h11/__init__.py", Mode: 0o644, Size: 1507},
		{Path: "usr/local/lib/python3.10/site-packages/h11/_abnf.py", Mode: 0o644, Size: 4815},
	} {
		for _, b := range appendHeaders(nil, &entry, 315532800) {
			e.block(&b, offset)
			offset += blockSize
		}
		e.sync()
		offset += entry.Size
		e.zeros(padding(entry.Size))
		offset += int64(padding(entry.Size))
	}
	e.finish()
	const want = "2a2d2ed2cfc94f4eccd1cfc94cd22fa82cc9c8cf33d63334d02fce2c49d52d484cce4e4c4f2dd6cf3034d48f8fcfcccb2c898fd72ba864200918008199890998060274dac8dcc498c1c0c8c8ccd8d4c8d8c0c080c1c0c8c0dccc8041c180810ea0b4b824b188c1c0808142600001707a880000000000ffff62c00748a9ff1393f2d2f40a2a194805f8eb7f4343634373f4fadfc8cc78b4fea70700000000ffff621805a401c000"
	if got := hex.EncodeToString(e.buf); got != want {
		t.Errorf("the encoding has changed; if that is meant, raise FormatVersion:\n%s", got)
	}
}

func TestLengthAndDistanceCodes(t *testing.T) {
	// RFC 1951, 3.2.5 and 3.2.6, at the ends of ranges.
	for _, tt := range []struct {
		length, bits int
	}{{3, 7}, {10, 7}, {11, 8}, {18, 8}, {19, 9}, {35, 10}, {67, 11}, {114, 11}, {115, 12}, {130, 12}, {131, 13}, {257, 13}, {258, 8}} {
		if got := lengthBits(tt.length); got != tt.bits {
			t.Errorf("length %d: %d bits, want %d", tt.length, got, tt.bits)
		}
	}
	for _, tt := range []struct {
		dist, bits int
	}{{1, 5}, {4, 5}, {5, 6}, {8, 6}, {9, 7}, {16384, 17}, {16385, 18}, {32768, 18}} {
		if got := distanceBits(tt.dist); got != tt.bits {
			t.Errorf("distance %d: %d bits, want %d", tt.dist, got, tt.bits)
		}
	}
}

func FuzzCRCConcat(f *testing.F) {
	f.Add([]byte(""), []byte("abc"))
	f.Add([]byte("abc"), make([]byte, 1000))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		got := crcConcat(crc32.ChecksumIEEE(a), crc32.ChecksumIEEE(b), int64(len(b)))
		if want := crc32.ChecksumIEEE(append(bytes.Clone(a), b...)); got != want {
			t.Errorf("%08x, want %08x", got, want)
		}
	})
}

// Appending zeros one by one and all at once is the same, far beyond what a
// test could hash.
func TestCRCConcatLong(t *testing.T) {
	zeros := func(n int64) uint32 { // the CRC of n zero bytes
		c, unit, length := uint32(0), crc32.ChecksumIEEE([]byte{0}), int64(1)
		for ; n > 0; n >>= 1 {
			if n&1 != 0 {
				c = crcConcat(c, unit, length)
			}
			unit, length = crcConcat(unit, unit, length), 2*length
		}
		return c
	}
	const big = 5<<32 + 12345
	a := crc32.ChecksumIEEE([]byte("abc"))
	got := crcConcat(a, zeros(big), big)
	want := crcConcat(crcConcat(a, zeros(big-77), big-77), zeros(77), 77)
	if got != want {
		t.Errorf("%08x, want %08x", got, want)
	}
	if got, want := zeros(1<<20), crc32.ChecksumIEEE(make([]byte, 1<<20)); got != want {
		t.Errorf("%08x, want %08x", got, want)
	}
}
