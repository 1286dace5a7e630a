package sha256pair

import (
	"bytes"
	"crypto/sha256"
	"math/rand/v2"
	"testing"
)

// content is bytes without a pattern, the same each time.
func content(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(b)
	return b
}

func TestSupported(t *testing.T) {
	if !supported() {
		t.Skip("skipped: this processor has no instructions for SHA-256, so that only crypto/sha256 is tested here")
	}
}

// TestWrite holds the digests against crypto/sha256 for contents of every
// length about the limits, behind every beginning of a block.
func TestWrite(t *testing.T) {
	all := content(maxBlocks*blockSize*2 + 1000)
	lengths := []int{0, 1, 63, 64, 65, 511, 512, 513, 575, 576, 577, 4096, maxBlocks * blockSize, maxBlocks*blockSize + 1, len(all) - 64}
	for first := range blockSize {
		for _, n := range lengths {
			check(t, all[:first], all[:first], [][]byte{all[first : first+n]})
		}
	}
}

// TestDiffering has two hashes whose blocks are begun differently, or that
// have seen other content.
func TestDiffering(t *testing.T) {
	all := content(10000)
	check(t, all[:5], all[:6], [][]byte{all[:3000], all[3000:]})
	check(t, all[:512], nil, [][]byte{all[:3000], all[3000:]})
	check(t, all[:1024+7], all[:7], [][]byte{all[:1000], all[1000:2000], all[2000:]})
}

func check(t *testing.T, a, b []byte, pieces [][]byte) {
	t.Helper()
	pair, wantA, wantB := New(), sha256.New(), sha256.New()
	pair.A.Write(a)
	wantA.Write(a)
	pair.B.Write(b)
	wantB.Write(b)
	for _, p := range pieces {
		if n, err := pair.Write(p); n != len(p) || err != nil {
			t.Fatalf("Write of %d bytes returned %d, %v", len(p), n, err)
		}
		wantA.Write(p)
		wantB.Write(p)
	}
	if !bytes.Equal(pair.A.Sum(nil), wantA.Sum(nil)) || !bytes.Equal(pair.B.Sum(nil), wantB.Sum(nil)) {
		t.Errorf("digests after %d and %d bytes and %d pieces differ from crypto/sha256's", len(a), len(b), len(pieces))
	}
}

func FuzzWrite(f *testing.F) {
	f.Add(uint16(0), uint16(512), uint16(1000), content(3000))
	f.Add(uint16(7), uint16(71), uint16(640), content(2000))
	f.Fuzz(func(t *testing.T, a, b, cut uint16, data []byte) {
		first := content(1 << 16)
		at := min(int(cut), len(data))
		check(t, first[:a], first[:b], [][]byte{data[:at], data[at:]})
	})
}

// The second digest should cost next to nothing: compare the two.
func BenchmarkPair(b *testing.B) {
	pair := New()
	benchmark(b, func(p []byte) { _, _ = pair.Write(p) })
}

func BenchmarkOne(b *testing.B) {
	sum := sha256.New()
	benchmark(b, func(p []byte) { sum.Write(p) })
}

func benchmark(b *testing.B, write func([]byte)) {
	b.Helper()
	p := content(128 << 10)
	b.SetBytes(int64(len(p)))
	for b.Loop() {
		write(p)
	}
}
