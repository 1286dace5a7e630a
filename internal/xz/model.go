package xz

const (
	probInit = 1 << 10 // of 1<<11: as likely as not
	probMove = 5       // an update moves a probability by a 32nd

	minMatch = 2
	// litStates is the number of states after a literal.
	litStates = 7
	// fullSlots is the first slot whose distances have bits without model.
	fullSlots = 14
)

// lengths are the probabilities of a length (LZMA specification, "The match
// length").
type lengths struct {
	choice [2]uint16
	low    [16][8]uint16 // by the position's state
	mid    [16][8]uint16
	high   [256]uint16
}

// model is the state of LZMA but for the range decoder: the last distances, and
// the probabilities that the next bit is 0.
type model struct {
	lc              uint
	posMask, lpMask uint
	state           uint
	reps            [4]uint // distances less one

	// By state, and by the position's state where there are 256.
	isMatch, isRep0Long              [256]uint16
	isRep, isRepG0, isRepG1, isRepG2 [16]uint16

	slots   [4][64]uint16
	special [128]uint16
	align   [16]uint16
	match   lengths
	rep     lengths
	// literals by what stands before: 256 for those after a literal, and 512
	// for those after a match, which has the byte that a match would have had.
	literals [16][1024]uint16
}

// setProps sets lc, lp and pb (LZMA specification, "Properties"; LZMA2 has no
// more than four bits of lc and lp) and resets the rest.
func (m *model) setProps(b byte) error {
	if b >= 9*5*5 {
		return corrupt("a chunk's properties are none")
	}
	lc, lp, pb := uint(b%9), uint(b/9%5), uint(b/9/5)
	if lc+lp > 4 {
		return corrupt("a chunk's properties have lc and lp of more than four bits")
	}
	m.lc, m.lpMask, m.posMask = lc, 1<<lp-1, 1<<pb-1
	m.reset()
	return nil
}

// reset is the state at a stream's beginning.
func (m *model) reset() {
	m.state, m.reps = 0, [4]uint{}
	fill(m.isMatch[:])
	fill(m.isRep0Long[:])
	fill(m.isRep[:])
	fill(m.isRepG0[:])
	fill(m.isRepG1[:])
	fill(m.isRepG2[:])
	for i := range m.slots {
		fill(m.slots[i][:])
	}
	fill(m.special[:])
	fill(m.align[:])
	m.match.reset()
	m.rep.reset()
	for i := range (m.lpMask + 1) << m.lc {
		fill(m.literals[i][:])
	}
}

func (l *lengths) reset() {
	fill(l.choice[:])
	for i := range l.low {
		fill(l.low[i][:])
		fill(l.mid[i][:])
	}
	fill(l.high[:])
}

func fill(probs []uint16) {
	for i := range probs {
		probs[i] = probInit
	}
}

// What a state becomes (LZMA specification, "State"); tables of 16, so that an
// index is kept within by a mask.
var (
	afterLiteral  = [16]uint8{0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 4, 5}
	afterMatch    = [16]uint8{7, 7, 7, 7, 7, 7, 7, 10, 10, 10, 10, 10}
	afterRep      = [16]uint8{8, 8, 8, 8, 8, 8, 8, 11, 11, 11, 11, 11}
	afterShortRep = [16]uint8{9, 9, 9, 9, 9, 9, 9, 11, 11, 11, 11, 11}
)
