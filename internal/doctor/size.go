package doctor

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/doctor/image"
	"github.com/assemble-image/assemble/internal/report"
)

// LayerSize is a layer's packed bytes.
type LayerSize struct {
	Name string
	Size int64
}

// Sizes is how large an image will be, and was.
type Sizes struct {
	// Base is the sum of the base's layers, Layers are those on top.
	Base   int64
	Layers []LayerSize
	// Before are the layers of the image that the tag names now, Ref what it is
	// called; nil for none.
	Before []LayerSize
	Ref    string
	// Image, Growth and Layer are the bounds, 0 for none.
	Image, Growth, Layer int64
}

func total(list []LayerSize) int64 {
	var n int64
	for _, l := range list {
		n += l.Size
	}
	return n
}

// shownLayers is how many layers a finding about sizes names.
const shownLayers = 4

// inexact is by how much a planned size may be off: what is planned is an
// estimate.
const inexact = 64 << 10

// Check holds the image against its bounds.
func (s Sizes) Check() []Finding {
	var found []Finding
	all := s.Base + total(s.Layers)
	if s.Image > 0 && all > s.Image {
		found = append(found, Finding{
			ID: IDImageSize, Severity: Error, About: "image", Bytes: all - s.Image,
			Text: fmt.Sprintf("the image has %s, more than its budget of %s; its largest layers are %s", report.Bytes(all), report.Bytes(s.Image), largest(s.Layers)),
		})
	}
	for _, l := range s.Layers {
		if s.Layer > 0 && l.Size > s.Layer {
			found = append(found, Finding{
				ID: IDLayerSize, Severity: Error, About: l.Name, Bytes: l.Size - s.Layer,
				Text: fmt.Sprintf("layer %q has %s, more than the budget of %s", l.Name, report.Bytes(l.Size), report.Bytes(s.Layer)),
				Fix:  "lower layers.max_layer, or split the app",
			})
		}
	}
	before := total(s.Before)
	if s.Growth > 0 && s.Before != nil && all-before > s.Growth {
		found = append(found, Finding{
			ID: IDImageGrowth, Severity: Error, About: "image", Bytes: all - before - s.Growth,
			Text: fmt.Sprintf("the image grows by %s over %s, more than its budget of %s: %s", report.Bytes(all-before), s.Ref, report.Bytes(s.Growth), strings.Join(grown(s.Before, s.Layers), ", ")),
		})
	}
	return found
}

func largest(list []LayerSize) string {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b LayerSize) int { return cmp.Compare(b.Size, a.Size) })
	out := make([]string, 0, shownLayers)
	for _, l := range list[:min(len(list), shownLayers)] {
		out = append(out, fmt.Sprintf("%s (%s)", l.Name, report.Bytes(l.Size)))
	}
	return strings.Join(out, ", ")
}

// grown says which layers are new, and which have grown, the most first. Layers of
// two images are the same one where their names begin with the same word: a
// wheel's are named "torch 2.9.0".
func grown(before, now []LayerSize) []string {
	had := map[string]LayerSize{}
	for _, l := range before {
		name, _, _ := strings.Cut(l.Name, " ")
		had[name] = LayerSize{Name: l.Name, Size: had[name].Size + l.Size}
	}
	type change struct {
		text string
		by   int64
	}
	var list []change
	for _, l := range now {
		name, _, _ := strings.Cut(l.Name, " ")
		old, ok := had[name]
		switch {
		case !ok:
			list = append(list, change{fmt.Sprintf("%s is new (%s)", l.Name, report.Bytes(l.Size)), l.Size})
		case l.Size > old.Size && old.Name != l.Name:
			list = append(list, change{fmt.Sprintf("%s after %s (+%s)", l.Name, old.Name, report.Bytes(l.Size-old.Size)), l.Size - old.Size})
		case l.Size > old.Size+inexact:
			list = append(list, change{fmt.Sprintf("%s (+%s)", l.Name, report.Bytes(l.Size-old.Size)), l.Size - old.Size})
		}
	}
	slices.SortStableFunc(list, func(a, b change) int { return cmp.Compare(b.by, a.by) })
	out := make([]string, 0, shownLayers)
	for _, c := range list[:min(len(list), shownLayers)] {
		out = append(out, c.text)
	}
	return out
}

// leastWaste is how many bytes are worth a note.
const leastWaste = 1 << 20

// waste finds bytes of wheels that do nothing in an image: tests, and the same
// content twice.
func (x *examination) waste() {
	tests := map[int]int64{}
	x.img.Tree.Each(func(n *image.Node) {
		if x.img.Owners[n.Owner].Kind != OwnerWheel || !n.Mode.IsRegular() {
			return
		}
		if isTest(x.shorten(n.Path)) || strings.HasSuffix(n.Path, ".pyc") {
			tests[n.Owner] += n.Size
		}
	})
	var all int64
	list := make([]LayerSize, 0, len(tests))
	for owner, n := range tests {
		all += n
		list = append(list, LayerSize{x.ownerName(owner), n})
	}
	slices.SortFunc(list, func(a, b LayerSize) int { return cmp.Or(cmp.Compare(b.Size, a.Size), cmp.Compare(a.Name, b.Name)) })
	if all >= leastWaste {
		x.add(Finding{
			ID: IDTests, Severity: Note, About: "wheels", Bytes: all,
			Text: fmt.Sprintf("tests and bytecode in wheels have %s, unpacked: %s", report.Bytes(all), largest(list)),
		})
	}
	x.copies()
}

// copies finds files of wheels with the same content under several paths.
func (x *examination) copies() {
	var all int64
	list := make([]LayerSize, 0, len(x.img.Copies))
	for _, c := range x.img.Copies {
		n := int64(len(c.Paths)-1) * c.Size
		all += n
		list = append(list, LayerSize{strings.Join(shortened(x, c.Paths[:min(len(c.Paths), 2)]), " and "), n})
	}
	if all < leastWaste {
		return
	}
	x.add(Finding{
		ID: IDCopies, Severity: Note, About: "wheels", Bytes: all,
		Text: fmt.Sprintf("%s in the image more than once, %s in all, unpacked: %s", isAre(report.Count(len(list), "file")), report.Bytes(all), largest(list)),
	})
}

func isAre(count string) string {
	if strings.HasPrefix(count, "1 ") {
		return count + " is"
	}
	return count + " are"
}

func shortened(x *examination, paths []string) []string {
	out := make([]string, len(paths))
	for i, p := range paths {
		out[i] = x.shorten(p)
	}
	return out
}
