package inflate

import (
	"errors"
	"testing"
)

// handMadeStream is a stream of a few bits and what it should end in.
type handMadeStream struct {
	name   string
	stream []byte
	want   string // content
	err    error  // kind of error, nil for none
}

// lengths writes a dynamic header whose code lengths are given one by one,
// with a code of four bits for each length 0 to 15 (no repeats).
func (w *bitWriter) lengths(lits, dists map[int]int, hlit, hdist int) *bitWriter {
	w.bits(uint64(hlit-257), 5).bits(uint64(hdist-1), 5).bits(15, 4)
	for _, s := range metaOrder {
		if s < 16 {
			w.bits(4, 3)
		} else {
			w.bits(0, 3)
		}
	}
	for s := range hlit {
		w.code(uint64(lits[s]), 4)
	}
	for s := range hdist {
		w.code(uint64(dists[s]), 4)
	}
	return w
}

func dynamic(lits, dists map[int]int, hlit, hdist int) *bitWriter {
	w := new(bitWriter).bits(1, 1).bits(2, 2)
	return w.lengths(lits, dists, hlit, hdist)
}

// repeats starts a dynamic block with codes for 'a' and the end, and a run of
// eleven lengths 0 for hdist distances.
func repeats(hdist int) *bitWriter {
	w := new(bitWriter).bits(1, 1).bits(2, 2).bits(0, 5).bits(uint64(hdist-1), 5).bits(14, 4)
	for _, s := range metaOrder[:18] {
		if s == 1 || s == 18 {
			w.bits(1, 3)
		} else {
			w.bits(0, 3)
		}
	}
	zeros := func(n uint64) { w.code(1, 1).bits(n-11, 7) }
	zeros('a')
	w.code(0, 1)
	zeros(138)
	zeros(endBlock - 'b' - 138)
	w.code(0, 1)
	zeros(11)
	return w
}

func fixedBlock() *bitWriter { return new(bitWriter).bits(1, 1).bits(1, 2) }

func handMade() []handMadeStream {
	a := uint64(0x30 + 'a')                    // fixed code of 'a', eight bits
	two := map[int]int{'a': 2, 'b': 2, 256: 1} // 256 is 0, a is 10, b is 11
	match := map[int]int{'a': 2, 256: 2, 257: 1}
	one := map[int]int{0: 1}
	return []handMadeStream{
		{"nothing", nil, "", ErrTruncated},
		{"stored", new(bitWriter).bits(1, 3).align().bytes(3, 0, 0xfc, 0xff, 'a', 'b', 'c').buf, "abc", nil},
		{"stored empty", new(bitWriter).bits(1, 3).align().bytes(0, 0, 0xff, 0xff).buf, "", nil},
		{"stored padding is ignored", new(bitWriter).bits(0xf9, 8).bytes(1, 0, 0xfe, 0xff, 'a').buf, "a", nil},
		{"stored complement", new(bitWriter).bits(1, 3).align().bytes(3, 0, 0xfc, 0xfe, 'a', 'b', 'c').buf, "", ErrCorrupt},
		{"stored cut in its content", new(bitWriter).bits(1, 3).align().bytes(3, 0, 0xfc, 0xff, 'a', 'b').buf, "", ErrTruncated},
		{"stored cut in its length", new(bitWriter).bits(1, 3).align().bytes(3, 0, 0xfc).buf, "", ErrTruncated},
		{"stored then fixed", new(bitWriter).bits(0, 3).align().bytes(1, 0, 0xfe, 0xff, 'a').bits(3, 3).code(1, 7).code(0, 5).code(0, 7).buf, "aaaa", nil},
		{"fixed then stored", new(bitWriter).bits(2, 3).code(a, 8).code(0, 7).bits(1, 3).align().bytes(1, 0, 0xfe, 0xff, 'b').buf, "ab", nil},
		{"reserved type", new(bitWriter).bits(7, 3).align().bytes(0, 0, 0, 0).buf, "", ErrCorrupt},
		{"fixed empty", fixedBlock().code(0, 7).buf, "", nil},
		{"fixed literal", fixedBlock().code(a, 8).code(0, 7).buf, "a", nil},
		{"fixed nine bits", fixedBlock().code(0x1ff, 9).code(0, 7).buf, "\xff", nil},
		{"fixed without end", fixedBlock().code(a, 8).buf, "", ErrTruncated},
		{"fixed match", fixedBlock().code(a, 8).code(1, 7).code(0, 5).code(0, 7).buf, "aaaa", nil},
		{"fixed symbol 286", fixedBlock().code(a, 8).code(0xc6, 8).code(0, 5).code(0, 7).bytes(0, 0).buf, "a", ErrCorrupt},
		{"fixed symbol 287", fixedBlock().code(a, 8).code(0xc7, 8).code(0, 5).code(0, 7).bytes(0, 0).buf, "a", ErrCorrupt},
		{"fixed distance 30", fixedBlock().code(a, 8).code(1, 7).code(30, 5).code(0, 7).bytes(0, 0).buf, "a", ErrCorrupt},
		{"fixed distance 31", fixedBlock().code(a, 8).code(1, 7).code(31, 5).code(0, 7).bytes(0, 0).buf, "a", ErrCorrupt},
		{"match before the content", fixedBlock().code(1, 7).code(0, 5).code(0, 7).bytes(0, 0).buf, "", ErrCorrupt},
		{"match one too far", fixedBlock().code(a, 8).code(1, 7).code(1, 5).code(0, 7).bytes(0, 0).buf, "a", ErrCorrupt},
		{"dynamic", dynamic(two, one, 257, 1).code(2, 2).code(3, 2).code(0, 1).buf, "ab", nil},
		{"dynamic without distances", dynamic(two, nil, 257, 1).code(2, 2).code(3, 2).code(0, 1).buf, "ab", nil},
		{"dynamic match", dynamic(match, one, 258, 1).code(2, 2).code(0, 1).code(0, 1).code(3, 2).buf, "aaaa", nil},
		{"the single distance code's other bit", dynamic(match, one, 258, 1).code(2, 2).code(0, 1).code(1, 1).code(3, 2).bytes(0, 0).buf, "a", ErrCorrupt},
		{"match without distances", dynamic(match, nil, 258, 1).code(2, 2).code(0, 1).code(0, 1).code(3, 2).bytes(0, 0).buf, "a", ErrCorrupt},
		{"single distance code of two bits", dynamic(two, map[int]int{0: 2}, 257, 1).code(2, 2).code(0, 1).bytes(0).buf, "", ErrCorrupt},
		{"incomplete distance code", dynamic(two, map[int]int{0: 2, 1: 2, 2: 2}, 257, 3).code(2, 2).code(0, 1).bytes(0).buf, "", ErrCorrupt},
		{"over-subscribed distance code", dynamic(two, map[int]int{0: 1, 1: 1, 2: 1}, 257, 3).code(2, 2).code(0, 1).bytes(0).buf, "", ErrCorrupt},
		{"only an end of block", dynamic(map[int]int{256: 1}, one, 257, 1).code(0, 1).buf, "", nil},
		{"only an end of block, other bit", dynamic(map[int]int{256: 1}, one, 257, 1).code(1, 1).bytes(0, 0).buf, "", ErrCorrupt},
		{"no literal codes", dynamic(nil, one, 257, 1).bytes(0, 0, 0).buf, "", ErrCorrupt},
		{"no end of block", dynamic(map[int]int{'a': 1, 'b': 1}, one, 257, 1).bits(0, 40).buf, "", ErrTruncated},
		{"incomplete literal code", dynamic(map[int]int{'a': 2, 'b': 2, 256: 2}, one, 257, 1).bytes(0, 0, 0).buf, "", ErrCorrupt},
		{"over-subscribed literal code", dynamic(map[int]int{'a': 1, 'b': 1, 256: 1}, one, 257, 1).bytes(0, 0, 0).buf, "", ErrCorrupt},
		{"287 literal codes", dynamic(two, one, 287, 1).code(2, 2).code(0, 1).bytes(0).buf, "", ErrCorrupt},
		{"31 distance codes", dynamic(two, one, 257, 31).code(2, 2).code(0, 1).bytes(0).buf, "", ErrCorrupt},
		{"30 distance codes", dynamic(two, one, 257, 30).code(2, 2).code(0, 1).buf, "a", nil},
		{"286 literal codes", dynamic(two, one, 286, 1).code(2, 2).code(0, 1).buf, "a", nil},
		{"repeat up to the last code", repeats(11).code(0, 1).code(1, 1).buf, "a", nil},
		{"repeat beyond the last code", repeats(10).code(0, 1).code(1, 1).bytes(0, 0).buf, "", ErrCorrupt},
		{"trailing byte", fixedBlock().code(a, 8).code(0, 7).bytes(0, 0).buf, "a", ErrTrailing},
	}
}

func TestDecodeHandMade(t *testing.T) {
	d := NewDecoder()
	for _, c := range handMade() {
		t.Run(c.name, func(t *testing.T) {
			check(t, d, c.stream)
			got, _, err := inflateAll(d, c.stream, int64(len(c.want)))
			if !errors.Is(err, c.err) {
				t.Fatalf("error %v, want %v", err, c.err)
			}
			if err == nil && string(got) != c.want {
				t.Fatalf("content %q, want %q", got, c.want)
			}
		})
	}
}
