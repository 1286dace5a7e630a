package object

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/assemble-image/assemble/internal/doctor/objecttest"
)

// libraries are shared libraries of the machine that the tests run on.
func libraries(tb testing.TB) []string {
	tb.Helper()
	var list []string
	for _, pattern := range []string{"/lib/*-linux-gnu/lib*.so.*", "/usr/lib/*-linux-gnu/lib*.so.*", "/usr/lib64/lib*.so.*"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			tb.Fatal(err)
		}
		list = append(list, found...)
	}
	return list[:min(len(list), 150)]
}

// TestAgainstDebugELF: what the program headers lead to is what the sections say.
func TestAgainstDebugELF(t *testing.T) {
	list := libraries(t)
	if len(list) == 0 {
		t.Skip("skipped: no shared libraries on this system")
	}
	seen := 0
	for _, path := range list {
		data, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		want, err := elf.NewFile(bytes.NewReader(data))
		if err != nil || want.Type != elf.ET_DYN {
			continue
		}
		got, err := ReadOnce(int64(len(data)), bytes.NewReader(data))
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		seen++
		needed, _ := want.ImportedLibraries()
		soname, _ := want.DynString(elf.DT_SONAME)
		if !slices.Equal(got.Needed, needed) || got.Machine != want.Machine || len(soname) == 1 && soname[0] != got.Soname {
			t.Errorf("%s: got %+v, want %q %q", path, got, soname, needed)
		}
		if wants, err := want.DynamicVersionNeeds(); err == nil && len(wants) > 0 && len(wants) != len(got.Requires) {
			t.Errorf("%s: got %d libraries with versions, want %d", path, len(got.Requires), len(wants))
		}
		if has, err := want.DynamicVersions(); err == nil {
			var names []string
			for _, v := range has {
				if v.Flags&elf.VER_FLG_BASE == 0 {
					names = append(names, v.Name)
				}
			}
			if !slices.Equal(names, got.Provides) {
				t.Errorf("%s: versions %q, want %q", path, got.Provides, names)
			}
		}
	}
	if seen == 0 {
		t.Skip("skipped: none of them could be read")
	}
}

// TestNoObject: what the linker takes, and what is no ELF file at all.
func TestNoObject(t *testing.T) {
	relocatable := make([]byte, 64)
	copy(relocatable, elf.ELFMAG+"\x02\x01\x01")
	relocatable[16] = byte(elf.ET_REL)
	for name, data := range map[string][]byte{"empty": {}, "text": bytes.Repeat([]byte("x"), 100), "relocatable": relocatable, "magic": []byte(elf.ELFMAG)} {
		if f, err := ReadOnce(int64(len(data)), bytes.NewReader(data)); !errors.Is(err, ErrNotObject) {
			t.Errorf("%s: got %v, %v", name, f, err)
		}
	}
}

// TestApart: tables that lie behind what the first reading keeps are found by
// another, and are an error where there is none.
func TestApart(t *testing.T) {
	data := apart()
	opened := 0
	f, err := Read(int64(len(data)), func() (io.ReadCloser, error) {
		opened++
		return io.NopCloser(bytes.NewReader(data)), nil
	})
	if err != nil || f.Soname != "libapart.so.1" || !slices.Equal(f.Needed, []string{"libfar.so.2"}) || opened < 2 {
		t.Errorf("got %+v, %v after %d readings", f, err, opened)
	}
	if f, err := ReadOnce(int64(len(data)), bytes.NewReader(data)); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("once: got %v, %v", f, err)
	}
}

// apart is a library whose names lie in the midst of its only segment.
func apart() []byte {
	const size, namesAt, dynamicAt = 40 << 20, 20 << 20, 30 << 20
	return objecttest.Make(objecttest.Spec{Size: size, NamesAt: namesAt, DynamicAt: dynamicAt, Soname: "libapart.so.1", Needed: []string{"libfar.so.2"}})
}

func FuzzRead(f *testing.F) {
	f.Add(objecttest.Make(objecttest.Spec{Soname: "liba.so.1", Needed: []string{"libb.so.2", "libc.so.6"}, Rpath: "$ORIGIN/../x.libs"}))
	for _, path := range libraries(f)[:min(2, len(libraries(f)))] {
		if data, err := os.ReadFile(path); err == nil && len(data) < 100<<10 {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := ReadOnce(int64(len(data)), bytes.NewReader(data))
		if (got == nil) == (err == nil) {
			t.Fatalf("got %v and %v", got, err)
		}
		if err != nil {
			return
		}
		again, err := Read(int64(len(data)), func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil })
		if err != nil || again.Soname != got.Soname || !slices.Equal(again.Needed, got.Needed) {
			t.Fatalf("twice: %+v and %+v, %v", got, again, err)
		}
	})
}

// ReadOnce reads a file of which there is but one reading, as from a tar.
func ReadOnce(size int64, r io.Reader) (*File, error) {
	first := true
	return Read(size, func() (io.ReadCloser, error) {
		if !first {
			return nil, fmt.Errorf("its tables lie apart: %w", errors.ErrUnsupported)
		}
		first = false
		return io.NopCloser(r), nil
	})
}
