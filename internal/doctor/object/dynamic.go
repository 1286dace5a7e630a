package object

import (
	"debug/elf"
	"fmt"
	"strings"
)

const (
	// flagNoDefault is DF_1_NODEFLIB of DT_FLAGS_1 (ld.so(8), -z nodefaultlib).
	flagNoDefault = uint64(elf.DF_1_NODEFLIB)
	// maxNeeded bounds the libraries that a file needs.
	maxNeeded = 4096
)

// table is the dynamic section: the first value of each tag, and the offsets of
// the names of what is needed.
type table struct {
	values map[elf.DynTag]uint64
	needed []uint64
}

func parse(w *windows) (*File, error) {
	head, err := w.read(0, min(pieceSize, w.size))
	if err != nil {
		return nil, err
	}
	l, err := parseHeaders(head)
	if err != nil {
		return nil, err
	}
	f := &File{Machine: l.machine, Class: l.class, ExecutableStack: l.stack}
	if l.interp.size > 0 {
		text, err := w.read(int64(l.interp.offset), int64(min(l.interp.size, maxText)))
		if err != nil {
			return nil, err
		}
		f.Interpreter, _, _ = strings.Cut(string(text), "\x00")
	}
	if l.dynamic.size == 0 {
		return f, nil
	}
	if l.dynamic.size > maxDynamic {
		return nil, fmt.Errorf("its dynamic section has %d bytes, more than the limit of %d", l.dynamic.size, maxDynamic)
	}
	data, err := w.read(int64(l.dynamic.offset), int64(l.dynamic.size))
	if err != nil {
		return nil, err
	}
	t, err := l.table(data)
	if err != nil {
		return nil, err
	}
	if err := f.fill(w, l, t); err != nil {
		return nil, err
	}
	return f, nil
}

// table reads the dynamic section's entries up to its end mark.
func (l *layout) table(data []byte) (*table, error) {
	t := &table{values: map[elf.DynTag]uint64{}}
	step := 16
	if l.class == elf.ELFCLASS32 {
		step = 8
	}
	for ; len(data) >= step; data = data[step:] {
		tag, value := elf.DynTag(l.word(data)), l.word(data[step/2:])
		switch tag {
		case elf.DT_NULL:
			return t, nil
		case elf.DT_NEEDED:
			if len(t.needed) >= maxNeeded {
				return nil, fmt.Errorf("it needs more than %d libraries", maxNeeded)
			}
			t.needed = append(t.needed, value)
		default:
			if _, seen := t.values[tag]; !seen {
				t.values[tag] = value
			}
		}
	}
	return t, nil
}

// word reads a number of the class's size.
func (l *layout) word(b []byte) uint64 {
	if l.class == elf.ELFCLASS32 {
		return uint64(l.order.Uint32(b))
	}
	return l.order.Uint64(b)
}

// fill takes what the dynamic section refers to.
func (f *File) fill(w *windows, l *layout, t *table) error {
	addr, ok := t.values[elf.DT_STRTAB]
	if !ok {
		return nil // nothing in it has a name
	}
	names, err := l.place(addr)
	if err != nil {
		return fmt.Errorf("finding its names: %w", err)
	}
	n := nameTable{w, names}
	for _, at := range t.needed {
		name, err := n.at(at)
		if err != nil {
			return fmt.Errorf("reading what it needs: %w", err)
		}
		f.Needed = append(f.Needed, name)
	}
	for tag, to := range map[elf.DynTag]*string{elf.DT_SONAME: &f.Soname, elf.DT_RPATH: &f.Rpath, elf.DT_RUNPATH: &f.Runpath} {
		if at, ok := t.values[tag]; ok {
			if *to, err = n.at(at); err != nil {
				return fmt.Errorf("reading %v: %w", tag, err)
			}
		}
	}
	_, textrel := t.values[elf.DT_TEXTREL]
	f.TextRelocations = textrel || elf.DynFlag(t.values[elf.DT_FLAGS])&elf.DF_TEXTREL != 0
	f.NoDefault = t.values[elf.DT_FLAGS_1]&flagNoDefault != 0
	return f.versions(w, l, t, n)
}

// nameTable is the table of names.
type nameTable struct {
	w     *windows
	start int64
}

func (s nameTable) at(offset uint64) (string, error) {
	if offset > uint64(s.w.size) {
		return "", fmt.Errorf("it has %d bytes, but a name at %d", s.w.size, offset)
	}
	return s.w.text(s.start + int64(offset))
}
