package unpack

import (
	"slices"
	"strings"

	"github.com/assemble-image/assemble/layers"
)

// relink sees to it that of a file's names in list the first by order has the
// content, since that is written first, and that the others link to it.
func relink(list []layers.Entry) {
	names := map[string][]int{}
	for i := range list {
		if target := list[i].HardLink; target != "" {
			names[target] = append(names[target], i)
		}
	}
	if len(names) == 0 {
		return
	}
	for i := range list {
		if others := names[list[i].Path]; others != nil && list[i].HardLink == "" {
			names[list[i].Path] = append(others, i)
		}
	}
	for _, same := range names {
		slices.SortFunc(same, func(i, j int) int { return strings.Compare(list[i].Path, list[j].Path) })
		first := list[same[0]].Path
		list[same[0]].HardLink = ""
		for _, i := range same[1:] {
			e := &list[i]
			e.HardLink, e.Size, e.Open, e.Capability = first, 0, nil, ""
		}
	}
}
