package base

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"
)

// Store keeps small documents between runs. It need not be reliable: what it
// returns is checked, and what it doesn't keep is made again.
type Store interface {
	Get(kind, key string) ([]byte, bool)
	Put(kind, key string, data []byte) error
}

// FactsOptions says how facts are read.
type FactsOptions struct {
	// Store, unless nil, keeps facts under kind "facts" and the digest of
	// the base's configuration, which names all layers by content.
	Store Store
	// Jobs is how many layers are read at once; if it is less than 1, as
	// many as there are processors.
	Jobs int
	// Reading, unless nil, is called before the layers are read, which takes
	// a while; it is not called where the store has the facts.
	Reading func()
	// Files, unless nil, is handed the list that [ReadFiles] returns where the
	// layers are read for the facts: that takes no second reading then.
	Files func(*Files)
	// Examine, unless nil, is shown the base's files while they are read for the
	// facts; what it notes is in the store then, for [ReadSurvey].
	Examine *Examiner
}

// factsFormat changes when [Facts] or what is found for it does, so that
// older entries of a [Store] are not used.
const factsFormat = 7

// KindFacts is what a [Store] keeps facts as, under a key that begins with the
// hex digest of the base's configuration.
const KindFacts = "facts"

// ReadFacts learns what must be known of the base. Unless the store has it,
// it reads each layer once, as a stream, and verifies it against its diffID.
// Whiteouts and links are honoured as a runtime honours them.
//
// The error is a [*NoPythonError] when the base has no interpreter. A store
// that can't be written is no error.
func ReadFacts(ctx context.Context, img v1.Image, opt FactsOptions) (*Facts, error) {
	digest, err := img.ConfigName()
	if err != nil {
		return nil, fmt.Errorf("reading the base's configuration: %w", err)
	}
	if f := cachedFacts(opt.Store, digest); f != nil {
		return f, nil
	}
	cf, err := img.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("reading the base's configuration: %w", err)
	}
	if opt.Reading != nil {
		opt.Reading()
	}
	forFiles := opt.Files != nil || opt.Examine != nil
	t, err := readTree(ctx, img, cf, opt.Jobs, &budget{forFiles: forFiles, examine: opt.Examine})
	if err != nil {
		return nil, err
	}
	if more := t.unread(accountFiles...); more != nil {
		if t, err = readTree(ctx, img, cf, opt.Jobs, &budget{forFiles: forFiles, more: more, examine: opt.Examine}); err != nil {
			return nil, err
		}
	}
	if forFiles {
		files := newFiles(img, t, opt.Store, digest)
		if opt.Files != nil {
			opt.Files(files)
		}
	}
	if opt.Examine != nil {
		keepNotes(opt, digest, t.notes())
	}
	f, err := gather(t, cf)
	if err != nil {
		return nil, fmt.Errorf("examining the base: %w", err)
	}
	f.Format, f.Config = factsFormat, digest.String()
	if opt.Store != nil {
		if data, err := json.Marshal(f); err == nil {
			_ = opt.Store.Put(KindFacts, factsKey(digest), data) // only costs time later
		}
	}
	return f, nil
}

func factsKey(config v1.Hash) string { return fmt.Sprintf("%s-%d", config.Hex, factsFormat) }

// cachedFacts returns nil unless the store has facts of this very format and
// configuration.
func cachedFacts(s Store, config v1.Hash) *Facts {
	if s == nil {
		return nil
	}
	data, ok := s.Get(KindFacts, factsKey(config))
	if !ok {
		return nil
	}
	f := new(Facts)
	if err := json.Unmarshal(data, f); err != nil || f.Format != factsFormat || f.Config != config.String() {
		return nil
	}
	return f
}

// readTree reads all layers, several at once, and stacks them. It keeps the
// content of the files that are wanted, and of those that the budget names.
func readTree(ctx context.Context, img v1.Image, cf *v1.ConfigFile, jobs int, b *budget) (*tree, error) {
	layers, err := img.Layers()
	if err != nil {
		return nil, fmt.Errorf("listing the base's layers: %w", err)
	}
	if len(layers) != len(cf.RootFS.DiffIDs) {
		return nil, fmt.Errorf("the base has %d layers, its configuration lists %d", len(layers), len(cf.RootFS.DiffIDs))
	}
	if jobs < 1 {
		jobs = runtime.GOMAXPROCS(0)
	}
	scanned := make([][]entry, len(layers))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(jobs)
	for i, l := range layers {
		g.Go(func() (err error) {
			if scanned[i], err = scanLayer(gctx, l, cf.RootFS.DiffIDs[i], b); err != nil {
				return fmt.Errorf("reading the base's layer %d: %w", i+1, err)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	t := newTree()
	for i, entries := range scanned {
		if err := t.apply(i+1, entries); err != nil {
			return nil, fmt.Errorf("reading the base's layer %d: %w", i+1, err)
		}
	}
	return t, nil
}

// gather draws the facts from the file system.
func gather(t *tree, cf *v1.ConfigFile) (*Facts, error) {
	packages, err := findPackages(t)
	if err != nil {
		return nil, err
	}
	python, err := findPython(t, cf.Config, packages)
	if err != nil {
		return nil, err
	}
	dists, err := findDists(t, python)
	if err != nil {
		return nil, err
	}
	dirs := libDirs(t, cf.Architecture)
	f := &Facts{
		OS: osRelease(t), Python: python, Libc: findLibc(t, dirs, packages),
		Passwd: t.file(passwdFile), Group: t.file(groupFile), Unreadable: t.unreadable(accountFiles...),
		Packages: packages, UnreadLists: unreadLists(t), Libraries: findLibraries(t, dirs), Dists: dists,
		Site: listSite(t, python), Pip: findPip(t, python),
		Programs: listPrograms(t, environment(cf.Config.Env)["PATH"]),
	}
	f.Users, f.Groups = parsePasswd(f.Passwd), parseGroup(f.Group)
	f.Dirs, f.Links = t.places()
	return f, nil
}

// places lists the directories, sorted, and the links that lead to one.
func (t *tree) places() (dirs []string, links map[string]string) {
	links = map[string]string{}
	t.each(func(n *node) {
		switch {
		case n.kind == isDir:
			dirs = append(dirs, n.path)
		case n.kind == isSymlink && t.isDir(n.path):
			links[n.path] = n.link
		}
	})
	slices.Sort(dirs)
	return dirs, links
}

// osRelease reads os-release(5); a missing file or field is empty.
func osRelease(t *tree) OSRelease {
	b := t.file("/etc/os-release")
	if b == nil {
		b = t.file("/usr/lib/os-release")
	}
	fields := map[string]string{}
	for line := range bytes.Lines(b) {
		if k, v, ok := strings.Cut(strings.TrimSpace(string(line)), "="); ok {
			fields[k] = strings.Trim(v, `"'`)
		}
	}
	return OSRelease{
		ID: fields["ID"], VersionID: fields["VERSION_ID"],
		Codename: fields["VERSION_CODENAME"], PrettyName: fields["PRETTY_NAME"],
		Like: fields["ID_LIKE"],
	}
}
