package resolve

import "math/bits"

// set is a set of small numbers. For a project with n releases, the numbers
// 0…n-1 are its releases in ascending order, and n means that the project is
// not installed. Sets are never altered once they are shared; sets that meet in
// one operation have the same length.
type set []uint64

func newSet(size int) set { return make(set, (size+63)/64) }

// fullSet returns the set of all numbers below size.
func fullSet(size int) set {
	s := newSet(size)
	for i := range s {
		s[i] = ^uint64(0)
	}
	if rest := size % 64; rest != 0 {
		s[len(s)-1] = 1<<rest - 1
	}
	return s
}

// oneSet returns the set of i alone, of the given size.
func oneSet(size, i int) set {
	s := newSet(size)
	s.add(i)
	return s
}

func (s set) add(i int)      { s[i/64] |= 1 << (i % 64) }
func (s set) remove(i int)   { s[i/64] &^= 1 << (i % 64) }
func (s set) has(i int) bool { return s[i/64]&(1<<(i%64)) != 0 }

func (s set) and(o set) set {
	r := make(set, len(s))
	for i := range s {
		r[i] = s[i] & o[i]
	}
	return r
}

func (s set) or(o set) set {
	r := make(set, len(s))
	for i := range s {
		r[i] = s[i] | o[i]
	}
	return r
}

// minus returns what is in s and not in o.
func (s set) minus(o set) set {
	r := make(set, len(s))
	for i := range s {
		r[i] = s[i] &^ o[i]
	}
	return r
}

func (s set) empty() bool {
	for _, w := range s {
		if w != 0 {
			return false
		}
	}
	return true
}

// within reports whether all of s is in o.
func (s set) within(o set) bool {
	for i := range s {
		if s[i]&^o[i] != 0 {
			return false
		}
	}
	return true
}

// meets reports whether s and o have a number in common.
func (s set) meets(o set) bool {
	for i := range s {
		if s[i]&o[i] != 0 {
			return true
		}
	}
	return false
}

func (s set) count() int {
	n := 0
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// highest returns the greatest number in s below limit, -1 when there is none.
func (s set) highest(limit int) int {
	for i := min(limit, len(s)*64) - 1; i >= 0; i-- {
		if s[i/64] == 0 {
			i = i / 64 * 64
			continue
		}
		if s.has(i) {
			return i
		}
	}
	return -1
}
