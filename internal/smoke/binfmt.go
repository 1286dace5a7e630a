package smoke

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io/fs"
	"runtime"
	"strconv"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// machines are the e_machine values of ELF headers, with the byte order and
// class, by Go's names of architectures.
var machines = map[string]struct {
	machine byte
	bits    int
	big     bool
}{
	"386":     {3, 32, false},
	"amd64":   {62, 64, false},
	"arm":     {40, 32, false},
	"arm64":   {183, 64, false},
	"ppc64le": {21, 64, false},
	"riscv64": {243, 64, false},
	"s390x":   {22, 64, true},
}

// elfHeader is the start of a program for an architecture, or nil where the
// architecture is unknown.
func elfHeader(arch string) []byte {
	m, ok := machines[arch]
	if !ok {
		return nil
	}
	h := make([]byte, 20)
	copy(h, "\x7fELF")
	h[4], h[5], h[6] = byte(m.bits/32), 1, 1
	h[16], h[18] = 2, m.machine // ET_EXEC
	if m.big {
		h[5], h[16], h[17], h[18], h[19] = 2, 0, 2, 0, m.machine
	}
	return h
}

// canRun reports whether this machine can run programs for a platform, and
// whether under emulation; the error is an *UnavailableError. root is the root
// file system, for binfmt_misc.
func canRun(root fs.FS, p v1.Platform) (emulated bool, err error) {
	if p.OS != "linux" || runtime.GOOS != "linux" {
		return false, &UnavailableError{Reason: fmt.Sprintf("a %s host can't run %s images", runtime.GOOS, p.OS)}
	}
	if p.Architecture == runtime.GOARCH || runtime.GOARCH == "amd64" && p.Architecture == "386" {
		return false, nil
	}
	const dir = "proc/sys/fs/binfmt_misc"
	entries, err := fs.ReadDir(root, dir)
	if err != nil || len(entries) == 0 {
		return false, &UnavailableError{Reason: fmt.Sprintf("no emulation for linux/%s: binfmt_misc is not mounted", p.Architecture)}
	}
	program := elfHeader(p.Architecture)
	reason := "no interpreter is registered in binfmt_misc"
	for _, entry := range entries {
		if entry.Name() == "register" || entry.Name() == "status" {
			continue
		}
		text, err := fs.ReadFile(root, dir+"/"+entry.Name())
		if err != nil {
			continue
		}
		handler := parseBinfmt(string(text))
		switch {
		case program == nil || !handler.matches(program):
		case !handler.enabled:
			reason = fmt.Sprintf("%s is registered in binfmt_misc but disabled", entry.Name())
		case !strings.Contains(handler.flags, "F"):
			reason = fmt.Sprintf("%s is registered in binfmt_misc without the flag F, so containers can't use it", entry.Name())
		default:
			return true, nil
		}
	}
	return false, &UnavailableError{Reason: fmt.Sprintf("no emulation for linux/%s: %s", p.Architecture, reason)}
}

// A binfmt is one handler of the kernel's binfmt_misc
// (Documentation/admin-guide/binfmt-misc.rst).
type binfmt struct {
	enabled     bool
	flags       string
	offset      int
	magic, mask []byte
}

func parseBinfmt(text string) binfmt {
	var b binfmt
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch key {
		case "enabled":
			b.enabled = true
		case "flags:":
			b.flags = value
		case "offset":
			b.offset, _ = strconv.Atoi(value)
		case "magic":
			b.magic, _ = hex.DecodeString(value)
		case "mask":
			b.mask, _ = hex.DecodeString(value)
		}
	}
	return b
}

// matches reports whether the handler accepts a program that starts with these bytes.
func (b binfmt) matches(program []byte) bool {
	if len(b.magic) == 0 || b.offset < 0 || b.offset+len(b.magic) > len(program) {
		return false
	}
	at := bytes.Clone(program[b.offset : b.offset+len(b.magic)])
	for i := range at {
		mask := byte(0xff)
		if i < len(b.mask) {
			mask = b.mask[i]
		}
		if at[i]&mask != b.magic[i]&mask {
			return false
		}
	}
	return true
}
