package install

import (
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/root"
	"github.com/assemble-image/assemble/internal/debs/unpack"
)

// other is a package of the base that stays.
type other struct {
	name, version string
	path, list    string // of its list of paths
}

// take strikes what the set takes from the base's other packages out of their
// lists, as dpkg does. It fails with an [unpack.OverwriteError] where dpkg would.
func take(r *root.Root, set *unpack.Set, others []other) error {
	owners := map[string]*other{}
	for i := range others {
		for line := range strings.Lines(others[i].list) {
			owners[set.At(strings.TrimSuffix(line, "\n"))] = &others[i]
		}
	}
	taken, err := set.Taken(func(path string) (name, version string, ok bool) {
		o := owners[path]
		if o == nil {
			return "", "", false
		}
		return o.name, o.version, true
	})
	if err != nil {
		return err
	}
	for i := range others {
		paths := taken[others[i].name]
		if len(paths) == 0 {
			continue
		}
		var left strings.Builder
		for line := range strings.Lines(others[i].list) {
			if _, gone := slices.BinarySearch(paths, set.At(strings.TrimSuffix(line, "\n"))); !gone {
				left.WriteString(line)
			}
		}
		if err := r.WriteFile(others[i].path, []byte(left.String()), 0o644); err != nil {
			return err
		}
	}
	return nil
}
