package xz

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"testing"
)

// BenchmarkReader decodes the .xz file that ASSEMBLE_XZ names, in memory, beside
// the xz program; both by processor time.
func BenchmarkReader(b *testing.B) {
	path := os.Getenv("ASSEMBLE_XZ")
	if path == "" {
		b.Skip("skipped: ASSEMBLE_XZ names no file")
	}
	p, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	size := int64(0)
	b.Run("reader", func(b *testing.B) {
		start := cpuTime()
		for b.Loop() {
			n, err := io.Copy(io.Discard, struct{ io.Reader }{NewReader(bytes.NewReader(p), Options{})})
			if err != nil {
				b.Fatal(err)
			}
			size = n
		}
		b.ReportMetric(float64(size)*float64(b.N)/1e6/(cpuTime()-start).Seconds(), "cpu-MB/s")
	})
	b.Run("xz", func(b *testing.B) {
		used := 0.0
		for b.Loop() {
			cmd := exec.CommandContext(b.Context(), "xz", "-dc", path)
			if err := cmd.Run(); err != nil { // its output goes nowhere
				b.Skip("skipped: no xz program")
			}
			used += (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
		}
		b.ReportMetric(float64(size)*float64(b.N)/1e6/used, "cpu-MB/s")
	})
}
