package zipfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The signatures and fixed lengths of the records.
const (
	sigEnd        = "PK\x05\x06"
	sigLocator    = "PK\x06\x07"
	sigEnd64      = "PK\x06\x06"
	sigCentral    = "PK\x01\x02"
	sigLocal      = "PK\x03\x04"
	sigDescriptor = "PK\x07\x08"

	lenEnd     = 22
	lenLocator = 20
	lenEnd64   = 56
	lenCentral = 46
	lenLocal   = 30

	max16 = 0xFFFF
	max32 = 0xFFFFFFFF
)

// directory is where the central directory lies, by the end record.
type directory struct {
	offset, size int64
	count        uint64
}

// readEnd reads the end of central directory record. It and its comment must be
// the very last bytes: bytes after them, and records inside a comment, are where
// readers begin to differ. The central directory must end where the end records
// begin.
func readEnd(r io.ReaderAt, size int64) (directory, error) {
	tail, err := readTail(r, size)
	if err != nil {
		return directory{}, err
	}
	at := bytes.LastIndex(tail, []byte(sigEnd))
	if at < 0 || len(tail)-at < lenEnd || at+lenEnd+int(binary.LittleEndian.Uint16(tail[at+20:])) != len(tail) {
		return directory{}, errors.New("its last bytes are not an end record: it is not a zip archive, is truncated, or has bytes after its end")
	}
	end, rest := tail[at:], tail[:at]
	le := binary.LittleEndian
	switch {
	case looksLikeRecord(end[lenEnd:]):
		return directory{}, errors.New("the archive comment looks like a part of an archive")
	case le.Uint16(end[4:]) != 0, le.Uint16(end[6:]) != 0:
		return directory{}, errors.New("it is part of an archive on several disks")
	case le.Uint16(end[8:]) != le.Uint16(end[10:]):
		return directory{}, errors.New("the end record has two different entry counts")
	}
	d := directory{
		count:  uint64(le.Uint16(end[10:])),
		size:   int64(le.Uint32(end[12:])),
		offset: int64(le.Uint32(end[16:])),
	}
	limit := size - int64(len(end))
	if len(rest) >= lenLocator && string(rest[len(rest)-lenLocator:][:4]) == sigLocator {
		limit -= lenLocator + lenEnd64
		if err := d.widen(rest, limit); err != nil {
			return directory{}, err
		}
	} else if d.count == max16 || d.size == max32 || d.offset == max32 {
		return directory{}, errors.New("the end record points to a missing zip64 record")
	}
	if d.size > limit || d.offset != limit-d.size {
		return directory{}, fmt.Errorf("the central directory (%d bytes at %d) does not end where the end record begins (%d)", d.size, d.offset, limit)
	}
	return d, nil
}

// readTail reads the end of the file: as much as the end records take without a
// comment where they have none, and with the longest one otherwise.
func readTail(r io.ReaderAt, size int64) ([]byte, error) {
	if size < lenEnd {
		return nil, errors.New("it is too short for a zip archive")
	}
	const short = lenEnd64 + lenLocator + lenEnd
	tail := make([]byte, min(size, short))
	if err := readFull(r, tail, size-int64(len(tail))); err != nil {
		return nil, err
	}
	if string(tail[len(tail)-lenEnd:][:4]) == sigEnd {
		return tail, nil
	}
	tail = make([]byte, min(size, short+max16))
	return tail, readFull(r, tail, size-int64(len(tail)))
}

// looksLikeRecord reports whether a comment has the beginning of a record in it,
// which a reader that searches for records could take for one.
func looksLikeRecord(comment []byte) bool {
	for _, sig := range []string{sigEnd, sigLocator, sigEnd64, sigCentral, sigLocal, sigDescriptor} {
		if bytes.Contains(comment, []byte(sig)) {
			return true
		}
	}
	return false
}

// widen reads the zip64 end record (4.3.14) and its locator (4.3.15), which
// must stand directly before the end record, and replaces the fields of d that
// are full. Those that are not must agree.
func (d *directory) widen(b []byte, offset int64) error {
	le := binary.LittleEndian
	loc := b[len(b)-lenLocator:]
	if len(b) < lenEnd64+lenLocator {
		return errors.New("the zip64 end record is missing")
	}
	rec := b[len(b)-lenLocator-lenEnd64:]
	switch {
	case le.Uint32(loc[4:]) != 0, le.Uint32(loc[16:]) != 1:
		return errors.New("it is part of an archive on several disks")
	case le.Uint64(loc[8:]) != uint64(offset), string(rec[:4]) != sigEnd64, le.Uint64(rec[4:]) != lenEnd64-12:
		return errors.New("the zip64 end record is not directly before its locator, or has extensions")
	case le.Uint32(rec[16:]) != 0, le.Uint32(rec[20:]) != 0:
		return errors.New("it is part of an archive on several disks")
	case le.Uint64(rec[24:]) != le.Uint64(rec[32:]):
		return errors.New("the zip64 end record has two different entry counts")
	}
	count, size, start := le.Uint64(rec[32:]), le.Uint64(rec[40:]), le.Uint64(rec[48:])
	if size > 1<<62 || start > 1<<62 {
		return errors.New("the zip64 end record has an impossible value")
	}
	if !agree(d.count, count, max16) || !agree(uint64(d.size), size, max32) || !agree(uint64(d.offset), start, max32) {
		return errors.New("the end record and the zip64 end record do not match")
	}
	d.count, d.size, d.offset = count, int64(size), int64(start)
	return nil
}

// agree reports whether a narrow field repeats the wide one or, being full,
// leaves the number to it.
func agree(narrow, wide, full uint64) bool { return narrow == wide || narrow == full }

// readFull fills b from offset; an end of file within it is an error.
func readFull(r io.ReaderAt, b []byte, offset int64) error {
	n, err := r.ReadAt(b, offset)
	if n == len(b) {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("reading %d bytes at %d: %w", len(b), offset, err)
}
