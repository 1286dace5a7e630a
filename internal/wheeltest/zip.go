package wheeltest

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
)

// Header is what a local header or a central directory header says. Zip fills
// it with the truth before it hands it to a file's hooks.
type Header struct {
	Name, Comment      string
	Extra              []byte
	Flags, Method      uint16
	CRC32              uint32
	Packed, Size       uint32
	Creator            uint16 // central only; 3<<8 says Unix
	Disk               uint16 // central only
	Attributes, Offset uint32 // central only
}

// File is one entry of a [Zip].
type File struct {
	Name string
	Data []byte
	// Unix is the st_mode; 0 means 0100644, or 040755 for a directory.
	Unix uint16
	// Stored keeps the data as it is instead of deflating it.
	Stored bool
	// Packed replaces the packed data.
	Packed []byte
	// Descriptor moves sizes and CRC-32 behind the data; Sum alters what
	// it says.
	Descriptor bool
	Sum        func(d *Descriptor)
	// Local and Central alter what the headers say.
	Local, Central func(h *Header)
	// After is put behind the data.
	After []byte
	// Hidden leaves the entry out of the central directory.
	Hidden bool
}

// Descriptor is what a data descriptor says.
type Descriptor struct {
	CRC32        uint32
	Packed, Size uint64
	Wide         bool
	Unsigned     bool
}

// End is what the end record says.
type End struct {
	Disk, Count, Total uint16
	Size, Offset       uint32
	Comment            []byte
}

// Zip describes an archive.
type Zip struct {
	Files []File
	// Prefix comes before all (offsets count from behind it, as a
	// self-extracting archive's may, unless Shift adds it to them), Gap
	// before the central directory, Suffix after all.
	Prefix, Gap, Suffix []byte
	Shift               bool
	// Zip64 adds the zip64 end record and its locator, which Wide alters:
	// count, size and offset of the central directory.
	Zip64 bool
	Wide  func(count, size, offset *uint64)
	// End alters the end record.
	End func(e *End)
}

var le = binary.LittleEndian

// Bytes returns the archive.
func (z Zip) Bytes() []byte {
	out := bytes.Clone(z.Prefix)
	base := len(z.Prefix)
	if z.Shift {
		base = 0
	}
	var central []byte
	count := 0
	for _, f := range z.Files {
		h := f.header()
		h.Offset = uint32(len(out) - base)
		var packed []byte
		out, packed = f.appendLocal(out, h)
		out = f.appendDescriptor(append(out, packed...), h)
		out = append(out, f.After...)
		if !f.Hidden {
			if f.Central != nil {
				f.Central(&h)
			}
			central = appendCentral(central, h)
			count++
		}
	}
	out = append(out, z.Gap...)
	e := End{Count: uint16(count), Total: uint16(count), Size: uint32(len(central)), Offset: uint32(len(out) - base)}
	out = append(out, central...)
	if z.Zip64 {
		out = z.appendEnd64(out, uint64(count), uint64(len(central)), uint64(e.Offset))
	}
	if z.End != nil {
		z.End(&e)
	}
	out = append(out, "PK\x05\x06"...)
	out = le.AppendUint16(out, e.Disk)
	out = le.AppendUint16(out, e.Disk)
	out = le.AppendUint16(out, e.Count)
	out = le.AppendUint16(out, e.Total)
	out = le.AppendUint32(out, e.Size)
	out = le.AppendUint32(out, e.Offset)
	out = le.AppendUint16(out, uint16(len(e.Comment)))
	out = append(out, e.Comment...)
	return append(out, z.Suffix...)
}

func (z Zip) appendEnd64(out []byte, count, size, offset uint64) []byte {
	at := uint64(len(out))
	if z.Wide != nil {
		z.Wide(&count, &size, &offset)
	}
	out = append(out, "PK\x06\x06"...)
	out = le.AppendUint64(out, 44)
	out = le.AppendUint16(out, 45)
	out = le.AppendUint16(out, 45)
	out = le.AppendUint64(out, 0)
	out = le.AppendUint64(out, count)
	out = le.AppendUint64(out, count)
	out = le.AppendUint64(out, size)
	out = le.AppendUint64(out, offset)
	out = append(out, "PK\x06\x07"...)
	out = le.AppendUint32(out, 0)
	out = le.AppendUint64(out, at)
	return le.AppendUint32(out, 1)
}

// header returns the truth about f.
func (f File) header() Header {
	h := Header{Name: f.Name, Method: 8, CRC32: crc32.ChecksumIEEE(f.Data), Size: uint32(len(f.Data)), Creator: 3<<8 | 20}
	unix := f.Unix
	isDir := len(f.Name) > 0 && f.Name[len(f.Name)-1] == '/'
	switch {
	case unix == 0 && isDir:
		unix = 0o40755
	case unix == 0:
		unix = 0o100644
	}
	if f.Stored || isDir {
		h.Method = 0
	}
	if isDir {
		h.Attributes = 0x10
	}
	h.Attributes |= uint32(unix) << 16
	for i := range len(f.Name) {
		if f.Name[i] >= 0x80 {
			h.Flags |= 0x800
			break
		}
	}
	if f.Descriptor {
		h.Flags |= 8
	}
	h.Packed = uint32(len(f.pack(h.Method)))
	return h
}

func (f File) pack(method uint16) []byte {
	switch {
	case f.Packed != nil:
		return f.Packed
	case method == 0:
		return f.Data
	}
	return Deflate(f.Data)
}

// Deflate returns data as a raw DEFLATE stream.
func Deflate(data []byte) []byte {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, 6)
	if err != nil {
		panic(err)
	}
	if _, err := w.Write(data); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func (f File) appendLocal(out []byte, h Header) (header, packed []byte) {
	packed = f.pack(h.Method)
	if f.Descriptor {
		h.CRC32, h.Packed, h.Size = 0, 0, 0
	}
	if f.Local != nil {
		f.Local(&h)
	}
	out = append(out, "PK\x03\x04"...)
	out = le.AppendUint16(out, 20)
	out = le.AppendUint16(out, h.Flags)
	out = le.AppendUint16(out, h.Method)
	out = append(out, 0, 0, 0x21, 0) // midnight of 1980-01-01
	out = le.AppendUint32(out, h.CRC32)
	out = le.AppendUint32(out, h.Packed)
	out = le.AppendUint32(out, h.Size)
	out = le.AppendUint16(out, uint16(len(h.Name)))
	out = le.AppendUint16(out, uint16(len(h.Extra)))
	out = append(out, h.Name...)
	return append(out, h.Extra...), packed
}

func (f File) appendDescriptor(out []byte, h Header) []byte {
	if !f.Descriptor {
		return out
	}
	d := Descriptor{CRC32: h.CRC32, Packed: uint64(h.Packed), Size: uint64(h.Size)}
	if f.Sum != nil {
		f.Sum(&d)
	}
	if !d.Unsigned {
		out = append(out, "PK\x07\x08"...)
	}
	out = le.AppendUint32(out, d.CRC32)
	if d.Wide {
		out = le.AppendUint64(out, d.Packed)
		return le.AppendUint64(out, d.Size)
	}
	out = le.AppendUint32(out, uint32(d.Packed))
	return le.AppendUint32(out, uint32(d.Size))
}

func appendCentral(out []byte, h Header) []byte {
	out = append(out, "PK\x01\x02"...)
	out = le.AppendUint16(out, h.Creator)
	out = le.AppendUint16(out, 20)
	out = le.AppendUint16(out, h.Flags)
	out = le.AppendUint16(out, h.Method)
	out = append(out, 0, 0, 0x21, 0)
	out = le.AppendUint32(out, h.CRC32)
	out = le.AppendUint32(out, h.Packed)
	out = le.AppendUint32(out, h.Size)
	out = le.AppendUint16(out, uint16(len(h.Name)))
	out = le.AppendUint16(out, uint16(len(h.Extra)))
	out = le.AppendUint16(out, uint16(len(h.Comment)))
	out = le.AppendUint16(out, h.Disk)
	out = le.AppendUint16(out, 0)
	out = le.AppendUint32(out, h.Attributes)
	out = le.AppendUint32(out, h.Offset)
	out = append(out, h.Name...)
	out = append(out, h.Extra...)
	return append(out, h.Comment...)
}
