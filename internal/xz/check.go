package xz

import (
	"crypto/sha256"
	"fmt"
	"hash/crc32"
	"hash/crc64"
	"slices"
	"sync"
)

// Kinds of checks (section 2.1.1.2).
const (
	checkNone   = 0x00
	checkCRC32  = 0x01
	checkCRC64  = 0x04
	checkSHA256 = 0x0A
)

// crc64Table is for the polynomial of ECMA-182, as section 6 has it. It is made
// when it is first used: most runs of a program read no .xz file.
var crc64Table = sync.OnceValue(func() *crc64.Table { return crc64.MakeTable(crc64.ECMA) })

// setCheck sets the sum that blocks of a stream end with; nil for none.
func (z *Reader) setCheck(kind byte) error {
	switch kind {
	case checkNone:
		z.check = nil
	case checkCRC32:
		z.check = crc32.NewIEEE()
	case checkCRC64:
		z.check = crc64.New(crc64Table())
	case checkSHA256:
		z.check = sha256.New()
	default:
		return unsupported(fmt.Sprintf("check %d is neither CRC32, CRC64 nor SHA-256", kind))
	}
	return nil
}

// checkSum holds the block's sum against the one that stands in the file,
// which has CRCs with the lowest byte first.
func (z *Reader) checkSum() error {
	if z.check == nil {
		return nil
	}
	var b, sum [sha256.Size]byte
	got := z.check.Sum(sum[:0])
	if len(got) < sha256.Size {
		slices.Reverse(got)
	}
	want := b[:len(got)]
	if err := z.src.takePlain(want); err != nil {
		return err
	}
	if !slices.Equal(got, want) {
		return corrupt("the check of a block's content is wrong")
	}
	return nil
}
