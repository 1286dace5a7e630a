package zipfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The general purpose flags (4.4.4) that are accepted: how hard the packer
// tried, which changes nothing; sizes in a data descriptor; a UTF-8 name.
const (
	flagLevel      = 0x0006
	flagDescriptor = 0x0008
	flagUTF8       = 0x0800
)

// maxDeflate is how many bytes one packed byte can unpack to at most: a match
// of 258 bytes takes two bits at least.
const maxDeflate = 1032

// readCentral reads the central directory in one piece and parses its entries.
func readCentral(r io.ReaderAt, d directory, lim Limits) ([]Entry, error) {
	switch {
	case d.size > lim.Directory:
		return nil, fmt.Errorf("the central directory has %d bytes, more than the limit of %d", d.size, lim.Directory)
	case d.count > uint64(lim.Entries):
		return nil, fmt.Errorf("it has %d entries, more than the limit of %d", d.count, lim.Entries)
	case d.count > uint64(d.size/lenCentral):
		return nil, fmt.Errorf("the central directory is too short for %d entries", d.count)
	}
	b := make([]byte, d.size)
	if err := readFull(r, b, d.offset); err != nil {
		return nil, err
	}
	entries := make([]Entry, d.count)
	for i := range entries {
		n, err := entries[i].parseCentral(b, lim)
		if err != nil {
			if entries[i].Name == "" {
				return nil, fmt.Errorf("entry %d: %w", i+1, err)
			}
			return nil, fmt.Errorf("entry %q: %w", entries[i].Name, err)
		}
		b = b[n:]
	}
	if len(b) != 0 {
		return nil, fmt.Errorf("the central directory has %d bytes after its %d entries", len(b), d.count)
	}
	return entries, nil
}

// parseCentral fills e from the header (4.3.12) at the beginning of b and
// returns its length.
func (e *Entry) parseCentral(b []byte, lim Limits) (int, error) {
	le := binary.LittleEndian
	if len(b) < lenCentral || string(b[:4]) != sigCentral {
		return 0, errors.New("the central directory has no header where this one should be")
	}
	nameLen, extraLen, commentLen := int(le.Uint16(b[28:])), int(le.Uint16(b[30:])), int(le.Uint16(b[32:]))
	n := lenCentral + nameLen + extraLen + commentLen
	if n > len(b) {
		return 0, errors.New("its header is longer than the central directory")
	}
	e.Name = string(b[lenCentral : lenCentral+nameLen])
	e.flags = le.Uint16(b[8:])
	e.Method = le.Uint16(b[10:])
	e.CRC32 = le.Uint32(b[16:])
	e.PackedSize = int64(le.Uint32(b[20:]))
	e.Size = int64(le.Uint32(b[24:]))
	e.HeaderOffset = int64(le.Uint32(b[42:]))
	attributes := le.Uint32(b[38:])
	e.Unix = uint16(attributes >> 16)
	if looksLikeRecord(b[n-commentLen : n]) {
		return 0, errors.New("its comment looks like a part of an archive")
	}
	if err := checkName(e.Name, e.flags&flagUTF8 != 0, lim.Name); err != nil {
		return 0, err
	}
	zip64, err := parseExtra(b[lenCentral+nameLen:n-commentLen], e.Name)
	if err != nil {
		return 0, err
	}
	if err := e.widen(zip64); err != nil {
		return 0, err
	}
	if disk := le.Uint16(b[34:]); disk != 0 {
		return 0, fmt.Errorf("it claims to be on disk %d", disk)
	}
	if err := e.checkKind(attributes); err != nil {
		return 0, err
	}
	return n, e.checkSizes()
}

// widen replaces the full fields by those of the zip64 extra field (4.5.3),
// which must hold exactly these.
func (e *Entry) widen(field []byte) (err error) {
	e.zip64 = field != nil
	for _, v := range []*int64{&e.Size, &e.PackedSize, &e.HeaderOffset} {
		if *v != max32 {
			continue
		}
		if *v, field, err = take64(field); err != nil {
			return err
		}
	}
	if len(field) != 0 {
		return errors.New("the zip64 field has excess data")
	}
	return nil
}

// checkKind accepts plain files and directories, stored or deflated.
func (e *Entry) checkKind(attributes uint32) error {
	const dosDirectory, dosVolume = 0x10, 0x08
	switch {
	case e.flags&^(flagLevel|flagDescriptor|flagUTF8) != 0:
		return fmt.Errorf("it has the flags 0x%04x (encrypted, patched or masked entries are refused)", e.flags)
	case e.Method != Stored && e.Method != Deflated:
		return fmt.Errorf("its compression method %d is neither stored (0) nor deflated (8)", e.Method)
	case attributes&dosVolume != 0:
		return errors.New("it is a volume label")
	case attributes&dosDirectory != 0 && !e.IsDir():
		return errors.New("it is marked as a directory, but its name does not end in a slash")
	}
	want, kind := uint16(unixRegular), e.Unix&unixType
	if e.IsDir() {
		want = unixDirectory
	}
	if kind == 0 || kind == want {
		return nil
	}
	if name, ok := unixTypes[kind]; ok {
		return fmt.Errorf("it is %s", name)
	}
	return fmt.Errorf("its name and its type (mode %06o) do not match", e.Unix)
}

// maxEmptyStream is how long the stream of an empty directory may be in bytes:
// some packers deflate the nothing that it contains, in two bytes as a rule.
const maxEmptyStream = 64

var errDirectoryContent = errors.New("it is a directory with content")

// checkSizes refuses sizes that no content can have.
func (e *Entry) checkSizes() error {
	switch {
	case e.IsDir() && (e.Size != 0 || e.CRC32 != 0 || e.PackedSize > maxEmptyStream || e.Method == Stored && e.PackedSize != 0):
		return errDirectoryContent
	case e.IsDir():
		return nil
	case e.Method == Stored && e.Size != e.PackedSize:
		return fmt.Errorf("it is stored, but its sizes differ (%d and %d bytes)", e.PackedSize, e.Size)
	case e.Method == Deflated && e.PackedSize < 2:
		return fmt.Errorf("it is deflated to %d bytes, which is too short", e.PackedSize)
	case e.Method == Deflated && e.Size/maxDeflate > e.PackedSize:
		return fmt.Errorf("%d packed bytes can't hold %d", e.PackedSize, e.Size)
	case e.Size == 0 && e.CRC32 != 0:
		return errors.New("it is empty, but its CRC-32 is not 0")
	}
	return nil
}
