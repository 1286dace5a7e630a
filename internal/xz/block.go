package xz

import "fmt"

const (
	filterLZMA2 = 0x21
	// unknown stands for a size that the header doesn't give.
	unknown = -1
)

// filterNames are the filters that are known and not decoded (section 5.3).
var filterNames = map[int64]string{
	0x03: "Delta", 0x04: "BCJ x86", 0x05: "BCJ PowerPC", 0x06: "BCJ IA-64", 0x07: "BCJ ARM",
	0x08: "BCJ ARM-Thumb", 0x09: "BCJ SPARC", 0x0a: "BCJ ARM64", 0x0b: "BCJ RISC-V",
}

// block is what a block's header says, and where the block lies.
type block struct {
	start   int64 // offset of the block in the file
	data    int64 // offset of its packed bytes
	packed  int64 // declared size of those, or unknown
	content int64 // declared size of the content, or unknown
	done    int64 // bytes of content so far
}

// blockHeader reads a block's header (section 3.1), or the index in its place.
func (z *Reader) blockHeader() error {
	start := z.src.taken
	z.src.crc = 0
	n, err := z.src.byte()
	if err != nil {
		return err
	}
	if n == 0 {
		return z.streamIndex()
	}
	end := start + (int64(n)+1)*4 - 4
	z.block = block{start: start, packed: unknown, content: unknown}
	dictionary, err := z.blockFields(end)
	if err != nil {
		return err
	}
	if z.src.taken > end {
		return corrupt("a block's header is too short")
	}
	if err := z.src.zeros(end-z.src.taken, "block's header"); err != nil {
		return err
	}
	if err := z.src.checksum("block's header"); err != nil {
		return err
	}
	if dictionary > z.max {
		return &DictionaryError{Size: dictionary, Max: z.max}
	}
	z.block.data = z.src.taken
	z.dict.begin(dictionary)
	z.lzma2.begin()
	if z.check != nil {
		z.check.Reset()
	}
	z.state = (*Reader).blockChunk
	return nil
}

// blockFields reads a block's flags, sizes and filters. It returns the size of
// the dictionary.
func (z *Reader) blockFields(end int64) (dictionary int64, err error) {
	flags, err := z.src.byte()
	if err != nil {
		return 0, err
	}
	if flags&0x3c != 0 {
		return 0, unsupported("a block's flags are of a later version of the format")
	}
	for _, f := range [...]struct {
		bit  byte
		size *int64
	}{{0x40, &z.block.packed}, {0x80, &z.block.content}} {
		if flags&f.bit == 0 {
			continue
		}
		if *f.size, err = z.src.vli(); err != nil {
			return 0, err
		}
	}
	if z.block.packed == 0 {
		return 0, corrupt("a block's header gives it no bytes")
	}
	id, err := z.src.vli()
	switch {
	case err != nil:
		return 0, err
	case id != filterLZMA2:
		return 0, filterError(id)
	case flags&3 != 0:
		return 0, corrupt("the LZMA2 filter is not a block's last one")
	}
	return z.filterLZMA2(end)
}

func filterError(id int64) error {
	if name, ok := filterNames[id]; ok {
		return unsupported("the filter " + name + " is not decoded")
	}
	return unsupported(fmt.Sprintf("the filter %#x is not known", id))
}

// filterLZMA2 reads the filter's properties: the size of its dictionary (section
// 5.3.1).
func (z *Reader) filterLZMA2(end int64) (int64, error) {
	n, err := z.src.vli()
	if err != nil {
		return 0, err
	}
	if n != 1 || z.src.taken >= end {
		return 0, corrupt("the properties of the LZMA2 filter don't have one byte")
	}
	b, err := z.src.byte()
	if err != nil {
		return 0, err
	}
	switch {
	case b > 40:
		return 0, unsupported("the properties of the LZMA2 filter are of a later version of the format")
	case b == 40:
		return 1<<32 - 1, nil
	}
	return int64(2|b&1) << (b/2 + 11), nil
}

// blockChunk decodes one chunk, or finds the end of the block.
func (z *Reader) blockChunk() error {
	more, err := z.chunk()
	if err != nil {
		return err
	}
	p := z.dict.pending()
	z.block.done += int64(len(p))
	if z.check != nil {
		z.check.Write(p)
	}
	if c := z.block.content; c != unknown && z.block.done > c {
		z.dict.drop(len(p))
		return corrupt("a block's content is longer than its header says")
	}
	if more {
		return nil
	}
	return z.blockEnd()
}

// blockEnd holds the block's sizes and sum against what the file says.
func (z *Reader) blockEnd() error {
	b := &z.block
	packed := z.src.taken - b.data
	if b.packed != unknown && b.packed != packed {
		return corrupt("a block has another size than its header says")
	}
	if b.content != unknown && b.content != b.done {
		return corrupt("a block's content is shorter than its header says")
	}
	padding := -packed & 3
	if err := z.src.zeros(padding, "block"); err != nil {
		return err
	}
	if err := z.checkSum(); err != nil {
		return err
	}
	z.index.add(z.src.taken-b.start-padding, b.done)
	z.state = (*Reader).blockHeader
	return nil
}
