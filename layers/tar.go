package layers

import (
	"io/fs"
	"strings"
)

const (
	blockSize = 512 // of a tar: headers take one, content is padded to them

	typeFile      = '0'
	typeHardLink  = '1'
	typeSymlink   = '2'
	typeDirectory = '5'
	typePAX       = 'x'

	// What the fields of USTAR (POSIX.1-1988) hold at most.
	maxName, maxPrefix = 100, 155
	maxOctal8          = 1<<21 - 1 // seven octal digits
	maxOctal12         = 1<<33 - 1 // eleven octal digits
)

// A blockKind tells blocks apart that rarely resemble each other; those of one
// kind do, and are matched against each other by the encoder.
type blockKind uint8

const (
	kindHeader blockKind = iota
	kindPAXHeader
	kindPAXRecords
	numKinds
)

// A block is one tar block that is not a file's content.
type block struct {
	kind blockKind
	data [blockSize]byte
}

// appendHeaders appends the blocks that introduce e: one USTAR header, and
// where that can't say it all, an extended (PAX) header before it.
func appendHeaders(blocks []block, e *Entry, mtime int64) []block {
	h := newHeader(e, mtime)
	if records := h.records(); records != nil {
		blocks = appendPAX(blocks, records, mtime)
	}
	blocks = append(blocks, block{kind: kindHeader})
	h.write(&blocks[len(blocks)-1].data)
	return blocks
}

// header is what one USTAR header says.
type header struct {
	name, link string
	mode       int64
	uid, gid   int64
	size       int64
	mtime      int64
	typeflag   byte
	capability string
}

func newHeader(e *Entry, mtime int64) header {
	h := header{
		name: e.Path, link: e.Link, mode: modeBits(e.Mode), uid: int64(e.UID), gid: int64(e.GID),
		size: e.Size, mtime: mtime, typeflag: typeFile, capability: e.Capability,
	}
	if e.Mode.IsDir() {
		h.typeflag = typeDirectory
		h.name += "/"
	}
	if e.HardLink != "" {
		h.typeflag = typeHardLink
		h.link = e.HardLink
	}
	if e.Mode.Type() == fs.ModeSymlink {
		h.typeflag = typeSymlink
		h.mode = int64(fs.ModePerm) // Linux knows no other
	}
	return h
}

// modeBits are the bits of a mode as chmod(2) has them.
func modeBits(mode fs.FileMode) int64 {
	bits := int64(mode.Perm())
	for _, b := range [...]struct {
		mode fs.FileMode
		bit  int64
	}{{fs.ModeSetuid, 0o4000}, {fs.ModeSetgid, 0o2000}, {fs.ModeSticky, 0o1000}} {
		if mode&b.mode != 0 {
			bits |= b.bit
		}
	}
	return bits
}

// write fills b, which must be zero. Values that don't fit are cut short: an
// extended header has said them.
func (h *header) write(b *[blockSize]byte) {
	prefix, name, _ := splitName(h.name)
	putString(b[0:100], name)
	putOctal(b[100:108], h.mode)
	putOctal(b[108:116], h.uid)
	putOctal(b[116:124], h.gid)
	putOctal(b[124:136], h.size)
	putOctal(b[136:148], h.mtime)
	b[156] = h.typeflag
	putString(b[157:257], h.link)
	copy(b[257:265], "ustar\x0000")
	putOctal(b[329:337], 0) // device numbers
	putOctal(b[337:345], 0)
	putString(b[345:500], prefix)
	putChecksum(b)
}

// splitName parts a name over the header's prefix and name fields, as far to
// the right as they allow. It reports whether the fields hold the name.
func splitName(name string) (prefix, rest string, ok bool) {
	if len(name) <= maxName {
		return "", name, isASCII(name)
	}
	// A directory's final slash is no place to part at.
	i := strings.LastIndexByte(name[:min(len(name)-1, maxPrefix+1)], '/')
	if i <= 0 || len(name)-i-1 > maxName {
		return "", name, false
	}
	return name[:i], name[i+1:], isASCII(name)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// putString writes s, cut to fit, with an underscore for bytes beyond ASCII.
func putString(field []byte, s string) {
	n := copy(field, s)
	for i, c := range field[:n] {
		if c >= 0x80 {
			field[i] = '_'
		}
	}
}

// putOctal writes v in octal digits that fill the field but for a final zero
// byte; a value that needs more digits is written as 0.
func putOctal(field []byte, v int64) {
	last := len(field) - 1
	if v>>(3*last) != 0 {
		v = 0
	}
	for i := last - 1; i >= 0; i-- {
		field[i] = '0' + byte(v&7)
		v >>= 3
	}
}

// putChecksum writes the sum of the header's bytes, its own field counted as
// spaces.
func putChecksum(b *[blockSize]byte) {
	field := b[148:156]
	copy(field, "        ")
	sum := int64(0)
	for _, c := range b {
		sum += int64(c)
	}
	putOctal(field[:7], sum)
	field[6] = 0
}

// padding returns how many zero bytes follow a content of size bytes.
func padding(size int64) int { return int(-size & (blockSize - 1)) }
