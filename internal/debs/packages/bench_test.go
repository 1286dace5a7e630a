package packages_test

import (
	"bytes"
	"io"
	"os"
	"testing"

	"github.com/assemble-image/assemble/internal/debs/debtest"
	"github.com/assemble-image/assemble/internal/debs/packages"
	"github.com/assemble-image/assemble/internal/xz"
)

// debian returns the Packages file of Debian 12 for arm64, 49 MB.
func debian(tb testing.TB) []byte {
	tb.Helper()
	f, err := os.Open(debtest.Vector(tb, "lists/Packages-bookworm-main-arm64.xz"))
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	data, err := io.ReadAll(xz.NewReader(f, xz.Options{}))
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

func BenchmarkDistill(b *testing.B) {
	data := debian(b)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := packages.Distill(bytes.NewReader(data), "arm64"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	out, err := packages.Distill(bytes.NewReader(debian(b)), "arm64")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(out)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := packages.Open(out); err != nil {
			b.Fatal(err)
		}
	}
}
