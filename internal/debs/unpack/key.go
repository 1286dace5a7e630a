package unpack

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// format numbers the way in which packages become entries; it is raised with
// any change of those.
const format = 1

// Key returns all that the layer of these packages depends on, for
// [layers.NewKey]: the packages by their SHA-256, paths that they lose, and the
// base's links and diversions that may concern them. No package need be unpacked for it. The digests, in hex, are
// those that [deb.Want] had; without one there is no key.
func (s *Set) Key(members []int) (parts []string, ok bool) {
	parts = []string{"packages", strconv.Itoa(format)}
	for _, i := range slices.Sorted(slices.Values(members)) {
		p := s.packages[i]
		lost := slices.Sorted(maps.Keys(s.lost[i]))
		if p.SHA256() == "" {
			return nil, false
		}
		l := &s.layouts[i]
		parts = append(parts, p.SHA256(), strings.Join(lost, "\n"), pairs(l.links), pairs(l.diversion))
	}
	return parts, true
}

// pairs writes a map in its order.
func pairs(m map[string]string) string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(m)) {
		b.WriteString(k + "\x00" + m[k] + "\n")
	}
	return b.String()
}
