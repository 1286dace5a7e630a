package xz

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

const (
	sourceSize = 64 << 10
	// maxIdle is how often in a row a reader may return nothing.
	maxIdle = 100
)

// source is the packed side: bytes of the file, counted.
type source struct {
	r     io.Reader
	buf   [sourceSize]byte
	next  int   // index in buf of the next byte
	end   int   // index in buf of the end of what was read
	taken int64 // bytes taken in all
	crc   uint32
	err   error // of r, once it has come
}

func (s *source) reset(r io.Reader) {
	s.r, s.next, s.end, s.taken, s.err = r, 0, 0, 0, nil
}

// fill reads more; nothing is left in buf. The error is io.EOF at the end.
func (s *source) fill() error {
	for idle := 0; s.err == nil; {
		n, err := s.r.Read(s.buf[:])
		if n < 0 || n > len(s.buf) {
			return errors.New("reader returned an impossible count")
		}
		s.next, s.end, s.err = 0, n, err
		if n > 0 {
			return nil
		}
		if idle++; err == nil && idle == maxIdle {
			s.err = io.ErrNoProgress
		}
	}
	if s.err == io.EOF { //nolint:errorlint // io.Reader's own end, and nothing that wraps another's
		return io.EOF
	}
	return fmt.Errorf("reading the xz file at byte %d: %w", s.taken, s.err)
}

// more is fill where the file must not end.
func (s *source) more() error {
	err := s.fill()
	if err == io.EOF { //nolint:errorlint // fill's own
		return fmt.Errorf("%w: it ends at byte %d", ErrTruncated, s.taken)
	}
	return err
}

// byte takes one byte and adds it to the checksum.
func (s *source) byte() (byte, error) {
	if s.next == s.end {
		if err := s.more(); err != nil {
			return 0, err
		}
	}
	b := s.buf[s.next]
	s.next++
	s.taken++
	s.crc = crc32.Update(s.crc, crc32.IEEETable, []byte{b})
	return b, nil
}

// take fills p and adds it to the checksum.
func (s *source) take(p []byte) error {
	if err := s.takePlain(p); err != nil {
		return err
	}
	s.crc = crc32.Update(s.crc, crc32.IEEETable, p)
	return nil
}

// takePlain fills p.
func (s *source) takePlain(p []byte) error {
	for len(p) > 0 {
		if s.next == s.end {
			if err := s.more(); err != nil {
				return err
			}
		}
		n := copy(p, s.buf[s.next:s.end])
		s.next += n
		s.taken += int64(n)
		p = p[n:]
	}
	return nil
}

// vli takes a variable-length integer (section 1.2).
func (s *source) vli() (int64, error) {
	v := int64(0)
	for i := uint(0); i < 9; i++ {
		b, err := s.byte()
		if err != nil {
			return 0, err
		}
		v |= int64(b&0x7f) << (7 * i)
		if b&0x80 == 0 {
			if b == 0 && i > 0 {
				return 0, corrupt("a number is not encoded in its shortest form")
			}
			return v, nil
		}
	}
	return 0, corrupt("a number is too long")
}

// checksum takes a CRC-32 and holds it against that of what was taken since
// crc was set to 0.
func (s *source) checksum(of string) error {
	want := s.crc
	var b [4]byte
	if err := s.takePlain(b[:]); err != nil {
		return err
	}
	if binary.LittleEndian.Uint32(b[:]) != want {
		return corrupt("the CRC-32 of the " + of + " is wrong")
	}
	return nil
}

// zeros takes n bytes that must be zero.
func (s *source) zeros(n int64, of string) error {
	for ; n > 0; n-- {
		b, err := s.byte()
		if err != nil {
			return err
		}
		if b != 0 {
			return corrupt("the padding of the " + of + " is not zero")
		}
	}
	return nil
}
