package contents

import (
	"context"
	"fmt"
	"time"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/debs/unpack"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/layers"
)

// Packages makes the layers of system packages' files: a large package alone,
// small ones in groups. They depend on the packages and the base's links, and
// on nothing else of the base, so that images share them.
type Packages struct {
	Set *unpack.Set
	// Budget is how many layers there should be; see [layers.GroupOptions].
	Budget int
	// Reserved is how many of the image's layers are for others.
	Reserved int
	// MaxLayer is how many bytes a group of several may have.
	MaxLayer int64
	// ModTime is the time of everything in the layers.
	ModTime time.Time
}

// Plan implements [Maker]. Nothing is unpacked before the layers' entries are
// asked for.
func (p Packages) Plan(ctx context.Context, on *Ground) (Planned, error) {
	items := make([]layers.Item, len(p.Set.Packages()))
	for i, pkg := range p.Set.Packages() {
		items[i] = layers.Item{Name: pkg.Name, Size: pkg.Size}
	}
	if len(items) == 0 {
		return Planned{}, nil
	}
	groups, err := grouped(items, on, p.Budget, p.Reserved, p.MaxLayer)
	if err != nil {
		return Planned{}, err
	}
	planned := Planned{Dirs: p.Set.Dirs()}
	for _, members := range groups {
		planned.Layers = append(planned.Layers, p.layer(context.WithoutCancel(ctx), members))
		planned.Members = append(planned.Members, members)
	}
	return planned, nil
}

// layer is the layer of some packages. Parents that none of them has are there:
// dpkg's directories are in each base that packages are installed on.
func (p Packages) layer(ctx context.Context, members []int) Layer {
	l := Layer{Kind: KindPackages}
	spec := layers.Spec{Exists: everywhere}
	for _, i := range members {
		pkg := p.Set.Packages()[i]
		l.Packages = append(l.Packages, pkg.Name+" "+pkg.Version)
		spec.Size += pkg.Size
	}
	spec.Entries = func() ([]layers.Entry, error) { return p.Set.Entries(ctx, members) }
	parts, ok := p.Set.Key(members)
	l = l.with(spec, report.List(l.Packages), append(parts, fmt.Sprint(p.ModTime.Unix())))
	l.Spec.CreatedBy = "assemble: " + boundedList(l.Packages)
	if !ok {
		return l.unknown()
	}
	return l
}

// maxHistory bounds a line of the image's history, in bytes.
const maxHistory = 2000

// boundedList joins names up to a length that registries and tools take.
func boundedList(names []string) string {
	text := ""
	for i, name := range names {
		if i > 0 {
			text += ", "
		}
		if len(text)+len(name) > maxHistory {
			return fmt.Sprintf("%sand %d more", text, len(names)-i)
		}
		text += name
	}
	return text
}

// PackageLinks are the base's links to directories, as [unpack.Options] has
// them.
func PackageLinks(f *base.Facts) map[string]string {
	links := map[string]string{}
	for link := range f.Links {
		to, ok := f.Resolve(link)
		if ok && to != "/" {
			links[relative(link)] = relative(to)
		}
	}
	return links
}
