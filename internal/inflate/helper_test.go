package inflate

import (
	"bufio"
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"math/rand/v2"
	"testing"

	kflate "github.com/klauspost/compress/flate"
)

// inflateAll decodes all of p into memory, expecting size bytes.
func inflateAll(d *Decoder, p []byte, size int64) ([]byte, Tail, error) {
	var got []byte
	tail, err := d.Decode(Stream{Src: bytes.NewReader(p), Len: int64(len(p)), Size: size}, func(b []byte) error {
		got = append(got, b...)
		return nil
	})
	return got, tail, err
}

// reference inflates the stream at the start of p with compress/flate, up to
// limit bytes of content, and returns the number of bytes that it took.
func reference(p []byte, limit int64) (content []byte, used int, err error) {
	r := bytes.NewReader(p)
	content, err = io.ReadAll(io.LimitReader(flate.NewReader(r), limit+1))
	if err == nil && int64(len(content)) > limit {
		err = errTooLong
	}
	return content, len(p) - r.Len(), err
}

var errTooLong = errors.New("more content than the test wants")

// check compares the decoder with compress/flate on p, which may hold anything.
func check(t *testing.T, d *Decoder, p []byte) {
	t.Helper()
	const limit = 4 << 20
	want, used, err := reference(p, limit)
	if err != nil {
		size := int64(1 << 40)
		if errors.Is(err, errTooLong) {
			size = limit
		}
		got, tail, err2 := inflateAll(d, p, size)
		if err2 == nil || tail != (Tail{}) {
			t.Fatalf("accepted a stream of which compress/flate says %v: %x", err, p)
		}
		if !bytes.HasPrefix(want, got) {
			t.Fatalf("content handed out before %v differs from compress/flate's: %x", err2, p)
		}
		return
	}
	if used < len(p) {
		if _, _, err := inflateAll(d, p, int64(len(want))); !errors.Is(err, ErrTrailing) {
			t.Fatalf("%d bytes behind the stream: error %v: %x", len(p)-used, err, p)
		}
	}
	got, tail, err := inflateAll(d, p[:used], int64(len(want)))
	if err != nil {
		t.Fatalf("refused a stream that compress/flate accepts: %v: %x", err, p)
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("content differs from compress/flate's: %x", p)
	}
	checkSplice(t, p[:used], want, tail)
	if _, _, err := inflateAll(d, p[:used], int64(len(want))+1); !errors.Is(err, ErrSize) {
		t.Fatalf("one byte less than declared: error %v", err)
	}
	if len(want) > 0 {
		got, _, err := inflateAll(d, p[:used], int64(len(want))-1)
		if !errors.Is(err, ErrSize) || len(got) >= len(want) {
			t.Fatalf("one byte more than declared: %d bytes handed out, error %v", len(got), err)
		}
	}
	if used > 0 {
		if _, _, err := inflateAll(d, p[:used-1], int64(len(want))); !errors.Is(err, ErrTruncated) {
			t.Fatalf("without its last byte: error %v: %x", err, p[:used])
		}
	}
}

// checkSplice does with the stream what its tail is for: makes its last block
// an ordinary one and appends another, empty and final.
func checkSplice(t *testing.T, p, content []byte, tail Tail) {
	t.Helper()
	if (tail.End+7)/8 != int64(len(p)) || tail.Final >= tail.End {
		t.Fatalf("tail %+v of a stream of %d bytes", tail, len(p))
	}
	q := bytes.Clone(p)
	if q[tail.Final/8]>>(tail.Final%8)&1 != 1 {
		t.Fatalf("bit %d is not set", tail.Final)
	}
	q[tail.Final/8] &^= 1 << (tail.Final % 8)
	w := bitWriter{buf: q, n: uint(tail.End)}
	w.cut()
	w.bits(1, 1).bits(0, 2).align().bits(0, 16).bits(0xffff, 16)
	got, used, err := reference(w.buf, int64(len(content)))
	if err != nil || used != len(w.buf) || !bytes.Equal(got, content) {
		t.Fatalf("spliced stream: %d of %d bytes used, error %v", used, len(w.buf), err)
	}
}

// bitWriter writes streams by hand.
type bitWriter struct {
	buf []byte
	n   uint // bits
}

// cut clears the bits beyond n.
func (w *bitWriter) cut() {
	if w.n%8 != 0 {
		w.buf[len(w.buf)-1] &= 1<<(w.n%8) - 1
	}
}

// bits appends the n low bits of v, the lowest first.
func (w *bitWriter) bits(v uint64, n uint) *bitWriter {
	for ; n > 0; n-- {
		if w.n%8 == 0 {
			w.buf = append(w.buf, 0)
		}
		w.buf[w.n/8] |= byte(v&1) << (w.n % 8)
		v >>= 1
		w.n++
	}
	return w
}

// code appends a Huffman code of n bits, its highest bit first.
func (w *bitWriter) code(v uint64, n uint) *bitWriter {
	return w.bits(bits.Reverse64(v)>>(64-n), n)
}

func (w *bitWriter) align() *bitWriter {
	w.n = uint(len(w.buf)) * 8
	return w
}

func (w *bitWriter) bytes(p ...byte) *bitWriter {
	for _, b := range p {
		w.bits(uint64(b), 8)
	}
	return w
}

// samples are contents of different natures, made from a fixed seed.
func samples() map[string][]byte {
	r := rand.New(rand.NewPCG(1951, 1996))
	random := make([]byte, 300_000)
	for i := range random {
		random[i] = byte(r.Uint32())
	}
	words := make([][]byte, 3000)
	for i := range words {
		w := make([]byte, 1+r.IntN(11))
		for j := range w {
			w[j] = "etaoinshrdlucmfwypvbgkqjxz_.(=\"0"[min(r.IntN(32), r.IntN(32))]
		}
		words[i] = w
	}
	var text []byte
	for len(text) < 400_000 {
		text = append(text, words[min(r.IntN(len(words)), r.IntN(len(words)))]...)
		text = append(text, "     \n,:"[r.IntN(8)])
	}
	var binary []byte
	for len(binary) < 400_000 {
		switch r.IntN(4) {
		case 0:
			binary = append(binary, 0, 0, 0, byte(r.IntN(16)), 0x48, 0x8b, byte(r.Uint32()))
		case 1:
			binary = append(binary, byte(r.Uint32()), byte(r.Uint32()), 0xff, 0xff)
		case 2:
			n := min(len(binary), 4+r.IntN(12))
			at := r.IntN(len(binary) - n + 1)
			binary = append(binary, binary[at:at+n]...)
		default:
			binary = append(binary, byte(r.NormFloat64()*20))
		}
	}
	runs := make([]byte, 0, 410_000)
	for period := 1; len(runs) < 400_000; period = period%40 + 1 {
		for range period {
			runs = append(runs, byte(r.Uint32()))
		}
		for range r.IntN(3000) {
			runs = append(runs, runs[len(runs)-period])
		}
	}
	return map[string][]byte{
		"empty": nil, "byte": {'x'}, "random": random, "text": text, "binary": binary, "runs": runs,
		"zeros": make([]byte, 700_000), "short": text[:77], "few": bytes.Repeat([]byte("ab"), 9),
	}
}

// deflators compress in every way at hand.
func deflators(tb testing.TB) map[string]func(p []byte) []byte {
	type writer interface {
		io.WriteCloser
		Flush() error
	}
	all := map[string]func(p []byte) []byte{}
	add := func(name string, open func(w io.Writer) (writer, error)) {
		all[name] = func(p []byte) []byte {
			var buf bytes.Buffer
			w, err := open(&buf)
			if err != nil {
				tb.Fatal(err)
			}
			_, err = w.Write(p[:len(p)/3])
			err = errors.Join(err, w.Flush())
			_, err2 := w.Write(p[len(p)/3:])
			if err := errors.Join(err, err2, w.Close()); err != nil {
				tb.Fatal(err)
			}
			return buf.Bytes()
		}
	}
	for level := flate.HuffmanOnly; level <= flate.BestCompression; level++ {
		add(fmt.Sprint("flate ", level), func(w io.Writer) (writer, error) { return flate.NewWriter(w, level) })
		add(fmt.Sprint("klauspost ", level), func(w io.Writer) (writer, error) { return kflate.NewWriter(w, level) })
	}
	add("klauspost stateless", func(w io.Writer) (writer, error) {
		return struct {
			io.WriteCloser
			nopFlush
		}{kflate.NewStatelessWriter(w), nopFlush{}}, nil
	})
	return all
}

type nopFlush struct{}

func (nopFlush) Flush() error { return nil }

func newBuffered(r io.Reader) *bufio.Reader { return bufio.NewReaderSize(r, 256<<10) }
