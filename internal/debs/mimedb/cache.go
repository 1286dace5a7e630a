package mimedb

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/ghash"
)

// cache is mime.cache, version 1.2: numbers are big-endian, and strings are named
// by where they are.
type cache struct {
	data  []byte
	texts map[string]uint32
}

const (
	cacheHeader = 44
	caseFlag    = 0x100 // beside a pattern's weight
)

func (c *cache) put(numbers ...uint32) {
	for _, n := range numbers {
		c.data = binary.BigEndian.AppendUint32(c.data, n)
	}
}

func (c *cache) at() uint32 { return uint32(len(c.data)) }

func (c *cache) align() { c.data = append(c.data, make([]byte, -len(c.data)&3)...) }

// cache lays out all tables.
func (d *database) cache() []byte {
	c := &cache{data: make([]byte, cacheHeader), texts: map[string]uint32{}}
	c.strings(d)
	binary.BigEndian.PutUint32(c.data, 1<<16|2)
	for i, section := range []func(*database){
		c.aliases, c.parents, c.literals, c.suffixes, c.patterns, c.magic, c.namespaces,
		func(d *database) { c.pairs(&d.icons) }, func(d *database) { c.pairs(&d.genericIcons) }, c.types,
	} {
		binary.BigEndian.PutUint32(c.data[4+4*i:], c.at())
		section(d)
	}
	return c.data
}

// strings lays out each string once, in the order of GLib's hash table of them.
func (c *cache) strings(d *database) {
	all := ghash.New()
	for _, k := range d.aliases.order.Keys() {
		all.Add(k)
		all.Add(d.aliases.by[k][0])
	}
	for _, k := range d.parents.order.Keys() {
		all.Add(k)
		for _, v := range d.parents.by[k] {
			all.Add(v)
		}
	}
	for _, k := range d.globs.order.Keys() {
		for _, g := range d.globs.by[k] {
			switch shape(g.pattern) {
			case literal, anything:
				all.Add(g.pattern)
			}
			all.Add(g.typ)
		}
	}
	for _, m := range d.magic {
		all.Add(m.typ)
	}
	for _, k := range d.namespaces.order.Keys() {
		uri, local, _ := strings.Cut(k, " ")
		all.Add(uri)
		all.Add(local)
		all.Add(d.namespaces.by[k][0])
	}
	for _, l := range []*lists[string]{&d.icons, &d.genericIcons} {
		for _, k := range l.order.Keys() {
			all.Add(k)
			all.Add(l.by[k][0])
		}
	}
	for _, text := range all.Keys() {
		c.align()
		c.texts[text] = c.at()
		c.data = append(append(c.data, text...), 0)
	}
	c.align()
}

func (c *cache) aliases(d *database) { c.pairs(&d.aliases) }

// pairs are a sorted list of keys, each with its value.
func (c *cache) pairs(l *lists[string]) {
	keys := sorted(l)
	c.put(uint32(len(keys)))
	for _, k := range keys {
		c.put(c.texts[k], c.texts[l.by[k][0]])
	}
}

func (c *cache) parents(d *database) {
	keys := sorted(&d.parents)
	c.put(uint32(len(keys)))
	list := c.at() + 8*uint32(len(keys))
	for _, k := range keys {
		c.put(c.texts[k], list)
		list += 4 + 4*uint32(len(d.parents.by[k]))
	}
	for _, k := range keys {
		c.put(uint32(len(d.parents.by[k])))
		for _, v := range d.parents.by[k] {
			c.put(c.texts[v])
		}
	}
}

// The shapes of patterns, which are looked for in different ways.
const (
	literal = iota
	suffix
	anything
)

func shape(pattern string) int {
	switch {
	case !strings.ContainsAny(pattern, "*?["):
		return literal
	case pattern[0] == '*' && !strings.ContainsAny(pattern[1:], "*?["):
		return suffix
	}
	return anything
}

func (g *glob) flags() uint32 {
	if g.cased {
		return uint32(g.weight) | caseFlag
	}
	return uint32(g.weight)
}

// shaped are the patterns of a shape, sorted.
func (d *database) shaped(want int) []glob {
	var list []glob
	for _, k := range d.globs.order.Keys() {
		for _, g := range d.globs.by[k] {
			if shape(g.pattern) == want {
				list = append(list, g)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b glob) int { return strings.Compare(a.pattern, b.pattern) })
	return list
}

func (c *cache) globs(list []glob) {
	c.put(uint32(len(list)))
	for _, g := range list {
		c.put(c.texts[g.pattern], c.texts[g.typ], g.flags())
	}
}

func (c *cache) literals(d *database) { c.globs(d.shaped(literal)) }
func (c *cache) patterns(d *database) { c.globs(d.shaped(anything)) }

func (c *cache) namespaces(d *database) {
	keys := sorted(&d.namespaces)
	slices.SortFunc(keys, func(a, b string) int {
		x, s, _ := strings.Cut(a, " ")
		y, t, _ := strings.Cut(b, " ")
		return cmp.Or(strings.Compare(x, y), strings.Compare(s, t))
	})
	c.put(uint32(len(keys)))
	for _, k := range keys {
		uri, local, _ := strings.Cut(k, " ")
		c.put(c.texts[uri], c.texts[local], c.texts[d.namespaces.by[k][0]])
	}
}

// types has a place for each type. update-mime-database 2.2 leaves all of them 0, and
// nothing reads them.
func (c *cache) types(d *database) {
	n := len(d.types.order.Keys())
	c.put(uint32(n))
	c.put(make([]uint32, n)...)
}
