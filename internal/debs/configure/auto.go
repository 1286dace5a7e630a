package configure

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/assemble-image/assemble/internal/debs/control"
	"github.com/assemble-image/assemble/internal/debs/root"
)

// autoFile is where apt notes which packages nobody asked for.
const autoFile = "/var/lib/apt/extended_states"

// writeAuto brings apt's record up to date (apt, depcache.cc, writeStateFile):
// what it has keeps its place, and new packages come behind it in the order of
// apt's table. A package of the base that is upgraded stays what it was.
func (s *session) writeAuto() error {
	old, err := s.root.ReadFile(autoFile, maxDatabase)
	if err != nil && !errors.Is(err, root.ErrNotExist) {
		return err
	}
	list, err := control.Parse(old, control.Options{})
	if err != nil {
		return fmt.Errorf("reading %s: %w", autoFile, err)
	}
	var out bytes.Buffer
	known := map[string]bool{}
	for _, c := range list {
		name := c.Get("Package")
		known[name] = true
		if st := s.states[name]; st != nil && st.pkg != nil && !st.pkg.Auto && st.pkg.Old == "" {
			continue // somebody asks for it now
		}
		text, err := c.Append(nil)
		if err != nil {
			return fmt.Errorf("writing %s: %w", autoFile, err)
		}
		out.Write(append(text, '\n'))
	}
	fresh := slices.DeleteFunc(slices.Clone(s.order), func(st *state) bool { return !st.pkg.Auto || st.pkg.Old != "" || known[st.name] })
	slices.SortFunc(fresh, func(a, b *state) int {
		return cmp.Or(cmp.Compare(aptBin(a.name), aptBin(b.name)), cmp.Compare(a.name, b.name))
	})
	for _, st := range fresh {
		fmt.Fprintf(&out, "Package: %s\nArchitecture: %s\nAuto-Installed: 1\n\n", st.name, archOf(st.arch, s.opt.Arch))
	}
	return s.update(autoFile, out.String())
}

// aptBins is the size of apt's table of packages (APT::Cache-HashTableSize).
const aptBins = 196613

// aptBin is where apt's table has a name (apt, pkgcache.cc, sHash).
func aptBin(name string) uint32 {
	h := uint32(5381)
	for i := range len(name) {
		h = 33*h + uint32(name[i])
	}
	return h % aptBins
}
