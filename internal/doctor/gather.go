package doctor

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/contents"
	"github.com/assemble-image/assemble/internal/doctor/image"
	"github.com/assemble-image/assemble/internal/doctor/scan"
	"github.com/assemble-image/assemble/internal/supply"
	"github.com/assemble-image/assemble/internal/target"
	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/wheels"
	"github.com/assemble-image/assemble/wheels/pep508"
)

// Owner is who brings paths to the image.
type Owner struct {
	Kind OwnerKind
	// Name is the project of a wheel, or what an application's layer is called.
	Name, Version string
	// Wheel is the wheel's file name.
	Wheel string
	// Requires are the projects that a wheel requires, by normalized name, under
	// any marker.
	Requires []string
	// Dists are the same as they are written, and Extras what the lock asks for.
	Dists  []pep508.Requirement
	Extras []string
	// EntryPoints are a wheel's.
	EntryPoints []wheels.EntryPoint
	// Tags are the platform tags of the wheel's name.
	Tags []string
	Size int64 // packed, of a wheel
}

// Copy is content that is in several files.
type Copy struct {
	Size  int64
	Paths []string
}

// leastCopy is the size of files that are compared, in bytes.
const leastCopy = 256 << 10

// OwnerKind is what an owner is.
type OwnerKind int

// The kinds of owners. The base is the first owner of each image.
const (
	OwnerBase OwnerKind = iota
	OwnerWheel
	OwnerPackages
	OwnerApp
	OwnerOther
)

// Image is what would be in an image.
type Image struct {
	Tree   *image.Tree
	Owners []Owner
	Target *target.Target
	// Arch is the platform's architecture, in Go's words.
	Arch string
	// Copies are large files of wheels with the same content.
	Copies []Copy
	// Sources are the app's Python files, sorted by path.
	Sources []Source
	root    string // of the app that is being read
	sums    map[[sha256.Size]byte][]string
}

// Plan is what is known of an image before it is built.
type Plan struct {
	Target *target.Target
	// Set is the wheels; nil for none.
	Set *supply.Set
	// Arch is the platform's architecture, in Go's words.
	Arch string
	// Layers are all planned layers, in their order.
	Layers []contents.Layer
}

// Options say how an image is looked at. The zero value works.
type Options struct {
	// Store keeps what was noted of files between runs; nil keeps nothing.
	Store base.Store
	// Jobs is how many files are read at once; below 1, as many as there are
	// processors.
	Jobs int
	// Seen is what was noted of wheels' files already; nil for nothing.
	Seen *Observer
}

// Gather learns what would be in the image. Of the wheels, the files that need it
// are read once: what was noted of them is kept by the wheel's SHA-256. An
// application's are read each time.
func Gather(ctx context.Context, plan Plan, opt Options) (*Image, error) {
	if opt.Jobs < 1 {
		opt.Jobs = runtime.GOMAXPROCS(0)
	}
	img := &Image{Tree: image.New(), Target: plan.Target, Arch: plan.Arch, sums: map[[sha256.Size]byte][]string{}, Owners: []Owner{{Kind: OwnerBase}}}
	survey, err := base.ReadSurvey(ctx, plan.Target.Image.Image, base.FactsOptions{Store: opt.Store, Examine: scan.Examiner()})
	if err != nil {
		return nil, fmt.Errorf("reading the base image %q: %w", plan.Target.Image.Ref, err)
	}
	img.putBase(survey)
	var read []wheelFiles
	if plan.Set != nil {
		if read, err = readWheels(ctx, plan.Set, opt); err != nil {
			return nil, err
		}
	}
	for i := range plan.Layers {
		l := &plan.Layers[i]
		if l.Kind != contents.KindWheels {
			if err := img.putLayer(ctx, l); err != nil {
				return nil, err
			}
			continue
		}
		for j, w := range read { // all of them where the first one lies
			img.putWheel(plan.Set, j, w)
		}
		read = nil
	}
	img.findCopies()
	return img, nil
}

func (img *Image) putBase(s *base.Survey) {
	for _, f := range s.Files.List() {
		n := image.Node{Path: f.Path, Mode: f.Mode, UID: f.UID, GID: f.GID, Size: f.Size, Link: f.Link}
		if data, ok := s.Notes[f.Path]; ok {
			note := &scan.Note{}
			if json.Unmarshal(data, note) == nil {
				n.Note = note
			}
		}
		if keepsData(f.Path) {
			n.Data = f.Data
		}
		img.Tree.Put(n)
	}
}

// keepsData lists the files whose content the checks read.
func keepsData(p string) bool {
	return p == "/etc/ld.so.cache" || p == "/etc/passwd" || p == "/etc/group" || p == "/var/lib/dpkg/status"
}

// findCopies lists the files of wheels with the same content.
func (img *Image) findCopies() {
	for sum, paths := range img.sums {
		if len(paths) > 1 {
			slices.Sort(paths)
			n := img.Tree.Lookup(paths[0])
			img.Copies = append(img.Copies, Copy{Size: n.Size, Paths: paths})
		}
		delete(img.sums, sum)
	}
	slices.SortFunc(img.Copies, func(a, b Copy) int { return cmp.Compare(a.Paths[0], b.Paths[0]) })
}

func (img *Image) putWheel(set *supply.Set, i int, w wheelFiles) {
	owner := len(img.Owners)
	img.Owners = append(img.Owners, w.owner)
	for _, e := range set.Lost(i).Drop(w.entries) {
		n := image.Node{Path: "/" + e.Path, Mode: e.Mode, UID: e.UID, GID: e.GID, Size: e.Size, Owner: owner}
		switch {
		case e.Slice != nil:
			n.Note = w.notes[e.Slice.Offset]
		case strings.HasPrefix(string(e.Data), "#!"):
			n.Note, _ = scan.Entry(&e) // data in memory
		}
		img.Tree.Put(n)
		if e.Size >= leastCopy && len(e.SHA256) == sha256.Size {
			img.sums[[sha256.Size]byte(e.SHA256)] = append(img.sums[[sha256.Size]byte(e.SHA256)], n.Path)
		}
	}
}

// wheelFiles is what one wheel brings.
type wheelFiles struct {
	owner   Owner
	entries []layers.Entry
	notes   map[int64]*scan.Note // by the place in the wheel
}

// readWheels opens the wheels, the largest first.
func readWheels(ctx context.Context, set *supply.Set, opt Options) ([]wheelFiles, error) {
	order := make([]int, len(set.Wheels))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(set.Wheels[b].Source.Size, set.Wheels[a].Source.Size) })
	out := make([]wheelFiles, len(set.Wheels))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(opt.Jobs)
	for _, i := range order {
		g.Go(func() (err error) {
			if err := ctx.Err(); err != nil {
				return err
			}
			out[i], err = readWheel(ctx, set, set.Wheels[i], opt)
			return err
		})
	}
	return out, g.Wait()
}

func readWheel(ctx context.Context, set *supply.Set, w *supply.Wheel, opt Options) (wheelFiles, error) {
	opened, err := w.Open()
	if err != nil {
		return wheelFiles{}, err
	}
	out := wheelFiles{owner: Owner{
		Kind: OwnerWheel, Name: w.Pin.Normalized, Version: w.Pin.VersionText, Wheel: w.Source.Name,
		EntryPoints: opened.EntryPoints, Size: w.Source.Size, Extras: w.Pin.Extras,
	}}
	for _, t := range opened.Filename.Tags {
		out.owner.Tags = append(out.owner.Tags, t.Platform)
	}
	for _, text := range opened.Metadata.RequiresDist {
		if r, err := pep508.ParseRequirement(text); err == nil {
			out.owner.Requires = append(out.owner.Requires, pep508.NormalizeName(r.Name))
			out.owner.Dists = append(out.owner.Dists, r)
		}
	}
	if out.entries, err = opened.Entries(set.Target.Scheme); err != nil {
		return wheelFiles{}, err
	}
	out.notes, err = wheelNotes(ctx, w.Source, out.entries, opt)
	return out, err
}

// kindNotes is what the store keeps of a wheel, under its SHA-256.
const kindNotes = "wheelnotes"

func notesKey(source *layers.Source) string {
	return fmt.Sprintf("%s-%d", source.Digest(), scan.Version)
}

func wheelNotes(ctx context.Context, source *layers.Source, entries []layers.Entry, opt Options) (map[int64]*scan.Note, error) {
	notes := map[int64]*scan.Note{}
	if opt.Store != nil {
		if data, ok := opt.Store.Get(kindNotes, notesKey(source)); ok && json.Unmarshal(data, &notes) == nil {
			return notes, nil
		}
	}
	var unseen []*layers.Entry
	for i := range entries {
		e := &entries[i]
		if !noted(e) {
			continue
		}
		if note, seen := opt.Seen.note(e); !seen {
			unseen = append(unseen, e)
		} else if note != nil {
			notes[e.Slice.Offset] = note
		}
	}
	if err := readNotes(ctx, source, unseen, notes); err != nil {
		return nil, err
	}
	if opt.Store != nil {
		if data, err := json.Marshal(notes); err == nil {
			_ = opt.Store.Put(kindNotes, notesKey(source), data) // only costs time later
		}
	}
	return notes, nil
}

// readNotes adds what is to be noted of some of a wheel's files.
func readNotes(ctx context.Context, source *layers.Source, entries []*layers.Entry, notes map[int64]*scan.Note) (err error) {
	if len(entries) == 0 {
		return nil
	}
	f, err := source.Open()
	if err != nil {
		return fmt.Errorf("reading wheel %q: %w", source.Name, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		note, err := scan.Slice(f, e.Slice, e.Size)
		if err != nil {
			return fmt.Errorf("reading wheel %q: %q: %w", source.Name, e.Path, err)
		}
		if note != nil {
			notes[e.Slice.Offset] = note
		}
	}
	return nil
}

// putLayer puts a planned layer on the tree.
func (img *Image) putLayer(ctx context.Context, l *contents.Layer) error {
	kind := map[contents.Kind]OwnerKind{contents.KindPackages: OwnerPackages, contents.KindConfigured: OwnerPackages, contents.KindApp: OwnerApp}[l.Kind]
	if kind == OwnerBase {
		kind = OwnerOther
	}
	owner := len(img.Owners)
	img.Owners = append(img.Owners, Owner{Kind: kind, Name: l.Name})
	_, img.root, _ = strings.Cut(l.Name, " → ")
	put := func(e *layers.Entry) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := img.putEntry(e, owner, kind); err != nil {
			return fmt.Errorf("reading layer %q: %q: %w", l.Name, e.Path, err)
		}
		return nil
	}
	if l.Spec.Stream != nil {
		for e, err := range l.Spec.Stream() {
			if err != nil {
				return err
			}
			if err := put(&e); err != nil {
				return err
			}
		}
		return nil
	}
	if l.Spec.Entries == nil {
		return nil
	}
	entries, err := l.Spec.Entries()
	if err != nil {
		return err
	}
	for i := range entries {
		if err := put(&entries[i]); err != nil {
			return err
		}
	}
	return nil
}

// whiteout begins the name of an entry that hides its namesake (image-spec,
// layer.md).
const whiteout = ".wh."

func (img *Image) putEntry(e *layers.Entry, owner int, kind OwnerKind) (err error) {
	if name, ok := strings.CutPrefix(path.Base(e.Path), whiteout); ok {
		img.Tree.Remove(path.Join("/", path.Dir(e.Path), name))
		return nil
	}
	n := image.Node{Path: "/" + e.Path, Mode: e.Mode, UID: e.UID, GID: e.GID, Size: e.Size, Link: e.Link, Owner: owner}
	if e.HardLink != "" {
		if to := img.Tree.At("/" + e.HardLink); to != nil {
			n.Mode, n.Note, n.Size, n.Data = to.Mode, to.Note, to.Size, to.Data
		}
		img.Tree.Put(n)
		return nil
	}
	if n.Mode.IsRegular() && e.Size > 0 {
		if !scan.Passes(e.Path) || e.Mode&0o111 != 0 {
			if n.Note, err = scan.Entry(e); err != nil {
				return err
			}
		}
		if keepsData(n.Path) {
			n.Data = readSmall(e)
		}
	}
	if kind == OwnerApp && n.Mode.IsRegular() && strings.HasSuffix(e.Path, ".py") {
		img.readSource(e)
	}
	if kind == OwnerApp && n.Note == nil && !isCode(n) {
		return nil // an application may have very many files
	}
	img.Tree.Put(n)
	return nil
}

// isCode reports whether a path of an application matters to the checks.
func isCode(n image.Node) bool {
	return n.Mode.IsDir() || n.Mode&fs.ModeSymlink != 0 || n.Mode&0o111 != 0 || strings.HasSuffix(n.Path, ".py") || strings.HasSuffix(n.Path, ".pyc")
}
