package zipfile

import (
	"bytes"
	"cmp"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// checkLocal reads the header before each file and, where there is one, the
// descriptor behind it, and compares them with the central directory. The entries
// must cover the file from its first byte to the central directory, without a
// gap and without an overlap.
func checkLocal(r io.ReaderAt, entries []Entry, end int64) error {
	order := make([]int, len(entries))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Compare(entries[a].HeaderOffset, entries[b].HeaderOffset)
	})
	w := window{r: r, end: end}
	var at int64
	for k, i := range order {
		e := &entries[i]
		next := end
		if k+1 < len(order) {
			next = entries[order[k+1]].HeaderOffset
		}
		if e.HeaderOffset != at {
			return fmt.Errorf("entry %q: it begins at %d, but what is before it ends at %d", e.Name, e.HeaderOffset, at)
		}
		if err := e.checkLocal(&w, next); err != nil {
			return fmt.Errorf("entry %q: %w", e.Name, err)
		}
		if e.IsDir() {
			if err := e.checkEmpty(&w); err != nil {
				return fmt.Errorf("entry %q: %w", e.Name, err)
			}
		}
		at = next
	}
	if at != end {
		return fmt.Errorf("%d unexpected bytes before the central directory", end-at)
	}
	return nil
}

// checkLocal compares the local header (4.3.7) with e, sets e.DataOffset and
// checks that the content, with its descriptor, ends at next.
func (e *Entry) checkLocal(w *window, next int64) error {
	b, err := w.bytes(e.HeaderOffset, int64(lenLocal+len(e.Name)))
	if err != nil {
		return err
	}
	le := binary.LittleEndian
	nameLen, extraLen := int64(le.Uint16(b[26:])), int64(le.Uint16(b[28:]))
	switch {
	case string(b[:4]) != sigLocal:
		return errors.New("there is no local header where the central directory points")
	case nameLen != int64(len(e.Name)) || string(b[lenLocal:]) != e.Name:
		return errors.New("the local header has a different name")
	case le.Uint16(b[6:]) != e.flags:
		return errors.New("the local header has different flags")
	case le.Uint16(b[8:]) != e.Method:
		return errors.New("the local header has a different method")
	}
	crc, packed, size := le.Uint32(b[14:]), int64(le.Uint32(b[18:])), int64(le.Uint32(b[22:]))
	e.DataOffset = e.HeaderOffset + lenLocal + nameLen + extraLen
	wide := false
	if extraLen > 0 {
		extra, err := w.bytes(e.HeaderOffset+lenLocal+nameLen, extraLen)
		if err != nil {
			return err
		}
		field, err := parseExtra(extra, e.Name)
		if err != nil {
			return fmt.Errorf("local header: %w", err)
		}
		if wide = field != nil; wide && !e.repeats(field, size, packed) {
			if size, packed, err = widenLocal(field, size, packed); err != nil {
				return fmt.Errorf("local header: %w", err)
			}
		}
	}
	same := crc == e.CRC32 && packed == e.PackedSize && size == e.Size
	later := e.flags&flagDescriptor != 0 && crc == 0 && packed == 0 && size == 0
	if !same && !later {
		return errors.New("the local header has a different size or CRC-32")
	}
	if later && !same && e.Method == Stored {
		return errors.New("it is stored, but only its data descriptor has its size")
	}
	return e.checkDescriptor(w, next, wide)
}

// repeats reports whether a local header's zip64 field says again the sizes
// that the header itself gives. Some writers reserve the field and fill it in
// (protobuf's wheels have it). Readers that use it and readers that don't then
// see the same, except of a data descriptor, which has other widths for them.
func (e *Entry) repeats(field []byte, size, packed int64) bool {
	if len(field) != 16 || size == max32 || packed == max32 || e.flags&flagDescriptor != 0 {
		return false
	}
	le := binary.LittleEndian
	return le.Uint64(field) == uint64(size) && le.Uint64(field[8:]) == uint64(packed)
}

// widenLocal reads a local header's zip64 field: both sizes, in the place of
// two full fields (4.5.3).
func widenLocal(field []byte, size, packed int64) (int64, int64, error) {
	if len(field) != 16 || size != max32 || packed != max32 {
		return 0, 0, errors.New("the zip64 field neither replaces nor repeats both sizes")
	}
	size, field, err := take64(field)
	if err != nil {
		return 0, 0, err
	}
	packed, _, err = take64(field)
	return size, packed, err
}

// checkDescriptor checks that nothing but the data descriptor (4.3.9), where
// the flags announce one, lies between the content and next. Its sizes have
// eight bytes in a zip64 entry and four otherwise; its signature is optional.
func (e *Entry) checkDescriptor(w *window, next int64, wide bool) error {
	rest := next - e.DataOffset
	if e.PackedSize > rest {
		return errors.New("its content overlaps what follows it")
	}
	rest -= e.PackedSize
	if e.flags&flagDescriptor == 0 {
		if rest != 0 {
			return fmt.Errorf("%d unexpected bytes after its content", rest)
		}
		return nil
	}
	want := int64(12)
	if wide || e.zip64 && (e.Size >= max32 || e.PackedSize >= max32) {
		want = 20
	}
	if rest != want && rest != want+4 {
		return fmt.Errorf("%d bytes after its content are not a data descriptor", rest)
	}
	b, err := w.bytes(e.DataOffset+e.PackedSize, rest)
	if err != nil {
		return err
	}
	signed := string(b[:4]) == sigDescriptor
	if signed != (rest == want+4) {
		return errors.New("its data descriptor is ambiguous")
	}
	if signed {
		b = b[4:]
	}
	le := binary.LittleEndian
	crc, packed, size := le.Uint32(b), uint64(le.Uint32(b[4:])), uint64(0)
	if want == 20 {
		packed, size = le.Uint64(b[4:]), le.Uint64(b[12:])
	} else {
		size = uint64(le.Uint32(b[8:]))
	}
	if crc != e.CRC32 || packed != uint64(e.PackedSize) || size != uint64(e.Size) {
		return errors.New("its data descriptor and the central directory do not match")
	}
	return nil
}

// checkEmpty checks that what a directory was deflated to unpacks to nothing
// and ends with its stream: other bytes would be content that only some readers
// see.
func (e *Entry) checkEmpty(w *window) error {
	if e.PackedSize == 0 {
		return nil
	}
	packed, err := w.bytes(e.DataOffset, e.PackedSize)
	if err != nil {
		return err
	}
	r := bytes.NewReader(packed)
	if n, err := io.Copy(io.Discard, flate.NewReader(r)); err != nil || n != 0 || r.Len() != 0 {
		return errDirectoryContent
	}
	return nil
}
