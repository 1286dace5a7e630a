package inflate

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// strictReader refuses to be read outside of its stream and hands out at most
// step bytes at a time, as io.ReaderAt should not but a careless one may.
type strictReader struct {
	p      []byte
	off    int64 // of p in the file that it plays
	step   int
	atRead func() error
}

func (r *strictReader) ReadAt(p []byte, off int64) (int, error) {
	if off < r.off || off+int64(len(p)) > r.off+int64(len(r.p)) {
		return 0, fmt.Errorf("reading %d bytes at offset %d, outside of the stream", len(p), off)
	}
	if r.atRead != nil {
		if err := r.atRead(); err != nil {
			return 0, err
		}
	}
	return copy(p[:min(len(p), r.step)], r.p[off-r.off:]), nil
}

func discard([]byte) error { return nil }

// TestDecodeInput puts the stream's end, and the places where the window is
// filled anew, everywhere around the window's own limits.
func TestDecodeInput(t *testing.T) {
	d := NewDecoder()
	random := samples()["random"]
	for name, deflate := range map[string]func([]byte) []byte{
		"stored": deflators(t)["flate 0"], "huffman": deflators(t)["flate -2"],
	} {
		t.Run(name, func(t *testing.T) {
			for size := inputChunk - 90; size < inputChunk+90; size += 7 {
				p := deflate(random[:size])
				src := &strictReader{p: p, off: 1 << 40, step: 50_000}
				var got []byte
				_, err := d.Decode(Stream{src, src.off, int64(len(p)), int64(size)}, func(b []byte) error {
					got = append(got, b...)
					return nil
				})
				if err != nil || !bytes.Equal(got, random[:size]) {
					t.Fatalf("%d bytes: %d found, error %v", size, len(got), err)
				}
				cut := int64(len(p)) - 1 - int64(size%70)
				if _, err := d.Decode(Stream{src, src.off, cut, int64(size)}, discard); !errors.Is(err, ErrTruncated) {
					t.Fatalf("%d bytes, cut at %d of %d: error %v", size, cut, len(p), err)
				}
			}
		})
	}
}

// TestDecodeStoredAtWindowEnd starts a stored block where the window is filled
// anew, so that its length lies among the bits held meanwhile.
func TestDecodeStoredAtWindowEnd(t *testing.T) {
	d := NewDecoder()
	random := samples()["random"][:3000]
	w := new(bitWriter).bits(0, 1).bits(1, 2)
	for i := range inputChunk + 200 {
		if i > inputSize-headerBytes-100 && i%17 == 0 {
			x := bitWriter{buf: bytes.Clone(w.buf), n: w.n}
			x.code(0, 7).bits(1, 3).align().bits(3000, 16).bits(^uint64(3000), 16).bytes(random...)
			size := int64(i + len(random))
			got, _, err := inflateAll(d, x.buf, size)
			if err != nil || !bytes.HasSuffix(got, random) {
				t.Fatalf("stored after %d literals: %d bytes, error %v", i, len(got), err)
			}
		}
		w.code(uint64(0x30+i%97), 8)
	}
}

// TestDecodeHistory reaches back as far as a match can, and one byte further
// than there is, with and without content that was handed out before.
func TestDecodeHistory(t *testing.T) {
	d := NewDecoder()
	for _, n := range []int{1, 100, history - 1, history, history + 1, outputLimit - 1, outputLimit, outputLimit + 2, 2 * outputSize} {
		w := fixedBlock()
		for i := range n {
			w.code(uint64(0x30+i*i%97), 8)
		}
		for _, dist := range []int{n, n + 1, history} {
			if dist < 24577 || dist > history {
				continue
			}
			x := bitWriter{buf: bytes.Clone(w.buf), n: w.n}
			x.code(0xc5, 8).code(29, 5).bits(uint64(dist-24577), 13).code(0, 7)
			check(t, d, x.buf)
			_, _, err := inflateAll(d, x.buf, int64(n)+258)
			if (dist > n) != errors.Is(err, ErrCorrupt) || dist <= n && err != nil {
				t.Fatalf("distance %d after %d bytes: error %v", dist, n, err)
			}
		}
	}
}

func TestDecodeErrors(t *testing.T) {
	d := NewDecoder()
	content := samples()["text"]
	p := deflators(t)["flate 6"](content)
	whole := Stream{bytes.NewReader(p), 0, int64(len(p)), int64(len(content))}
	broken := errors.New("disk on fire")
	bad := bytes.Clone(p)
	bad[0] |= 6
	for _, c := range []struct {
		name   string
		stream func(s *Stream)
		emit   func([]byte) error
		want   error
		text   string
	}{
		{"source fails", func(s *Stream) {
			s.Src = &strictReader{p: p, step: 1 << 20, atRead: func() error { return broken }}
		}, nil, broken, "at offset 0"},
		{"source ends early", func(s *Stream) { s.Src = bytes.NewReader(p[:1000]) }, nil, io.ErrUnexpectedEOF, "offset 0"},
		{"source stands still", func(s *Stream) { s.Src = &strictReader{p: p} }, nil, io.ErrNoProgress, ""},
		{"emit fails", nil, func([]byte) error { return iotest.ErrTimeout }, iotest.ErrTimeout, iotest.ErrTimeout.Error()},
		{"too long", func(s *Stream) { s.Size = 10 }, nil, ErrSize, "10 bytes declared, at least "},
		{"too short", func(s *Stream) { s.Size += 7 }, nil, ErrSize, fmt.Sprintf("%d bytes declared, %d found", len(content)+7, len(content))},
		{"corrupt", func(s *Stream) { s.Src = bytes.NewReader(bad) }, nil, ErrCorrupt, "reserved block type (at byte 0, bit 3)"},
		{"truncated", func(s *Stream) { s.Len-- }, nil, ErrTruncated, fmt.Sprint(len(p)-1, " packed bytes")},
		{"no packed bytes", func(s *Stream) { s.Len = 0 }, nil, ErrTruncated, ""},
		{"trailing", func(s *Stream) { s.Src, s.Len = bytes.NewReader(append(bytes.Clone(p), 0, 0)), s.Len+2 }, nil, ErrTrailing, fmt.Sprintf("%d of %d", len(p), len(p)+2)},
		{"negative size", func(s *Stream) { s.Size = -1 }, nil, nil, "negative"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, emit := whole, discard
			if c.stream != nil {
				c.stream(&s)
			}
			if c.emit != nil {
				emit = c.emit
			}
			seen := int64(0)
			tail, err := d.Decode(s, func(p []byte) error {
				seen += int64(len(p))
				return emit(p)
			})
			if err == nil || c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) || tail != (Tail{}) {
				t.Errorf("tail %v, error %v; want %v with %q", tail, err, c.want, c.text)
			}
			if s.Size >= 0 && seen > s.Size {
				t.Errorf("%d bytes handed out, %d declared", seen, s.Size)
			}
			if _, err := d.Decode(whole, discard); err != nil {
				t.Errorf("the next stream: %v", err)
			}
		})
	}
}

// TestDecodeBomb declares little and sends much: decoding stops early.
func TestDecodeBomb(t *testing.T) {
	p := deflators(t)["flate 9"](make([]byte, 20<<20))
	reads := 0
	src := &strictReader{p: p, step: 1 << 20, atRead: func() error { reads++; return nil }}
	_, err := NewDecoder().Decode(Stream{src, 0, int64(len(p)), 1000}, discard)
	var size *SizeError
	if !errors.As(err, &size) || size.Declared != 1000 || size.Got > outputSize || !size.AtLeast {
		t.Fatalf("error %v", err)
	}
}

func TestDecodeDoesNotAllocate(t *testing.T) {
	d := NewDecoder()
	content := samples()["binary"]
	p := deflators(t)["flate 6"](content)
	s := Stream{bytes.NewReader(p), 0, int64(len(p)), int64(len(content))}
	n := testing.AllocsPerRun(3, func() {
		if _, err := d.Decode(s, discard); err != nil {
			t.Error(err)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations a stream", n)
	}
}

// TestDecodeLongCodes uses codes of every length there is, also those that
// need the tables' second level.
func TestDecodeLongCodes(t *testing.T) {
	d := NewDecoder()
	r := rand.New(rand.NewPCG(15, 11))
	before := samples()["random"][:history] // so that no match is too far
	accepted := 0
	for range 60 {
		w := new(bitWriter).bits(0, 3).align().bits(history, 16).bits(^uint64(history), 16)
		w.buf = append(w.buf, before...)
		w.align().bits(1, 1).bits(2, 2)
		w.lengths(randomCode(r, 286, true), randomCode(r, 30, false), 286, 30)
		for range 400 {
			w.bits(r.Uint64(), 40)
		}
		check(t, d, w.buf)
		if _, _, err := reference(w.buf, 4<<20); err == nil {
			accepted++
		}
	}
	if accepted < 20 {
		t.Errorf("only %d streams were good", accepted)
	}
}

// randomCode gives random symbols code lengths of 1 to 15 that make a complete
// code, by splitting random codes in two.
func randomCode(r *rand.Rand, symbols int, withEnd bool) map[int]int {
	lengths := []int{1, 1}
	for n := 2 + r.IntN(symbols-2); len(lengths) < n; {
		i := r.IntN(len(lengths))
		if r.IntN(3) > 0 {
			i = len(lengths) - 1
		}
		if lengths[i] < maxBits {
			lengths[i]++
			lengths = append(lengths, lengths[i])
		} else {
			n--
		}
	}
	names := r.Perm(symbols)
	if withEnd {
		i := slices.Index(names, endBlock)
		names[0], names[i] = names[i], names[0]
	}
	code := map[int]int{}
	for i, n := range lengths {
		code[names[i]] = n
	}
	return code
}
