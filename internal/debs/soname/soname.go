// Package soname tells a shared library's name, of files that may be anybody's,
// and reads little of them.
//
// There is but [Read].
package soname

import (
	"debug/elf"
	"encoding/binary"
	"errors"
	"io"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/root"
)

const (
	ident      = 64 // bytes of the largest file header
	maxHeaders = 256
	maxDynamic = 64 << 10
	maxName    = 256
)

// library is an ELF file (elf(5)) of which the headers are read.
type library struct {
	order   binary.ByteOrder
	class   elf.Class
	machine elf.Machine
	dynamic segment
	loads   []segment
}

type segment struct{ offset, size, addr uint64 }

// Read tells what a shared library is; nil if the file isn't one. The name is
// empty where it has none. Errors are those of reading.
func Read(r io.ReaderAt) (*root.Library, error) {
	l, ok, err := readHeaders(r)
	if !ok || err != nil {
		return nil, err
	}
	table, err := readAt(r, l.dynamic.offset, l.dynamic.size)
	if err != nil {
		return nil, err
	}
	out := &root.Library{Machine: uint16(l.machine), Class: byte(l.class)}
	name, names := l.search(table)
	if name == 0 || names == 0 {
		return out, nil
	}
	for _, seg := range l.loads {
		if names >= seg.addr && names-seg.addr < seg.size {
			text, err := readAt(r, names-seg.addr+seg.offset+name, maxName)
			out.Soname, _, _ = strings.Cut(string(text), "\x00")
			return out, err
		}
	}
	return out, nil
}

// readHeaders reads the headers, and reports whether they are those of a shared
// library.
func readHeaders(r io.ReaderAt) (l *library, ok bool, err error) {
	h, err := readAt(r, 0, ident)
	if err != nil || len(h) < ident || string(h[:4]) != elf.ELFMAG {
		return nil, false, err
	}
	l = &library{class: elf.Class(h[elf.EI_CLASS]), order: binary.LittleEndian}
	if elf.Data(h[elf.EI_DATA]) == elf.ELFDATA2MSB {
		l.order = binary.BigEndian
	}
	l.machine = elf.Machine(l.order.Uint16(h[18:]))
	if elf.Type(l.order.Uint16(h[16:])) != elf.ET_DYN {
		return nil, false, nil
	}
	var at uint64
	var size, count int
	switch l.class {
	case elf.ELFCLASS64:
		at, size, count = l.order.Uint64(h[32:]), int(l.order.Uint16(h[54:])), int(l.order.Uint16(h[56:]))
	case elf.ELFCLASS32:
		at, size, count = uint64(l.order.Uint32(h[28:])), int(l.order.Uint16(h[42:])), int(l.order.Uint16(h[44:]))
	default:
		return nil, false, nil
	}
	if count == 0 || count > maxHeaders || at > 1<<16 || size < 32 || size > 256 || l.class == elf.ELFCLASS64 && size < 56 {
		return nil, false, nil
	}
	programs, err := readAt(r, at, uint64(size*count))
	if err != nil || len(programs) < size*count {
		return nil, false, err
	}
	for i := range count {
		l.program(programs[i*size:])
	}
	if l.dynamic.size == 0 || l.dynamic.size > maxDynamic {
		return nil, false, nil
	}
	return l, true, nil
}

// program reads one of the program's headers.
func (l *library) program(h []byte) {
	var seg segment
	if l.class == elf.ELFCLASS64 {
		seg = segment{l.order.Uint64(h[8:]), l.order.Uint64(h[32:]), l.order.Uint64(h[16:])}
	} else {
		seg = segment{uint64(l.order.Uint32(h[4:])), uint64(l.order.Uint32(h[16:])), uint64(l.order.Uint32(h[8:]))}
	}
	switch elf.ProgType(l.order.Uint32(h)) {
	case elf.PT_DYNAMIC:
		l.dynamic = seg
	case elf.PT_LOAD:
		l.loads = append(l.loads, seg)
	default:
	}
}

// search finds in the dynamic section the name's place in the table of names, and
// the address of that.
func (l *library) search(table []byte) (name, names uint64) {
	step := 16
	if l.class == elf.ELFCLASS32 {
		step = 8
	}
	for t := table; len(t) >= step; t = t[step:] {
		tag, value := uint64(l.order.Uint32(t)), uint64(l.order.Uint32(t[step/2:]))
		if step == 16 {
			tag, value = l.order.Uint64(t), l.order.Uint64(t[8:])
		}
		switch elf.DynTag(tag) {
		case elf.DT_SONAME:
			name = value
		case elf.DT_STRTAB:
			names = value
		default:
		}
	}
	return name, names
}

// readAt reads up to n bytes; fewer, or none, where the file ends before.
func readAt(r io.ReaderAt, at, n uint64) ([]byte, error) {
	if at > 1<<62 {
		return nil, nil
	}
	b := make([]byte, n)
	got, err := r.ReadAt(b, int64(at))
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return b[:got], err
}
