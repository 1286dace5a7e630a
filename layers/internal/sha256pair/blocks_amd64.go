package sha256pair

// lanes is a state in the order in which the instructions of this architecture
// want it.
type lanes [8]uint32

// order is where each word of lanes stands in A to H.
var order = [8]int{5, 4, 1, 0, 7, 6, 3, 2}

// blocks hashes n blocks of 64 bytes, 1 or more, from p on into both states.
//
//go:noescape
func blocks(a, b *lanes, k *[64]uint32, p *byte, n int)

//go:noescape
func cpuid(leaf, sub uint32) (b, c uint32)

// supported reports whether the processor has SHA instructions, and the older
// ones that go with them.
func supported() bool {
	const ssse3, sse41, sha = 1 << 9, 1 << 19, 1 << 29
	_, c := cpuid(1, 0)
	b, _ := cpuid(7, 0)
	return c&ssse3 != 0 && c&sse41 != 0 && b&sha != 0
}
