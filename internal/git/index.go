package git

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/assemble-image/assemble/internal/osfile"
)

// fanout is how many counts an index begins with, one for each first byte.
const fanout = 256

// fromPacks reads an object out of the packs of a directory of objects.
func (r *repository) fromPacks(dir string, name id, depth int) (*object, error) {
	dir = filepath.Join(dir, "pack")
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		base, ok := strings.CutSuffix(e.Name(), ".idx")
		if !ok {
			continue
		}
		offset, err := lookUp(filepath.Join(dir, e.Name()), name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading pack index %q: %w", e.Name(), err)
		}
		o, err := r.readPack(filepath.Join(dir, base+".pack"), offset, len(name), depth)
		if err != nil {
			return nil, fmt.Errorf("reading pack %q: %w", base+".pack", err)
		}
		return o, nil
	}
	return nil, fs.ErrNotExist
}

// lookUp finds an object in the index at path.
func lookUp(path string, name id) (offset int64, err error) {
	f, fi, err := osfile.OpenRegular(path)
	if err != nil {
		return 0, osfile.WithoutPath(err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return findOffset(f, fi.Size(), name)
}

// packIndex says where the tables of an index are.
type packIndex struct {
	in     io.ReaderAt
	size   int64
	names  int64 // of the first name
	step   int64 // from one name to the next
	counts int64 // of the fan-out table
}

// findOffset finds an object in a pack's index (gitformat-pack, "pack-*.idx
// files"), and returns where it is in the pack. The error matches
// [io/fs.ErrNotExist] where it isn't. Only what the search needs is read.
func findOffset(in io.ReaderAt, size int64, name id) (int64, error) {
	var head [8]byte
	if _, err := in.ReadAt(head[:], 0); err != nil {
		return 0, fmt.Errorf("its header: %w", err)
	}
	x := packIndex{in: in, size: size, counts: 0, names: fanout*4 + 4, step: int64(len(name)) + 4}
	second := bytes.Equal(head[:4], []byte("\xfftOc"))
	if second {
		if v := binary.BigEndian.Uint32(head[4:]); v != 2 {
			return 0, fmt.Errorf("it is of version %d: %w", v, ErrUnsupported)
		}
		x = packIndex{in: in, size: size, counts: 8, names: 8 + fanout*4, step: int64(len(name))}
	}
	at, total, err := x.search(name)
	if err != nil {
		return 0, err
	}
	if !second {
		n, err := x.number(x.names - 4 + at*x.step)
		return int64(n), err
	}
	// Names, sums, offsets; those of 8 bytes stand behind, for the high bit.
	offsets := x.names + total*(x.step+4)
	n, err := x.number(offsets + 4*at)
	if err != nil || n&(1<<31) == 0 {
		return int64(n), err
	}
	var long [8]byte
	if _, err := in.ReadAt(long[:], offsets+4*total+8*int64(n&^(1<<31))); err != nil {
		return 0, fmt.Errorf("a long offset: %w", err)
	}
	offset := binary.BigEndian.Uint64(long[:])
	if offset >= 1<<62 {
		return 0, errors.New("an offset is too large")
	}
	return int64(offset), nil
}

// search returns which of all objects has the name.
func (x *packIndex) search(name id) (at, total int64, err error) {
	last, err := x.number(x.counts + 4*(fanout-1))
	if err != nil {
		return 0, 0, err
	}
	total = int64(last)
	if x.names+total*x.step > x.size {
		return 0, 0, errors.New("it is shorter than it says")
	}
	var low int64
	if name[0] > 0 {
		n, err := x.number(x.counts + 4*int64(name[0]-1))
		if err != nil {
			return 0, 0, err
		}
		low = int64(n)
	}
	n, err := x.number(x.counts + 4*int64(name[0]))
	if err != nil {
		return 0, 0, err
	}
	high := int64(n)
	if low > high || high > total {
		return 0, 0, errors.New("its counts don't rise")
	}
	there := make(id, len(name))
	for low < high {
		middle := (low + high) / 2
		if _, err := x.in.ReadAt(there, x.names+middle*x.step); err != nil {
			return 0, 0, err
		}
		switch bytes.Compare(name, there) {
		case 0:
			return middle, total, nil
		case -1:
			high = middle
		default:
			low = middle + 1
		}
	}
	return 0, 0, fs.ErrNotExist
}

// number reads the 4 bytes at an offset.
func (x *packIndex) number(at int64) (uint32, error) {
	var b [4]byte
	if _, err := x.in.ReadAt(b[:], at); err != nil {
		return 0, fmt.Errorf("a number at %d: %w", at, err)
	}
	return binary.BigEndian.Uint32(b[:]), nil
}
