package packages_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/assemble-image/assemble/internal/debs/packages"
)

func BenchmarkX(b *testing.B) {
	data, err := os.ReadFile("/tmp/apt.x/bookworm")
	if err != nil {
		b.Skip(err)
	}
	var out []byte
	b.Run("distill", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			out, err = packages.Distill(bytes.NewReader(data), "arm64")
			if err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("open", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			x, err := packages.Open(out)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(x.Len()), "packages")
			b.ReportMetric(float64(len(out)), "bytes")
		}
	})
}
