package gschema

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/ghash"
)

// item is an entry of a hash table of the file: a value, a list of children, or
// another table.
type item struct {
	key      string
	value    *value
	children []*item
	table    *hash
	parent   *item
	index    uint32
}

// hash is a hash table of the file (gvdb-builder.c).
type hash struct {
	order *ghash.Table
	items map[string]*item
}

// newHash returns a table with an item that is the parent of others.
func newHash() (h *hash, top *item) {
	h = &hash{order: ghash.New(), items: map[string]*item{}}
	return h, h.insert("")
}

func (h *hash) insert(key string) *item {
	i := &item{key: key}
	h.order.Add(key)
	h.items[key] = i
	return i
}

// under makes an item a child.
func (i *item) under(parent *item) *item {
	parent.children = append(parent.children, i)
	i.parent = parent
	return i
}

// file is one that is being laid out.
type file struct {
	data []byte
}

const headerSize = 24

// write returns the file with a table as its root.
func write(root *hash) []byte {
	f := &file{data: make([]byte, headerSize)}
	start, end := f.hash(root)
	copy(f.data, "GVariant")
	le := binary.LittleEndian
	le.PutUint32(f.data[16:], start)
	le.PutUint32(f.data[20:], end)
	return f.data
}

// room adds empty bytes, aligned, and says where they are.
func (f *file) room(alignment, size int) (start, end uint32) {
	if size == 0 {
		return 0, 0
	}
	f.data = pad(f.data, alignment)
	start = uint32(len(f.data))
	f.data = append(f.data, make([]byte, size)...)
	return start, uint32(len(f.data))
}

const itemSize = 24

// hash lays out a table, and what its items are after it.
func (f *file) hash(h *hash) (start, end uint32) {
	buckets := make([][]*item, len(h.items))
	for _, key := range h.order.Keys() {
		b := ghash.String(key) % uint32(len(buckets))
		buckets[b] = append(buckets[b], h.items[key])
	}
	index := uint32(0)
	for _, b := range buckets {
		slices.Reverse(b) // what comes last is found first
		for _, i := range b {
			i.index = index
			index++
		}
	}
	start, end = f.room(4, 8+4*len(buckets)+itemSize*int(index))
	le := binary.LittleEndian
	le.PutUint32(f.data[start:], 5<<27) // no Bloom filter, with the default shift
	le.PutUint32(f.data[start+4:], uint32(len(buckets)))
	items := start + 8 + 4*uint32(len(buckets))
	index = 0
	for n, b := range buckets {
		le.PutUint32(f.data[start+8+4*uint32(n):], index)
		for _, i := range b {
			f.item(i, items+itemSize*index)
			index++
		}
	}
	return start, end
}

// item writes an item of a table to its place, with what it is.
func (f *file) item(i *item, at uint32) {
	le := binary.LittleEndian
	parent := ^uint32(0)
	name := i.key
	if i.parent != nil {
		parent = i.parent.index
		name = name[len(i.parent.key):]
	}
	key := uint32(len(f.data))
	f.data = append(f.data, name...)
	kind := byte(0)
	var start, end uint32
	switch {
	case i.value != nil:
		kind = 'v'
		data := variant(*i.value).bytes()
		start, end = f.room(8, len(data))
		copy(f.data[start:], data)
	case i.table != nil:
		kind = 'H'
		start, end = f.hash(i.table)
	case len(i.children) > 0:
		kind = 'L'
		start, end = f.room(4, 4*len(i.children))
		slices.SortFunc(i.children, func(a, b *item) int { return strings.Compare(a.key, b.key) })
		for n, c := range i.children {
			le.PutUint32(f.data[start+4*uint32(n):], c.index)
		}
	}
	e := f.data[at:]
	le.PutUint32(e, ghash.String(i.key))
	le.PutUint32(e[4:], parent)
	le.PutUint32(e[8:], key)
	le.PutUint16(e[12:], uint16(len(name)))
	e[14] = kind
	le.PutUint32(e[16:], start)
	le.PutUint32(e[20:], end)
}
