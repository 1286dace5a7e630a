package object

import (
	"debug/elf"
	"fmt"
)

const (
	maxLibraries = 4096
	maxVersions  = 8192 // of a file, in all
	verdefSize   = 20
	verneedSize  = 16
	vernauxSize  = 16
	// flagBase marks the definition that is the file's own name (VER_FLG_BASE).
	flagBase = 1
	// flagWeak marks a version that need not be there (VER_FLG_WEAK).
	flagWeak = 2
)

// versions reads which versions of symbols the file needs and has (LSB 5.0 Core,
// 10.7).
func (f *File) versions(w *windows, l *layout, t *table, names nameTable) error {
	if addr, ok := t.values[elf.DT_VERNEED]; ok {
		if err := f.requires(w, l, addr, t.values[elf.DT_VERNEEDNUM], names); err != nil {
			return fmt.Errorf("reading the versions of symbols that it needs: %w", err)
		}
	}
	if addr, ok := t.values[elf.DT_VERDEF]; ok {
		if err := f.provides(w, l, addr, t.values[elf.DT_VERDEFNUM], names); err != nil {
			return fmt.Errorf("reading the versions of its symbols: %w", err)
		}
	}
	return nil
}

func (f *File) requires(w *windows, l *layout, addr, count uint64, names nameTable) error {
	at, err := l.place(addr)
	if err != nil {
		return err
	}
	total := 0
	for range min(count, maxLibraries) {
		need, err := w.read(at, verneedSize)
		if err != nil {
			return err
		}
		r := Requirement{}
		if r.Library, err = names.at(uint64(l.order.Uint32(need[4:]))); err != nil {
			return err
		}
		aux := at + int64(l.order.Uint32(need[8:]))
		for range l.order.Uint16(need[2:]) {
			if total++; total > maxVersions {
				return fmt.Errorf("they are more than %d", maxVersions)
			}
			v, err := w.read(aux, vernauxSize)
			if err != nil {
				return err
			}
			name, err := names.at(uint64(l.order.Uint32(v[8:])))
			if err != nil {
				return err
			}
			if l.order.Uint16(v[4:])&flagWeak == 0 {
				r.Names = append(r.Names, name)
			}
			next := l.order.Uint32(v[12:])
			if next == 0 {
				break
			}
			aux += int64(next)
		}
		if len(r.Names) > 0 {
			f.Requires = append(f.Requires, r)
		}
		next := l.order.Uint32(need[12:])
		if next == 0 {
			break
		}
		at += int64(next)
	}
	return nil
}

func (f *File) provides(w *windows, l *layout, addr, count uint64, names nameTable) error {
	at, err := l.place(addr)
	if err != nil {
		return err
	}
	for range min(count, maxVersions) {
		def, err := w.read(at, verdefSize)
		if err != nil {
			return err
		}
		if l.order.Uint16(def[2:])&flagBase == 0 {
			aux, err := w.read(at+int64(l.order.Uint32(def[12:])), 8)
			if err != nil {
				return err
			}
			name, err := names.at(uint64(l.order.Uint32(aux)))
			if err != nil {
				return err
			}
			f.Provides = append(f.Provides, name)
		}
		next := l.order.Uint32(def[16:])
		if next == 0 {
			break
		}
		at += int64(next)
	}
	return nil
}
