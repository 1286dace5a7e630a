// Package soname tells a shared library's name while its bytes go by, so that
// a library inside of a compressed package is read once, and never held whole.
//
// Write a file's content to a [Scanner], and then ask for [Scanner.Library].
package soname

import (
	"debug/elf"
	"encoding/binary"

	"github.com/assemble-image/assemble/internal/debs/root"
)

const (
	maxHead    = 16 << 20 // of the first segment, which has the names
	maxDynamic = 64 << 10
	maxHeaders = 256
)

// Scanner takes the content of a file. Its zero value is ready.
type Scanner struct {
	offset  int64
	head    []byte // from the start on
	want    int64  // bytes that head should have
	state   int    // 0: the header is awaited; 1: it is read; 2: no library
	order   binary.ByteOrder
	class   elf.Class
	machine elf.Machine
	dynamic segment
	table   []byte // of dynamic
	loads   []segment
}

type segment struct{ offset, size, addr uint64 }

const ident = 64 // bytes of the largest file header

// Write takes the next bytes; it never fails.
func (s *Scanner) Write(p []byte) (int, error) {
	n := len(p)
	if s.state == 2 {
		return n, nil
	}
	if s.state == 0 && s.want == 0 {
		s.want = ident
	}
	start := s.offset
	s.offset += int64(n)
	if room := s.want - int64(len(s.head)); room > 0 && int64(len(s.head)) == start {
		s.head = append(s.head, p[:min(int64(n), room)]...)
	}
	if s.state == 0 {
		s.header(p, start)
	}
	s.keepDynamic(p, start)
	return n, nil
}

// header reads the file's and the program's headers, once they are there.
func (s *Scanner) header(p []byte, start int64) {
	for s.state == 0 && int64(len(s.head)) >= s.want {
		before := s.want
		s.parse()
		if s.want == before && s.state == 0 {
			s.state = 2
			return
		}
		// What of this write lies behind what was wanted so far.
		if from := int64(len(s.head)) - start; s.state != 2 && from >= 0 && from < int64(len(p)) {
			s.head = append(s.head, p[from:min(int64(len(p)), from+s.want-int64(len(s.head)))]...)
		}
	}
}

func (s *Scanner) parse() {
	h := s.head
	if string(h[:4]) != elf.ELFMAG {
		s.state = 2
		return
	}
	s.class = elf.Class(h[elf.EI_CLASS])
	s.order = binary.LittleEndian
	if elf.Data(h[elf.EI_DATA]) == elf.ELFDATA2MSB {
		s.order = binary.BigEndian
	}
	s.machine = elf.Machine(s.order.Uint16(h[18:]))
	if elf.Type(s.order.Uint16(h[16:])) != elf.ET_DYN {
		s.state = 2
		return
	}
	var at uint64
	var size, count int
	switch s.class {
	case elf.ELFCLASS64:
		at, size, count = s.order.Uint64(h[32:]), int(s.order.Uint16(h[54:])), int(s.order.Uint16(h[56:]))
	case elf.ELFCLASS32:
		at, size, count = uint64(s.order.Uint32(h[28:])), int(s.order.Uint16(h[42:])), int(s.order.Uint16(h[44:]))
	default:
		s.state = 2
		return
	}
	if count == 0 || count > maxHeaders || at > 1<<16 || size < 32 || size > 256 || s.class == elf.ELFCLASS64 && size < 56 {
		s.state = 2
		return
	}
	end := int64(at) + int64(size*count)
	if s.want < end {
		s.want = end
		return
	}
	for i := range count {
		s.program(h[int(at)+i*size:])
	}
	s.state = 1
	if s.dynamic.size == 0 || s.dynamic.size > maxDynamic {
		s.state = 2
		return
	}
	if len(s.loads) > 0 {
		s.want = max(s.want, int64(min(s.loads[0].offset+s.loads[0].size, maxHead)))
	}
}

func (s *Scanner) program(h []byte) {
	var seg segment
	kind := elf.ProgType(s.order.Uint32(h))
	if s.class == elf.ELFCLASS64 {
		seg = segment{s.order.Uint64(h[8:]), s.order.Uint64(h[32:]), s.order.Uint64(h[16:])}
	} else {
		seg = segment{uint64(s.order.Uint32(h[4:])), uint64(s.order.Uint32(h[16:])), uint64(s.order.Uint32(h[8:]))}
	}
	switch kind {
	case elf.PT_DYNAMIC:
		s.dynamic = seg
	case elf.PT_LOAD:
		s.loads = append(s.loads, seg)
	default:
	}
}

// keepDynamic keeps what of the bytes belongs to the dynamic segment.
func (s *Scanner) keepDynamic(p []byte, start int64) {
	if s.state != 1 || s.dynamic.offset > 1<<40 {
		return
	}
	from := int64(s.dynamic.offset) + int64(len(s.table))
	to := int64(s.dynamic.offset + s.dynamic.size)
	if from < start || from >= start+int64(len(p)) || from >= to {
		return
	}
	s.table = append(s.table, p[from-start:min(int64(len(p)), to-start)]...)
}

// Library tells what was written; nil if it is no shared library. The name is
// empty where it has none.
func (s *Scanner) Library() *root.Library {
	if s.state != 1 {
		return nil
	}
	l := &root.Library{Machine: uint16(s.machine), Class: byte(s.class)}
	var name, table uint64
	step := 16
	if s.class == elf.ELFCLASS32 {
		step = 8
	}
	for t := s.table; len(t) >= step; t = t[step:] {
		tag, value := uint64(s.order.Uint32(t)), uint64(s.order.Uint32(t[step/2:]))
		if step == 16 {
			tag, value = s.order.Uint64(t), s.order.Uint64(t[8:])
		}
		switch elf.DynTag(tag) {
		case elf.DT_SONAME:
			name = value
		case elf.DT_STRTAB:
			table = value
		default:
		}
	}
	if name == 0 || table == 0 {
		return l
	}
	for _, seg := range s.loads {
		if table >= seg.addr && table-seg.addr < seg.size {
			l.Soname = s.text(table - seg.addr + seg.offset + name)
			break
		}
	}
	return l
}

func (s *Scanner) text(at uint64) string {
	if at >= uint64(len(s.head)) {
		return ""
	}
	end := at
	for end < uint64(len(s.head)) && s.head[end] != 0 && end-at < 256 {
		end++
	}
	return string(s.head[at:end])
}
