package soname_test

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assemble-image/assemble/internal/debs/root"
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

func read(t *testing.T, data []byte) *root.Library {
	t.Helper()
	l, err := soname.Read(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestRead(t *testing.T) {
	data := library("libx.so.1")
	if l := read(t, data); l == nil || l.Soname != "libx.so.1" || l.Machine != uint16(elf.EM_AARCH64) || l.Class != byte(elf.ELFCLASS64) {
		t.Errorf("%+v", l)
	}
	for name, data := range map[string][]byte{"nothing": nil, "text": []byte("INPUT(libx.so.1) and more, so that it is long enough for a header's size"), "cut": data[:70]} {
		if l := read(t, data); l != nil {
			t.Errorf("%s: %+v", name, l)
		}
	}
	broken := errors.New("broken")
	if _, err := soname.Read(failing{broken}); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}

type failing struct{ err error }

func (f failing) ReadAt([]byte, int64) (int, error) { return 0, f.err }

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
		if l := read(t, data); l == nil || l.Soname != want[0] {
			t.Errorf("%s: %+v, want %s", path, l, want[0])
		}
	}
}

// A name has no zero byte, and is not long.
func FuzzRead(f *testing.F) {
	f.Add(library("libx.so.1"))
	f.Fuzz(func(t *testing.T, data []byte) {
		l := read(t, data)
		if l == nil || strings.IndexByte(l.Soname, 0) >= 0 || len(l.Soname) > 256 {
			if l != nil {
				t.Errorf("%q", l.Soname)
			}
			return
		}
		if again := read(t, data); *again != *l {
			t.Errorf("%+v, then %+v", l, again)
		}
	})
}
