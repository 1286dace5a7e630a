package configure

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
)

// The format of ld.so.cache (glibc, sysdeps/generic/dl-cache.h).
const (
	cacheFile   = "/etc/ld.so.cache"
	cacheMagic  = "glibc-ld.so.cache1.1"
	cacheHead   = 48 // bytes before the entries
	cacheEntry  = 24
	cacheExtras = 0xeaa42174 // begins the extensions
	maxCache    = 16 << 20
)

// library is an entry of ld.so.cache.
type library struct {
	key, path string
	flags     uint32
	hwcap     uint64
}

// readCache reads the base's ld.so.cache: its entries, and the note on which
// ldconfig wrote it. What isn't a cache has none.
func (s *session) readCache() (list []library, note string) {
	data, err := s.root.ReadFile(cacheFile, maxCache)
	if err != nil {
		return nil, ""
	}
	if i := strings.Index(string(data), cacheMagic); i > 0 { // an older cache precedes it
		data = data[i:]
	}
	if len(data) < cacheHead || string(data[:len(cacheMagic)]) != cacheMagic {
		return nil, ""
	}
	text := func(at uint32) string {
		if int64(at) >= int64(len(data)) {
			return ""
		}
		end := strings.IndexByte(string(data[at:min(len(data), int(at)+4096)]), 0)
		return string(data[at : int(at)+max(0, end)])
	}
	n := int(min(uint32(len(data)/cacheEntry), binary.LittleEndian.Uint32(data[20:])))
	for i := range n {
		e := data[cacheHead+i*cacheEntry:]
		if len(e) < cacheEntry {
			break
		}
		list = append(list, library{
			flags: binary.LittleEndian.Uint32(e), key: text(binary.LittleEndian.Uint32(e[4:])),
			path: text(binary.LittleEndian.Uint32(e[8:])), hwcap: binary.LittleEndian.Uint64(e[16:]),
		})
	}
	return list, generator(data)
}

// generator is the note among a cache's extensions.
func generator(data []byte) string {
	le := binary.LittleEndian
	at := int64(le.Uint32(data[32:]))
	if at == 0 || at+8 > int64(len(data)) || le.Uint32(data[at:]) != cacheExtras {
		return ""
	}
	sections := data[at+8:]
	for n := le.Uint32(data[at+4:]); n > 0 && len(sections) >= 16; n-- {
		from, size := int64(le.Uint32(sections[8:])), int64(le.Uint32(sections[12:]))
		if le.Uint32(sections) == 0 && from+size <= int64(len(data)) {
			return string(data[from : from+size])
		}
		sections = sections[16:]
	}
	return ""
}

// cacheNote is the note of the ldconfig that is there now: it has libc-bin's
// version, "ldconfig (Debian GLIBC 2.36-9+deb12u9) stable release version 2.36".
func (s *session) cacheNote(old string) string {
	st := s.states["libc-bin"]
	before, rest, ok := strings.Cut(old, "GLIBC ")
	_, after, closed := strings.Cut(rest, ")")
	if st == nil || st.pkg == nil || !ok || !closed {
		return old
	}
	upstream, _, _ := strings.Cut(st.version, "-")
	text, _, found := strings.Cut(after, " version ")
	if !found {
		return old
	}
	return before + "GLIBC " + st.version + ")" + text + " version " + upstream
}

// encodeCache writes the cache as glibc 2.36's ldconfig does: the header, the
// entries sorted by name from the last to the first, the texts, and the note in
// an extension, unless it is empty.
func encodeCache(list []library, note string) []byte {
	slices.SortStableFunc(list, func(a, b library) int {
		return cmp.Or(compareLibraries(b.key, a.key), cmp.Compare(b.flags, a.flags), cmp.Compare(b.hwcap, a.hwcap))
	})
	texts, at := stringTable(list)
	base := uint32(cacheHead + cacheEntry*len(list))
	le := binary.LittleEndian
	out := []byte(cacheMagic)
	out = le.AppendUint32(out, uint32(len(list)))
	out = le.AppendUint32(out, uint32(len(texts)))
	out = append(out, 2, 0, 0, 0) // little-endian, and padding
	end := (base + uint32(len(texts)) + 3) &^ 3
	if note == "" {
		end = 0
	}
	out = le.AppendUint32(out, end)
	out = append(out, make([]byte, 12)...)
	for _, l := range list {
		for _, v := range []uint32{l.flags, base + at[l.key], base + at[l.path], 0} {
			out = le.AppendUint32(out, v)
		}
		out = le.AppendUint64(out, l.hwcap)
	}
	out = append(out, texts...)
	if note == "" {
		return out
	}
	out = append(out, make([]byte, int(end)-len(out))...)
	for _, v := range []uint32{cacheExtras, 1, 0, 0, end + 24, uint32(len(note))} {
		out = le.AppendUint32(out, v)
	}
	return append(out, note...)
}

// stringTable lays out the names and paths: sorted from their ends, the last and the longer ones
// first, so that what is another one's end shares its place (glibc,
// elf/stringtable.c).
func stringTable(list []library) (texts []byte, at map[string]uint32) {
	at = map[string]uint32{}
	var all []string
	for _, l := range list {
		for _, text := range []string{l.key, l.path} {
			if _, there := at[text]; !there {
				at[text] = 0
				all = append(all, text)
			}
		}
	}
	slices.SortFunc(all, compareEnds)
	for i, text := range all {
		if i > 0 && strings.HasSuffix(all[i-1], text) {
			at[text] = at[all[i-1]] + uint32(len(all[i-1])-len(text))
			continue
		}
		at[text] = uint32(len(texts))
		texts = append(append(texts, text...), 0)
	}
	return texts, at
}

func compareEnds(a, b string) int {
	for i := 1; i <= min(len(a), len(b)); i++ {
		if x, y := a[len(a)-i], b[len(b)-i]; x != y {
			return int(y) - int(x)
		}
	}
	return len(b) - len(a)
}

// compareLibraries is glibc's _dl_cache_libcmp: runs of digits are numbers, and
// come after other characters.
func compareLibraries(a, b string) int {
	for a != "" {
		x, y := digits(a), digits(b)
		switch {
		case x != "" && y != "":
			p, q := strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
			if n := cmp.Or(len(p)-len(q), strings.Compare(p, q)); n != 0 {
				return n
			}
			a, b = a[len(x):], b[len(y):]
		case x != "":
			return 1
		case y != "":
			return -1
		case b == "" || a[0] != b[0]:
			if b == "" {
				return 1
			}
			return int(a[0]) - int(b[0])
		default:
			a, b = a[1:], b[1:]
		}
	}
	return -len(b)
}

func digits(s string) string { return s[:len(s)-len(strings.TrimLeft(s, "0123456789"))] }
