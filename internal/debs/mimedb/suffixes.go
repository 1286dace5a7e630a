package mimedb

import (
	"encoding/binary"
	"slices"
)

// node is a letter of suffixes, which are read from their ends. A leaf has a
// glob in its place.
type node struct {
	letter   rune
	glob     *glob
	children []*node
	letters  map[rune]*node   // the children by letter
	types    map[string]*node // the leaves by type
}

// insert adds a suffix, the rest of which is text.
func (n *node) insert(text []rune, g *glob) {
	if len(text) == 0 {
		leaf := n.types[g.typ]
		switch {
		case leaf == nil:
			leaf = &node{glob: g}
			n.children = append(n.children, leaf)
			if n.types == nil {
				n.types = map[string]*node{}
			}
			n.types[g.typ] = leaf
		case g.weight > leaf.glob.weight:
			leaf.glob = g
		}
		return
	}
	letter := text[len(text)-1]
	next := n.letters[letter]
	if next == nil {
		next = &node{letter: letter}
		n.children = append(n.children, next)
		if n.letters == nil {
			n.letters = map[rune]*node{}
		}
		n.letters[letter] = next
	}
	next.insert(text[:len(text)-1], g)
}

func (n *node) sort() {
	slices.SortStableFunc(n.children, func(a, b *node) int { return int(a.letter) - int(b.letter) })
	for _, c := range n.children {
		c.sort()
	}
}

// suffixes is the tree of suffixes, a level after the other.
func (c *cache) suffixes(d *database) {
	top := &node{}
	for _, g := range d.shaped(suffix) {
		top.insert([]rune(g.pattern[1:]), &g)
	}
	top.sort()
	c.put(uint32(len(top.children)), c.at()+8)
	level := []*node{top}
	for len(level) > 0 {
		var next []*node
		for _, n := range level {
			next = append(next, n.children...)
		}
		below := c.at() + 12*uint32(len(next))
		for _, n := range next {
			if n.glob != nil {
				c.put(0, c.texts[n.glob.typ], n.glob.flags())
				continue
			}
			c.put(uint32(n.letter), uint32(len(n.children)), below)
			below += 12 * uint32(len(n.children))
		}
		level = next
	}
}

// matchlets are what is written of matches: the bytes of all come at the end.
type matchlets struct {
	c      *cache
	values []*match
	where  []uint32 // of each value's place in its matchlet
}

const matchletSize = 32

func (c *cache) magic(d *database) {
	extent := uint32(0)
	for i := range d.magic {
		extent = max(extent, reach(d.magic[i].matches))
	}
	c.put(uint32(len(d.magic)), extent, c.at()+12)
	first := c.at() + 16*uint32(len(d.magic))
	for i := range d.magic {
		m := &d.magic[i]
		c.put(uint32(m.priority), c.texts[m.typ], uint32(len(m.matches)), first)
		first += matchletSize * count(m.matches)
	}
	w := &matchlets{c: c}
	for i := range d.magic {
		w.write(d.magic[i].matches)
	}
	for i, m := range w.values {
		binary.BigEndian.PutUint32(c.data[w.where[i]:], c.at())
		c.data = append(c.data, m.data...)
		c.align()
		if m.mask != nil {
			binary.BigEndian.PutUint32(c.data[w.where[i]+4:], c.at())
			c.data = append(c.data, m.mask...)
			c.align()
		}
	}
}

func count(list []match) uint32 {
	n := uint32(len(list))
	for i := range list {
		n += count(list[i].children)
	}
	return n
}

// reach is how far into a file matches look.
func reach(list []match) uint32 {
	far := uint32(0)
	for i := range list {
		m := &list[i]
		far = max(far, m.start+m.length+uint32(len(m.data)), reach(m.children))
	}
	return far
}

// write writes matches, and then those in each of them.
func (w *matchlets) write(list []match) {
	below := w.c.at() + matchletSize*uint32(len(list))
	for i := range list {
		m := &list[i]
		w.c.put(m.start, m.length, uint32(m.wordSize), uint32(len(m.data)))
		w.values = append(w.values, m)
		w.where = append(w.where, w.c.at())
		at := below
		if len(m.children) == 0 {
			at = 0
		}
		w.c.put(0, 0, uint32(len(m.children)), at)
		below += matchletSize * count(m.children)
	}
	for i := range list {
		w.write(list[i].children)
	}
}
