package serve

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// DefaultGrace is how old must be what a collection removes: a push takes a
// while from its first blob to its manifest, and to its tag.
const DefaultGrace = 24 * time.Hour

// CollectOptions says what is garbage.
type CollectOptions struct {
	// Untagged takes images without a tag for garbage, too. Without it they stay,
	// since who deploys by digest needs no tag.
	Untagged bool
	// Grace keeps what is younger; it must not be negative.
	Grace time.Duration
	// DryRun removes nothing.
	DryRun bool
}

// Collected is what a collection has removed, or would.
type Collected struct {
	Manifests int   `json:"manifests"`
	Tags      int   `json:"tags"`
	Blobs     int   `json:"blobs"`
	Bytes     int64 `json:"bytes"`
	Uploads   int   `json:"uploads"`
	// Kept counts the blobs that stay.
	Kept int `json:"kept"`
}

// Collect removes garbage from the registry in dir: attachments of images that
// are gone, blobs that nothing names, uploads that were given up. Registries
// may serve from the directory meanwhile ([Server]): they wait while blobs are
// removed, and no push is spoiled whose blobs are younger than the grace, those
// that its client was told are there included. It reads all manifests before it
// removes anything, and removes nothing where one can't be read.
func Collect(ctx context.Context, dir string, opt CollectOptions) (_ *Collected, err error) {
	if _, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("collecting garbage: %w", err)
	}
	lock, err := lockFile(filepath.Join(dir, lockName))
	if err != nil {
		return nil, fmt.Errorf("collecting garbage: locking the registry: %w", err)
	}
	if lock != nil {
		defer func() { err = errors.Join(err, lock.Close()) }()
	}
	c := &collection{store: newStore(dir), opt: opt, before: time.Now().Add(-opt.Grace), marked: map[v1.Hash]bool{}}
	if err := c.run(ctx); err != nil {
		return nil, fmt.Errorf("collecting garbage in %q: %w", dir, err)
	}
	return &c.out, nil
}

// collection is one run.
type collection struct {
	store
	opt    CollectOptions
	before time.Time // what was changed later stays
	marked map[v1.Hash]bool
	remove []string // directories, in the order in which they go
	out    Collected
}

func (c *collection) run(ctx context.Context) error {
	names, err := c.repositories()
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		if err := c.repository(name); err != nil {
			return fmt.Errorf("repository %q: %w", name, err)
		}
	}
	if err := c.sweep(); err != nil {
		return err
	}
	if c.opt.DryRun {
		return nil
	}
	for _, dir := range c.remove {
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	for _, name := range slices.Backward(names) {
		c.removeEmpty(name)
	}
	return nil
}

// isYoung reports whether a file, or the directory that it is in, is new enough
// to stay, or can't be told. A file that isn't there may just be written.
func (c *collection) isYoung(path string) bool {
	for _, p := range []string{path, filepath.Dir(path)} {
		fi, err := os.Stat(p)
		if err != nil && !errors.Is(err, fs.ErrNotExist) || err == nil && fi.ModTime().After(c.before) {
			return true
		}
	}
	return false
}

// repository marks what a repository needs, and notes what it doesn't.
func (c *collection) repository(name string) error {
	r, err := c.read(name)
	if err != nil {
		return err
	}
	for h := range r.docs {
		if c.isYoung(filepath.Join(c.revisionDir(name, h), "link")) {
			r.keep(h)
		}
	}
	for tag, h := range r.tags {
		if _, attached := attachedTo(tag); !attached {
			r.keep(h)
		}
	}
	if !c.opt.Untagged {
		for h, d := range r.docs {
			if d.Subject == nil && !r.attached[h] {
				r.keep(h)
			}
		}
	}
	r.keepAttached(func(tag string) bool { return c.isYoung(filepath.Join(c.tagDir(name, tag), "current", "link")) })
	used := map[v1.Hash]bool{}
	for h := range r.kept {
		c.marked[h] = true
		for _, b := range r.docs[h].blobs() {
			c.marked[b.Digest], used[b.Digest] = true, true
		}
	}
	return c.unneeded(name, r, used)
}

// unneeded notes what of a repository goes: manifests, tags, links to blobs, and
// uploads.
func (c *collection) unneeded(name string, r *revisions, used map[v1.Hash]bool) error {
	for tag, h := range r.tags {
		if !r.kept[h] {
			c.remove = append(c.remove, c.tagDir(name, tag))
			c.out.Tags++
		}
	}
	for h := range r.docs {
		if !r.kept[h] {
			c.remove = append(c.remove, c.revisionDir(name, h))
			c.out.Manifests++
		}
	}
	layers, err := c.layers(name)
	if err != nil {
		return err
	}
	for _, h := range layers {
		dir := c.layerDir(name, h)
		switch {
		case used[h]:
		case c.isYoung(filepath.Join(dir, "link")):
			c.marked[h] = true
		default:
			c.remove = append(c.remove, dir)
		}
	}
	uploads := filepath.Join(c.repositoryDir(name), "_uploads")
	entries, err := readDir(uploads)
	for _, e := range entries {
		dir := filepath.Join(uploads, e.Name())
		if !c.isYoung(filepath.Join(dir, "data")) {
			c.remove = append(c.remove, dir)
			c.out.Uploads++
		}
	}
	return err
}

// sweep notes the blobs that nothing has marked.
func (c *collection) sweep() error {
	blobs, err := c.blobs()
	if err != nil {
		return err
	}
	for _, h := range blobs {
		path := c.blobFile(h)
		if c.marked[h] || c.isYoung(path) {
			c.out.Kept++
			continue
		}
		if fi, err := os.Stat(path); err == nil {
			c.out.Bytes += fi.Size()
		}
		c.out.Blobs++
		c.remove = append(c.remove, c.blobDir(h))
	}
	return nil
}

// removeEmpty removes the directories of a repository that has nothing left, so
// that it isn't listed any more, and those above that lead nowhere else. What
// somebody puts there meanwhile stays.
func (c *collection) removeEmpty(name string) {
	var dirs []string
	err := filepath.WalkDir(c.repositoryDir(name), func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			return errNotEmpty
		}
		dirs = append(dirs, p)
		return err
	})
	if err != nil {
		return
	}
	for _, dir := range slices.Backward(dirs) {
		if os.Remove(dir) != nil {
			return
		}
	}
	for dir := filepath.Dir(c.repositoryDir(name)); dir != c.repositoriesDir(); dir = filepath.Dir(dir) {
		if os.Remove(dir) != nil {
			return // something else is in it
		}
	}
}

var errNotEmpty = errors.New("a file is left")

// revisions are a repository's manifests, and which of them stay.
type revisions struct {
	docs     map[v1.Hash]*document
	tags     map[string]v1.Hash
	attached map[v1.Hash]bool // they are at a tag of attachments
	kept     map[v1.Hash]bool
}

func (c *collection) read(name string) (*revisions, error) {
	list, err := c.revisions(name)
	if err != nil {
		return nil, err
	}
	r := &revisions{docs: map[v1.Hash]*document{}, attached: map[v1.Hash]bool{}, kept: map[v1.Hash]bool{}}
	for _, h := range list {
		raw, err := c.document(name, h)
		if err != nil {
			return nil, fmt.Errorf("manifest %s: %w", h, err)
		}
		if r.docs[h], err = parseDocument(raw); err != nil {
			return nil, fmt.Errorf("manifest %s: %w", h, err)
		}
	}
	if r.tags, err = c.tags(name); err != nil {
		return nil, err
	}
	for h, d := range r.docs {
		r.attached[h] = r.isAttachment(d)
	}
	for tag, h := range r.tags {
		if _, ok := attachedTo(tag); ok {
			r.attached[h] = true
		}
	}
	return r, nil
}

// isAttachment reports whether a manifest belongs to an image even if nothing
// says to which: what was at a tag of attachments before. Lists of referrers
// name only what has a subject, and cosign's layers have types of their own.
func (r *revisions) isAttachment(d *document) bool {
	for _, e := range d.Manifests {
		if e.ArtifactType == "" || r.docs[e.Digest] != nil && r.docs[e.Digest].Subject == nil {
			return false
		}
	}
	for _, l := range d.Layers {
		if !strings.HasPrefix(string(l.MediaType), "application/vnd.dev.cosign.") {
			return false
		}
	}
	return len(d.Manifests) > 0 || len(d.Layers) > 0
}

// keep keeps a manifest and what it names.
func (r *revisions) keep(h v1.Hash) {
	if r.kept[h] || r.docs[h] == nil {
		return
	}
	r.kept[h] = true
	for _, d := range r.docs[h].Manifests {
		r.keep(d.Digest)
	}
}

// keepAttached keeps what is attached to what is kept, and to that in turn.
func (r *revisions) keepAttached(isYoung func(tag string) bool) {
	for before := -1; before != len(r.kept); {
		before = len(r.kept)
		for h, d := range r.docs {
			if d.Subject != nil && r.kept[d.Subject.Digest] {
				r.keep(h)
			}
		}
		for tag, h := range r.tags {
			if subject, ok := attachedTo(tag); ok && (r.kept[subject] || isYoung(tag)) {
				r.keep(h)
			}
		}
	}
}
