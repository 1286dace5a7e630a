package ghash

// Table tells in which order GLib's GHashTable hands out its keys (glib 2.74,
// ghash.c): by their places, which depend on the order of insertion.
type Table struct {
	hashes []uint32 // by place; 0 is free
	keys   []string
	count  int
	mod    uint32
	where  map[string]bool
	steps  int      // past places that were taken
	late   []string // keys after too many of those
}

const minShift = 3

// maxSteps bounds the search for places. No real file comes near; one whose keys were
// chosen to collide would take hours, and gets another order instead.
const maxSteps = 20_000_000

// primes are the moduli of tables of 1, 2, 4, … places.
var primes = []uint32{
	1, 2, 3, 7, 13, 31, 61, 127, 251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65521, 131071, 262139, 524287, 1048573, 2097143,
}

func New() *Table {
	t := &Table{where: map[string]bool{}}
	t.resize(minShift)
	return t
}

// String is the hash of a string that both GHashTable and GVDB use.
func String(s string) uint32 {
	h := uint32(5381)
	for i := range len(s) {
		h = h*33 + uint32(int8(s[i]))
	}
	return h
}

func (t *Table) size() int { return len(t.keys) }

func (t *Table) place(hash uint32) uint32 { return hash * 11 % t.mod }

// Add inserts a key that may be there already.
func (t *Table) Add(key string) {
	if t.where[key] {
		return
	}
	t.where[key] = true
	if t.steps > maxSteps {
		t.late = append(t.late, key)
		return
	}
	hash := max(String(key), 2)
	at := t.place(hash)
	for step := uint32(0); t.hashes[at] != 0; {
		step++
		t.steps++
		at = (at + step) & uint32(t.size()-1)
	}
	t.hashes[at], t.keys[at] = hash, key
	t.count++
	if t.size() > t.count+t.count/16 {
		return
	}
	shift := 0
	for n := int(float64(t.count) * 1.333); n > 0; n >>= 1 {
		shift++
	}
	t.resize(max(shift, minShift))
}

// resize moves each key to its place in a table of another size, in place: one
// that is in the way is moved next.
func (t *Table) resize(shift int) {
	old := len(t.keys)
	size := 1 << shift
	t.mod = primes[shift]
	t.hashes = append(t.hashes, make([]uint32, max(0, size-old))...)
	t.keys = append(t.keys, make([]string, max(0, size-old))...)
	done := make([]bool, max(size, old))
	for i := range old {
		if t.hashes[i] == 0 || done[i] {
			continue
		}
		hash, key := t.hashes[i], t.keys[i]
		t.hashes[i], t.keys[i] = 0, ""
		for {
			at := t.place(hash)
			for step := uint32(0); done[at]; {
				step++
				at = (at + step) & uint32(size-1)
			}
			done[at] = true
			t.hashes[at], hash = hash, t.hashes[at]
			t.keys[at], key = key, t.keys[at]
			if hash == 0 {
				break
			}
		}
	}
}

// Keys returns the keys in the table's order.
func (t *Table) Keys() []string {
	out := make([]string, 0, t.count)
	for i, h := range t.hashes {
		if h != 0 {
			out = append(out, t.keys[i])
		}
	}
	return append(out, t.late...)
}
