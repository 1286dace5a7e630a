package xz

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"
)

// sample is content of several natures: text, records that resemble each
// other, runs, noise, and what came before, from nearby and from far away.
func sample(size int) []byte {
	r := rand.New(rand.NewPCG(11, 7))
	words := strings.Fields("the of library package shared arm64 version depends on and with Debian main /usr/lib 0x7f :any >= << runtime")
	var b []byte
	for len(b) < size {
		switch r.IntN(6) {
		case 0, 1:
			for range 20 + r.IntN(200) {
				b = append(append(b, words[r.IntN(len(words))]...), ' ')
			}
		case 2:
			for i := range 50 {
				b = fmt.Appendf(b, "%08x\x00%03d\xff", i*64+len(b), r.IntN(40))
			}
		case 3:
			b = append(b, bytes.Repeat([]byte{byte(r.IntN(256))}, r.IntN(700))...)
		case 4:
			for range r.IntN(400) {
				b = append(b, byte(r.Uint32()))
			}
		case 5:
			if len(b) > 1000 {
				from := r.IntN(len(b) - 600)
				b = append(b, b[from:from+r.IntN(600)]...)
			}
		}
	}
	return b[:size]
}

// program runs the xz program over content.
func program(t testing.TB, content []byte, args ...string) []byte {
	t.Helper()
	path, err := exec.LookPath("xz")
	if err != nil {
		t.Skip("skipped: no xz program")
	}
	cmd := exec.CommandContext(t.Context(), path, append([]string{"-c", "-q"}, args...)...)
	cmd.Stdin = bytes.NewReader(content)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Skipf("skipped: the xz program doesn't know %q: %s", args, errs.String())
	}
	return out.Bytes()
}

func decodeAll(p []byte, opt Options) ([]byte, error) {
	return io.ReadAll(NewReader(bytes.NewReader(p), opt))
}
