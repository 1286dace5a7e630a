package object

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
	"slices"
)

const (
	identSize   = 16
	headerSize  = 64 // of the larger class
	maxSegments = 512
	maxDynamic  = 1 << 20
	maxPlace    = 1 << 40
)

// layout is what the headers tell.
type layout struct {
	order   binary.ByteOrder
	class   elf.Class
	machine elf.Machine
	loads   []segment
	dynamic segment
	interp  segment
	stack   bool // an executable stack is asked for
}

type segment struct{ offset, addr, size uint64 }

// plan wants the windows that the headers in the file's first piece ask for.
func (w *windows) plan(head []byte) error {
	l, err := parseHeaders(head)
	if err != nil {
		return err
	}
	if len(w.list) > 1 { // a later pass
		return nil
	}
	if l.dynamic.size > 0 && int64(l.dynamic.offset+l.dynamic.size) > headWindow {
		w.add(int64(l.dynamic.offset), int64(min(l.dynamic.size, maxDynamic)))
	}
	// Tools that move the names of symbols put them at the end of the file.
	for i, s := range slices.Backward(l.loads) {
		if i == 0 || int64(s.offset) < headWindow {
			continue
		}
		size := int64(segmentWindow)
		if i == len(l.loads)-1 {
			size = lastWindow
		}
		w.add(int64(s.offset), min(int64(s.size), size))
	}
	return nil
}

// parseHeaders reads the file header and the program headers, which lie in the
// first bytes of all files that linkers make.
func parseHeaders(head []byte) (*layout, error) {
	if len(head) < headerSize || string(head[:4]) != elf.ELFMAG {
		return nil, ErrNotObject
	}
	l := &layout{class: elf.Class(head[elf.EI_CLASS])}
	switch elf.Data(head[elf.EI_DATA]) {
	case elf.ELFDATA2LSB:
		l.order = binary.LittleEndian
	case elf.ELFDATA2MSB:
		l.order = binary.BigEndian
	default:
		return nil, ErrNotObject
	}
	switch elf.Type(l.order.Uint16(head[identSize:])) {
	case elf.ET_DYN, elf.ET_EXEC:
	default:
		return nil, ErrNotObject
	}
	l.machine = elf.Machine(l.order.Uint16(head[identSize+2:]))
	var at uint64
	var size, count int
	switch l.class {
	case elf.ELFCLASS64:
		at, size, count = l.order.Uint64(head[32:]), int(l.order.Uint16(head[54:])), int(l.order.Uint16(head[56:]))
	case elf.ELFCLASS32:
		at, size, count = uint64(l.order.Uint32(head[28:])), int(l.order.Uint16(head[42:])), int(l.order.Uint16(head[44:]))
	default:
		return nil, ErrNotObject
	}
	least := map[elf.Class]int{elf.ELFCLASS64: 56, elf.ELFCLASS32: 32}[l.class]
	if count > maxSegments || count > 0 && size < least {
		return nil, fmt.Errorf("its header names %d program headers of %d bytes", count, size)
	}
	if at > uint64(len(head)) || uint64(size*count) > uint64(len(head))-at {
		return nil, fmt.Errorf("its program headers lie at %d, behind its first %d bytes", at, len(head))
	}
	for i := range count {
		l.add(head[int(at)+i*size:][:size])
	}
	return l, nil
}

// add takes a program header.
func (l *layout) add(h []byte) {
	kind := elf.ProgType(l.order.Uint32(h))
	var s segment
	var flags uint32
	if l.class == elf.ELFCLASS64 {
		flags = l.order.Uint32(h[4:])
		s = segment{l.order.Uint64(h[8:]), l.order.Uint64(h[16:]), l.order.Uint64(h[32:])}
	} else {
		flags = l.order.Uint32(h[24:])
		s = segment{uint64(l.order.Uint32(h[4:])), uint64(l.order.Uint32(h[8:])), uint64(l.order.Uint32(h[16:]))}
	}
	if s.offset > maxPlace || s.size > maxPlace {
		return // no file is as large
	}
	switch kind {
	case elf.PT_LOAD:
		l.loads = append(l.loads, s)
	case elf.PT_DYNAMIC:
		l.dynamic = s
	case elf.PT_INTERP:
		l.interp = s
	case elf.PT_GNU_STACK:
		l.stack = elf.ProgFlag(flags)&elf.PF_X != 0
	default:
	}
}

// place is where in the file an address is.
func (l *layout) place(addr uint64) (int64, error) {
	for _, s := range l.loads {
		if addr >= s.addr && addr-s.addr < s.size {
			return int64(addr - s.addr + s.offset), nil
		}
	}
	return 0, fmt.Errorf("no segment of it has the address %#x", addr)
}
