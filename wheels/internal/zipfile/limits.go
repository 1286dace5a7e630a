package zipfile

import (
	"cmp"
	"fmt"
)

// Limits bounds what an archive may declare. A zero field means its default.
type Limits struct {
	// Entries is the greatest number of entries; by default 200,000.
	Entries int
	// Name is the longest name in bytes; by default 1024.
	Name int
	// Directory is the largest central directory in bytes; by default 64 MiB.
	Directory int64
	// Total is the largest sum of the unpacked sizes in bytes; by default
	// 32 GiB.
	Total int64
	// Ratio is how many times larger than the archive the unpacked content
	// may be in all; by default 100. Archives that unpack to less than
	// [RatioFloor] are not held to it.
	Ratio int64
}

// RatioFloor is the unpacked size in bytes below which [Limits.Ratio] is not
// applied: so little does no harm, however well it was packed.
const RatioFloor = 64 << 20

// component is the longest element of a path that Linux file systems take.
const component = 255

func (l Limits) fill() Limits {
	return Limits{
		Entries:   cmp.Or(l.Entries, 200_000),
		Name:      cmp.Or(l.Name, 1024),
		Directory: cmp.Or(l.Directory, 64<<20),
		Total:     cmp.Or(l.Total, 32<<30),
		Ratio:     cmp.Or(l.Ratio, 100),
	}
}

// checkTotals holds the sum of the declared sizes to the limits. Sizes are
// added one at a time, so that a sum that overflows can't come out small.
func (l Limits) checkTotals(entries []Entry, size int64) error {
	var total int64
	for i := range entries {
		if entries[i].Size > l.Total-total {
			return fmt.Errorf("it unpacks to more than the limit of %d bytes", l.Total)
		}
		total += entries[i].Size
	}
	if total > RatioFloor && total/l.Ratio > size {
		return fmt.Errorf("it unpacks to %d bytes, more than %d times its own %d: a zip bomb", total, l.Ratio, size)
	}
	return nil
}
