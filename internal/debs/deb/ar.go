package deb

import (
	"errors"
	"io"
	"strconv"
	"strings"
)

const (
	arMagic      = "!<arch>\n"
	arHeaderSize = 60
	arHeaderEnd  = "`\n"
	binaryName   = "debian-binary"
)

// member is one part of the ar archive.
type member struct {
	name         string
	offset, size int64 // of its bytes in the file
}

// archive is what a package is made of.
type archive struct {
	control, data member
}

// readArchive reads the ar archive (deb(5)): debian-binary, control.tar and
// data.tar, in this order. After them there may be members whose names begin
// with an underscore, which are ignored, as signatures are; all else is refused,
// since others might read a package with it differently.
func readArchive(f io.ReaderAt, size int64) (archive, error) {
	var magic [len(arMagic)]byte
	if err := readAt(f, magic[:], 0); err != nil {
		return archive{}, err
	}
	if string(magic[:]) != arMagic {
		return archive{}, invalid("it doesn't begin as an ar archive")
	}
	var a archive
	names := [...]string{binaryName, "control.tar", "data.tar"}
	for n, at := 0, int64(len(arMagic)); ; n++ {
		if at == size && n >= len(names) {
			return a, nil
		}
		m, err := readMember(f, at, size)
		if err != nil {
			return archive{}, err
		}
		switch {
		case n >= len(names) && !strings.HasPrefix(m.name, "_"):
			return archive{}, invalid("a member %q comes after data.tar", m.name)
		case n >= len(names):
		case n == 0 && m.name != binaryName, n > 0 && !isTar(m.name, names[n]):
			return archive{}, invalid("member %d is %q instead of %q", n+1, m.name, names[n])
		case m.size == 0:
			return archive{}, invalid("member %q is empty", m.name)
		case n == 0:
			if err := checkBinary(f, m); err != nil {
				return archive{}, err
			}
		case n == 1:
			a.control = m
		case n == 2:
			a.data = m
		}
		at = m.offset + m.size
		if m.size%2 == 0 {
			continue
		}
		var pad [1]byte
		if err := readAt(f, pad[:], at); err != nil {
			return archive{}, err
		}
		if pad[0] != '\n' {
			return archive{}, invalid("the padding of member %q is no newline", m.name)
		}
		at++
	}
}

func isTar(name, tar string) bool { return name == tar || strings.HasPrefix(name, tar+".") }

// readMember reads a member's header: name, time, owner, group, mode and size,
// each padded with blanks.
func readMember(f io.ReaderAt, at, size int64) (member, error) {
	var h [arHeaderSize]byte
	if err := readAt(f, h[:], at); err != nil {
		return member{}, err
	}
	if string(h[58:]) != arHeaderEnd {
		return member{}, invalid("the header of a member is damaged (at byte %d)", at)
	}
	name := strings.TrimSuffix(strings.TrimRight(string(h[:16]), " "), "/")
	text := strings.TrimRight(string(h[48:58]), " ")
	n, err := strconv.ParseUint(text, 10, 40)
	if err != nil || text[0] == '+' {
		return member{}, invalid("the size of member %q is %q", name, text)
	}
	m := member{name: name, offset: at + arHeaderSize, size: int64(n)}
	if m.size > size-m.offset {
		return member{}, invalid("it is cut off in member %q", name)
	}
	return m, nil
}

// checkBinary checks the version of the format: the major number must be 2.
func checkBinary(f io.ReaderAt, m member) error {
	if m.size > 64 {
		return invalid("%s has %d bytes", binaryName, m.size)
	}
	b := make([]byte, m.size)
	if err := readAt(f, b, m.offset); err != nil {
		return err
	}
	minor, ok := strings.CutPrefix(string(b), "2.")
	minor, rest, newline := strings.Cut(minor, "\n")
	if _, err := strconv.ParseUint(minor, 10, 16); !ok || err != nil || !newline || rest != "" {
		return invalid("the version of the format is %q instead of \"2.0\\n\"", b)
	}
	return nil
}

// readAt fills p; a file that ends before is cut off.
func readAt(f io.ReaderAt, p []byte, at int64) error {
	n, err := f.ReadAt(p, at)
	if n == len(p) {
		return nil
	}
	if errors.Is(err, io.EOF) {
		return invalid("it is cut off at byte %d", at+int64(n))
	}
	return err
}
