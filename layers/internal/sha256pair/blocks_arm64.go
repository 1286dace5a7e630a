package sha256pair

import (
	"runtime"

	"golang.org/x/sys/cpu"
)

// lanes is a state in the order in which the instructions of this architecture
// want it: A to H.
type lanes [8]uint32

// order is where each word of lanes stands in A to H.
var order = [8]int{0, 1, 2, 3, 4, 5, 6, 7}

// blocks hashes n blocks of 64 bytes, 1 or more, from p on into both states.
//
//go:noescape
func blocks(a, b *lanes, k *[64]uint32, p *byte, n int)

// supported reports whether the processor has SHA-256 instructions; all of
// Apple's have.
func supported() bool { return cpu.ARM64.HasSHA2 || runtime.GOOS == "darwin" }
