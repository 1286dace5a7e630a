package git

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/assemble-image/assemble/internal/osfile"
)

// The types of a pack's entries (gitformat-pack, "Object types").
var packKinds = map[byte]string{1: kindCommit, 2: kindTree, 3: kindBlob, 4: kindTag}

const (
	offsetDelta = 6
	nameDelta   = 7
)

// pack is an open pack of a repository.
type pack struct {
	in       io.ReaderAt
	size     int64
	nameSize int
	// base reads an object by its name, wherever it is.
	base func(name id, depth int) (*object, error)
}

// readPack reads the object at offset of the pack at path.
func (r *repository) readPack(path string, offset int64, nameSize, depth int) (_ *object, err error) {
	f, fi, err := osfile.OpenRegular(path)
	if err != nil {
		return nil, osfile.WithoutPath(err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	p := &pack{in: f, size: fi.Size(), nameSize: nameSize, base: r.object}
	return p.object(offset, depth)
}

// entry is what stands before an entry's data.
type entry struct {
	kind byte
	size uint64 // of its content
	data int64  // where its zlib stream is
	// What a delta builds upon: the entry at base, or the object of that name.
	base int64
	name id
}

// object reads the object at offset. A chain of deltas is followed to its root
// first, and applied from there, so that one result is held at a time.
func (p *pack) object(offset int64, depth int) (*object, error) {
	var deltas []entry
	for {
		e, err := p.entry(offset)
		if err != nil {
			return nil, err
		}
		if kind, ok := packKinds[e.kind]; ok {
			data, err := p.content(e)
			if err != nil {
				return nil, err
			}
			return p.apply(&object{kind: kind, data: data}, deltas)
		}
		deltas = append(deltas, e)
		if depth++; depth > maxChain {
			return nil, fmt.Errorf("more than %d deltas build upon one another", maxChain)
		}
		if e.kind == nameDelta {
			o, err := p.base(e.name, depth)
			if err != nil {
				return nil, err
			}
			return p.apply(o, deltas)
		}
		offset = e.base
	}
}

// apply applies deltas, the last one first.
func (p *pack) apply(o *object, deltas []entry) (*object, error) {
	for i := len(deltas) - 1; i >= 0; i-- {
		delta, err := p.content(deltas[i])
		if err != nil {
			return nil, err
		}
		if o.data, err = applyDelta(o.data, delta); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// content inflates an entry's data, which must be as long as it says.
func (p *pack) content(e entry) ([]byte, error) {
	if e.size > maxObject {
		return nil, fmt.Errorf("an object of %d bytes is larger than %d", e.size, maxObject)
	}
	data, err := inflate(bufio.NewReader(io.NewSectionReader(p.in, e.data, p.size-e.data)), int64(e.size))
	if err != nil {
		return nil, fmt.Errorf("the object at %d: %w", e.data, err)
	}
	if uint64(len(data)) != e.size {
		return nil, fmt.Errorf("the object at %d has %d bytes, not %d", e.data, len(data), e.size)
	}
	return data, nil
}

// maxEntry bounds what stands before an entry's data.
const maxEntry = 64

// entry reads what stands before the data of the entry at offset.
func (p *pack) entry(offset int64) (entry, error) {
	if offset < int64(len("PACK")+8) || offset >= p.size {
		return entry{}, fmt.Errorf("there is no object at %d", offset)
	}
	buf := make([]byte, min(maxEntry, p.size-offset))
	if _, err := p.in.ReadAt(buf, offset); err != nil {
		return entry{}, err
	}
	rest := buf
	e := entry{}
	first, ok := next(&rest)
	e.kind, e.size = first>>4&7, uint64(first&15)
	for shift := 4; ok && first&0x80 != 0; shift += 7 {
		if first, ok = next(&rest); shift > 56 {
			ok = false
		}
		e.size |= uint64(first&0x7f) << min(shift, 63)
	}
	switch {
	case !ok:
	case e.kind == offsetDelta:
		var back int64
		if back, ok = distance(&rest); ok {
			e.base = offset - back
			ok = back > 0
		}
	case e.kind == nameDelta:
		if ok = len(rest) >= p.nameSize; ok {
			e.name, rest = bytes.Clone(rest[:p.nameSize]), rest[p.nameSize:]
		}
	default:
		_, ok = packKinds[e.kind]
	}
	if !ok {
		return entry{}, fmt.Errorf("what is at %d is no object", offset)
	}
	e.data = offset + int64(len(buf)-len(rest))
	return e, nil
}

// distance reads how far back an offset delta's base is: 7 bits a byte, the
// highest first, each further byte counting one more.
func distance(rest *[]byte) (int64, bool) {
	var n int64
	for i := 0; ; i++ {
		b, ok := next(rest)
		if !ok || i > 8 {
			return 0, false
		}
		n = n<<7 | int64(b&0x7f)
		if b&0x80 == 0 {
			return n, true
		}
		n++
	}
}

// next takes a byte.
func next(rest *[]byte) (byte, bool) {
	if len(*rest) == 0 {
		return 0, false
	}
	b := (*rest)[0]
	*rest = (*rest)[1:]
	return b, true
}
