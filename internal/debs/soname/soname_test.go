package soname_test

import (
	"debug/elf"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/assemble-image/assemble/internal/debs/soname"
)

// library makes a shared library of nothing but headers, a table of names and
// a dynamic segment.
func library(name string) []byte {
	le := binary.LittleEndian
	names := append([]byte{0}, name+"\x00"...)
	const head = 64 + 2*56
	dynamic := head + len(names)
	h := append([]byte(elf.ELFMAG), byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), 1, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	h = le.AppendUint16(h, uint16(elf.ET_DYN))
	h = le.AppendUint16(h, uint16(elf.EM_AARCH64))
	h = le.AppendUint32(h, 1)
	for _, v := range []uint64{0, 64, 0} {
		h = le.AppendUint64(h, v)
	}
	h = le.AppendUint32(h, 0)
	for _, v := range []uint16{64, 56, 2, 64, 0, 0} {
		h = le.AppendUint16(h, v)
	}
	program := func(kind elf.ProgType, offset, addr, size uint64) {
		h = le.AppendUint32(h, uint32(kind))
		h = le.AppendUint32(h, 4)
		for _, v := range []uint64{offset, addr, addr, size, size, 8} {
			h = le.AppendUint64(h, v)
		}
	}
	program(elf.PT_LOAD, 0, 0x1000, uint64(dynamic+64))
	program(elf.PT_DYNAMIC, uint64(dynamic), 0x1000+uint64(dynamic), 48)
	h = append(h, names...)
	for _, v := range []uint64{uint64(elf.DT_STRTAB), 0x1000 + head, uint64(elf.DT_SONAME), 1, 0, 0} {
		h = le.AppendUint64(h, v)
	}
	return append(h, make([]byte, 200)...)
}

func scan(data []byte, chunk func() int) *soname.Scanner {
	s := &soname.Scanner{}
	for len(data) > 0 {
		n := min(len(data), chunk())
		_, _ = s.Write(data[:n])
		data = data[n:]
	}
	return s
}

func TestScanner(t *testing.T) {
	data := library("libx.so.1")
	for _, size := range []int{1, 7, 63, 64, 65, 100, 1000} {
		l := scan(data, func() int { return size }).Library()
		if l == nil || l.Soname != "libx.so.1" || l.Machine != uint16(elf.EM_AARCH64) || l.Class != byte(elf.ELFCLASS64) {
			t.Errorf("%d bytes at a time: %+v", size, l)
		}
	}
	for name, data := range map[string][]byte{"nothing": nil, "text": []byte("INPUT(libx.so.1) and more, so that it is long enough for a header's size"), "cut": data[:70]} {
		if l := scan(data, func() int { return 5 }).Library(); l != nil {
			t.Errorf("%s: %+v", name, l)
		}
	}
}

// TestMachine holds it against debug/elf on this machine's own libraries.
func TestMachine(t *testing.T) {
	paths, _ := filepath.Glob("/usr/lib/*/lib*.so.*")
	if len(paths) == 0 {
		t.Skip("skipped: no libraries here")
	}
	for _, path := range paths[:min(len(paths), 60)] {
		f, err := elf.Open(path)
		if err != nil {
			continue
		}
		want, err := f.DynString(elf.DT_SONAME)
		_ = f.Close()
		data, errRead := os.ReadFile(path)
		if err != nil || errRead != nil || len(want) != 1 {
			continue
		}
		l := scan(data, func() int { return 1 + rand.IntN(100_000) }).Library()
		if l == nil || l.Soname != want[0] {
			t.Errorf("%s: %+v, want %s", path, l, want[0])
		}
	}
}

func FuzzScanner(f *testing.F) {
	f.Add(library("libx.so.1"), 10)
	f.Fuzz(func(t *testing.T, data []byte, size int) {
		size = max(1, min(size, 1000))
		one, whole := scan(data, func() int { return size }).Library(), scan(data, func() int { return len(data) }).Library()
		if (one == nil) != (whole == nil) || one != nil && *one != *whole {
			t.Errorf("%d bytes at a time: %+v, at once: %+v", size, one, whole)
		}
	})
}
