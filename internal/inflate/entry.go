package inflate

// Table entries. The low six bits of each are the number of bits to take, so
// that shifting by an entry takes them. A length or distance takes the bits of
// its code and its extra bits at once.
//
// A literal/length entry is one of
//
//	literal    entryLiteral | value<<16 | bits
//	length     mask of the extra bits<<25 | base<<16 | bits of the code<<8 | bits
//	link       entrySpecial | start of the subtable<<16 | bits of its index<<8 | bits
//	otherwise  entrySpecial | entryEnd or entryBad | bits
//
// and a distance entry one of
//
//	distance   base<<16 | bits of the code<<8 | bits
//	link       distSpecial | start of the subtable<<16 | bits of its index<<8 | bits
//	otherwise  distSpecial | distBad
const (
	entryLiteral = 1 << 31
	entrySpecial = 1 << 30
	entryEnd     = 1 << 29
	entryBad     = 1 << 28

	distSpecial = 1 << 31
	distBad     = 1 << 30
)

const (
	numLit   = 286 // literal/length symbols that a header may declare
	numDist  = 30  // distance symbols that a header may declare
	maxLit   = 288 // literal/length symbols in the fixed code
	maxDist  = 32  // distance symbols in the fixed code
	numMeta  = 19  // symbols of the code for code lengths
	endBlock = 256
)

// bases of the entries, by symbol: all but the length of the code.
var (
	litBase  = litBases()
	distBase = distBases()
	metaBase = metaBases()
)

// litBases follows the table of RFC 1951, 3.2.5.
func litBases() (t [maxLit]uint32) {
	for s := range uint32(endBlock) {
		t[s] = entryLiteral | s<<16
	}
	t[endBlock] = entrySpecial | entryEnd
	base := uint32(3)
	for s := uint32(0); s < 28; s++ {
		extra := uint32(0)
		if s >= 8 {
			extra = s/4 - 1
		}
		t[257+s] = (1<<extra-1)<<25 | base<<16 | extra
		base += 1 << extra
	}
	t[285] = 258 << 16
	t[286] = entrySpecial | entryBad
	t[287] = entrySpecial | entryBad
	return t
}

// distBases follows the table of RFC 1951, 3.2.5.
func distBases() (t [maxDist]uint32) {
	base := uint32(1)
	for s := uint32(0); s < numDist; s++ {
		extra := uint32(0)
		if s >= 4 {
			extra = s/2 - 1
		}
		t[s] = base<<16 | extra
		base += 1 << extra
	}
	t[30] = distSpecial | distBad
	t[31] = distSpecial | distBad
	return t
}

// metaBases is for the code of the code lengths: just the symbol.
func metaBases() (t [numMeta]uint32) {
	for s := range t {
		t[s] = uint32(s) << 16
	}
	return t
}
