package install

import (
	"cmp"
	"context"
	"encoding/hex"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/debs/choose"
	"github.com/assemble-image/assemble/internal/debs/configure"
	"github.com/assemble-image/assemble/internal/debs/ground"
	"github.com/assemble-image/assemble/internal/debs/root"
	"github.com/assemble-image/assemble/internal/debs/unpack"
	"github.com/assemble-image/assemble/layers"
)

// Format is part of the key of what Configure gives. It changes when the same
// packages on the same base are configured to other bytes.
const Format = 3

// Options says on what packages are configured.
type Options struct {
	// Files are the base's.
	Files *base.Files
	// Arch is the image's architecture as Debian names it.
	Arch string
	// Config is the base's configuration.
	Config *v1.ConfigFile
	// Requested are the names of the packages that were asked for. The others are
	// there because these need them, which apt is told; without any, it isn't.
	Requested []string
	// Layered are the members of each layer of the set, in the layers' order.
	Layered [][]int
	// Jobs is how many packages are unpacked at once; 0 is one.
	Jobs int
}

// Configured is what configuring came to.
type Configured struct {
	// Entries are those of the layer on top of the packages' files.
	Entries []layers.Entry
	// Warnings say what couldn't be done.
	Warnings []configure.Warning
	// Upon is what else is different about the base afterwards.
	Upon *base.Upon
}

// owner is whom messages name for what configuring makes.
const owner = "configuring packages"

// Configure unpacks the set, in its order, and configures it. The contents of
// its entries can be opened as long as the set isn't closed, even once ctx is
// done.
func Configure(ctx context.Context, set *unpack.Set, opt Options) (*Configured, error) {
	r, err := ground.Root(context.WithoutCancel(ctx), opt.Files, root.Options{})
	if err != nil {
		return nil, err
	}
	if err := set.Unpack(ctx, opt.Jobs); err != nil {
		return nil, err
	}
	settled, err := set.Settle(ctx, r, opt.Layered)
	if err != nil {
		return nil, err
	}
	contested, err := set.Contested(ctx, opt.Layered)
	if err != nil {
		return nil, err
	}
	replaced, err := findReplaced(r, set, opt.Arch)
	if err != nil {
		return nil, err
	}
	dropped, err := set.Dropped(ctx, r, replaced.old)
	if err != nil {
		return nil, err
	}
	if err := take(r, set, replaced.others); err != nil {
		return nil, err
	}
	for _, p := range dropped {
		if err := r.RemoveAll("/" + p); err != nil {
			return nil, err
		}
	}
	list, err := described(ctx, set, replaced.versions, opt.Requested)
	if err != nil {
		return nil, err
	}
	result, err := configure.Run(ctx, r, list, configure.Options{Arch: opt.Arch})
	if err != nil {
		return nil, err
	}
	out := &Configured{Warnings: result.Warnings}
	changed, err := r.Entries(owner)
	if err != nil {
		return nil, err
	}
	out.Entries = merge(changed, append(settled, contested...))
	all, err := listed(r)
	if err != nil {
		return nil, err
	}
	out.Upon, err = base.NewUpon(all, opt.Config)
	return out, err
}

// merge adds to the changes what isn't among them, sorted by path.
func merge(changed, settled []layers.Entry) []layers.Entry {
	have := map[string]bool{}
	for _, e := range changed {
		have[e.Path] = true
	}
	for _, e := range settled {
		if !have[e.Path] {
			changed = append(changed, e)
		}
	}
	slices.SortFunc(changed, func(a, b layers.Entry) int { return cmp.Compare(a.Path, b.Path) })
	return changed
}

// described tells package configure what there is to configure.
func described(ctx context.Context, set *unpack.Set, old map[string]string, requested []string) ([]configure.Package, error) {
	list := make([]configure.Package, 0, len(set.Packages()))
	for i, p := range set.Packages() {
		t, err := set.Tree(ctx, i)
		if err != nil {
			return nil, err
		}
		pkg := configure.Package{
			Name: p.Name, Version: p.Version, Arch: p.Architecture, Old: old[p.Name], Control: p.Control, Paths: t.Paths(),
			Auto: len(requested) > 0 && !slices.Contains(requested, p.Name),
		}
		for _, f := range p.Files {
			pkg.Files = append(pkg.Files, configure.ControlFile{Name: f.Name, Data: f.Data})
		}
		for _, c := range t.Conffiles() {
			pkg.Conffiles = append(pkg.Conffiles, configure.Conffile{Path: c.Path, MD5: hex.EncodeToString(c.Sum[:]), RemoveOnUpgrade: c.RemoveOnUpgrade})
		}
		pkg.Entries, pkg.Info = entries(t), files(t.Info())
		list = append(list, pkg)
	}
	return list, nil
}

// entries are a package's paths for the virtual root. A hard link comes after
// the file that it is another name of.
func entries(t *unpack.Tree) []root.File {
	var list, links []root.File
	for i := range t.Files {
		if t.Files[i].Lost {
			continue
		}
		f := file(&t.Files[i].Entry)
		f.Library = t.Files[i].Library
		if f.Hardlink != "" {
			links = append(links, f)
			continue
		}
		list = append(list, f)
	}
	return append(list, links...)
}

// files are entries for the virtual root.
func files(entries []layers.Entry) []root.File {
	list := make([]root.File, len(entries))
	for i := range entries {
		list[i] = file(&entries[i])
	}
	return list
}

func file(e *layers.Entry) root.File {
	f := root.File{
		Path: "/" + e.Path, Mode: e.Mode, UID: e.UID, GID: e.GID, Link: e.Link, Size: e.Size, Data: e.Data, Open: e.Open, Capability: e.Capability,
	}
	if e.HardLink != "" {
		f.Hardlink = "/" + e.HardLink
	}
	return f
}

// replacedPackages are those of the base that the set takes the place of.
type replacedPackages struct {
	versions map[string]string // by name
	old      []unpack.Old
	others   []other
}

const infoDir = "/var/lib/dpkg/info/"

// findReplaced reads which packages of the base are replaced, and what they and
// the others have.
func findReplaced(r *root.Root, set *unpack.Set, arch string) (*replacedPackages, error) {
	installed, err := choose.Installed(ground.FS(r), arch)
	if err != nil {
		return nil, err
	}
	out := &replacedPackages{versions: map[string]string{}}
	fresh := map[string]bool{}
	for _, p := range set.Packages() {
		fresh[p.Name] = true
	}
	var old [][]byte
	stays := map[string]bool{}
	for i := range installed {
		p := &installed[i]
		list, conffiles, err := lists(r, p)
		if err != nil {
			return nil, err
		}
		if fresh[p.Name] {
			out.versions[p.Name] = p.Version
			old = append(old, list)
			list = conffiles // dpkg leaves those that are obsolete
		} else {
			out.others = append(out.others, other{name: p.Name, version: p.Version, path: listPath(p), list: string(list)})
		}
		for line := range strings.Lines(string(list)) {
			stays[strings.TrimSuffix(line, "\n")] = true
		}
	}
	for _, list := range old {
		out.old = append(out.old, unpack.Old{List: list, Keep: func(path string) bool { return stays[path] }})
	}
	return out, nil
}
