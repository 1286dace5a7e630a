// Package objecttest makes ELF files for tests: headers, a dynamic section and
// the names that it refers to, and no code.
//
// Start with [Make].
package objecttest

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
)

// Spec says what is in a file. The zero value is a shared library of aarch64 that
// needs nothing.
type Spec struct {
	Machine elf.Machine // 0 means EM_AARCH64
	// Size, NamesAt and DynamicAt lay the file out; 0 means as close as can be.
	Size, NamesAt, DynamicAt int

	Interpreter     string
	Soname          string
	Needed          []string
	Rpath, Runpath  string
	NoDefault       bool
	TextRelocations bool
	ExecutableStack bool
	// Requires are versions of symbols, by library; Provides those of its own.
	Requires []Version
	Provides []string
}

// Version is the versions that a library is asked for.
type Version struct {
	Library string
	Names   []string
}

const (
	ehSize = 64
	phSize = 56
)

// names is a table of names that grows.
type names struct{ bytes.Buffer }

func (n *names) add(s string) uint64 {
	at := n.Len()
	n.WriteString(s + "\x00")
	return uint64(at)
}

// Make returns the bytes of a file.
func Make(s Spec) []byte {
	if s.Machine == 0 {
		s.Machine = elf.EM_AARCH64
	}
	var text names
	text.add("")
	var dynamic [][2]uint64
	add := func(tag elf.DynTag, value uint64) { dynamic = append(dynamic, [2]uint64{uint64(tag), value}) }
	for _, n := range s.Needed {
		add(elf.DT_NEEDED, text.add(n))
	}
	for tag, value := range map[elf.DynTag]string{elf.DT_SONAME: s.Soname, elf.DT_RPATH: s.Rpath, elf.DT_RUNPATH: s.Runpath} {
		if value != "" {
			add(tag, text.add(value))
		}
	}
	if s.NoDefault {
		add(elf.DT_FLAGS_1, uint64(elf.DF_1_NODEFLIB))
	}
	if s.TextRelocations {
		add(elf.DT_TEXTREL, 0)
	}
	need, def := versions(&text, s)
	interpreter := text.add(s.Interpreter)

	start := ehSize + 4*phSize
	namesAt := max(s.NamesAt, start)
	needAt := (namesAt + text.Len() + 7) &^ 7
	defAt := needAt + len(need)
	dynamicAt := max(s.DynamicAt, (defAt+len(def)+7)&^7)
	add(elf.DT_STRTAB, uint64(namesAt))
	if len(need) > 0 {
		add(elf.DT_VERNEED, uint64(needAt))
		add(elf.DT_VERNEEDNUM, uint64(len(s.Requires)))
	}
	if len(def) > 0 {
		add(elf.DT_VERDEF, uint64(defAt))
		add(elf.DT_VERDEFNUM, uint64(len(s.Provides)))
	}
	add(elf.DT_NULL, 0)
	out := make([]byte, max(s.Size, dynamicAt+16*len(dynamic)))
	copy(out[namesAt:], text.Bytes())
	copy(out[needAt:], need)
	copy(out[defAt:], def)
	for i, d := range dynamic {
		binary.LittleEndian.PutUint64(out[dynamicAt+16*i:], d[0])
		binary.LittleEndian.PutUint64(out[dynamicAt+16*i+8:], d[1])
	}
	headers(out, s, namesAt+int(interpreter), dynamicAt, 16*len(dynamic))
	return out
}

// headers writes the file header and the program headers. Addresses are offsets.
func headers(out []byte, s Spec, interpreter, dynamicAt, dynamicSize int) {
	le := binary.LittleEndian
	copy(out, elf.ELFMAG+"\x02\x01\x01")
	le.PutUint16(out[16:], uint16(elf.ET_DYN))
	le.PutUint16(out[18:], uint16(s.Machine))
	le.PutUint32(out[20:], 1)
	le.PutUint64(out[32:], ehSize)
	le.PutUint16(out[52:], ehSize)
	le.PutUint16(out[54:], phSize)
	count := 0
	program := func(kind elf.ProgType, flags elf.ProgFlag, at, size int) {
		h := out[ehSize+count*phSize:]
		count++
		le.PutUint32(h, uint32(kind))
		le.PutUint32(h[4:], uint32(flags))
		le.PutUint64(h[8:], uint64(at))
		le.PutUint64(h[16:], uint64(at))
		le.PutUint64(h[32:], uint64(size))
		le.PutUint64(h[40:], uint64(size))
	}
	program(elf.PT_LOAD, elf.PF_R, 0, len(out))
	program(elf.PT_DYNAMIC, elf.PF_R, dynamicAt, dynamicSize)
	stack := elf.PF_R | elf.PF_W
	if s.ExecutableStack {
		stack |= elf.PF_X
	}
	program(elf.PT_GNU_STACK, stack, 0, 0)
	if s.Interpreter != "" {
		program(elf.PT_INTERP, elf.PF_R, interpreter, len(s.Interpreter)+1)
	}
	le.PutUint16(out[56:], uint16(count))
}

// versions are the tables of versions of symbols.
func versions(text *names, s Spec) (need, def []byte) {
	le := binary.LittleEndian
	for i, v := range s.Requires {
		entry := make([]byte, 16+16*len(v.Names))
		le.PutUint16(entry, 1)
		le.PutUint16(entry[2:], uint16(len(v.Names)))
		le.PutUint32(entry[4:], uint32(text.add(v.Library)))
		le.PutUint32(entry[8:], 16)
		if i < len(s.Requires)-1 {
			le.PutUint32(entry[12:], uint32(len(entry)))
		}
		for j, name := range v.Names {
			aux := entry[16+16*j:]
			le.PutUint32(aux[8:], uint32(text.add(name)))
			if j < len(v.Names)-1 {
				le.PutUint32(aux[12:], 16)
			}
		}
		need = append(need, entry...)
	}
	for i, name := range s.Provides {
		entry := make([]byte, 28)
		le.PutUint16(entry, 1)
		le.PutUint16(entry[6:], 1)
		le.PutUint32(entry[12:], 20)
		if i < len(s.Provides)-1 {
			le.PutUint32(entry[16:], 28)
		}
		le.PutUint32(entry[20:], uint32(text.add(name)))
		def = append(def, entry...)
	}
	return need, def
}
