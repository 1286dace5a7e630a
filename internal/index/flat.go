package index

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/assemble-image/assemble/internal/osfile"
	"github.com/assemble-image/assemble/internal/wire"
	"github.com/assemble-image/assemble/wheels/pep440"
	"github.com/assemble-image/assemble/wheels/pep508"
	"github.com/assemble-image/assemble/wheels/tags"
)

// maxFiles bounds the files of a directory or page: in memory, each takes some
// hundred bytes, and as little as ten on the way. The largest pages there are
// have some ten thousand.
const maxFiles = 200_000

var errTooMany = contentError("limit of %d files exceeded", maxFiles)

// flat is a place that lists files of many projects: a directory, a page, or a
// wheel by itself. It is what pip calls --find-links.
type flat struct {
	// hashes are those behind the "#" of a link to a wheel.
	hashes Hashes

	mu       sync.Mutex
	list     *flatList       // nil until it was read
	failure  error           // why it can't be
	answered map[string]bool // projects
}

// answers notes that the place alone answers for a project.
func (f *flat) answers(project string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.answered == nil {
		f.answered = map[string]bool{}
	}
	f.answered[project] = true
}

// Answered returns the projects, sorted, for which [Client.Project] has taken
// the answer of place number i, where that is one of [Options.FindLinks].
func (c *Client) Answered(i int) []string {
	f := c.places[i].flat
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Sorted(maps.Keys(f.answered))
}

// flatList is what a flat place lists.
type flatList struct {
	base    *url.URL // what entries are relative to
	entries map[string][]entry
}

// flatEntries calls f with what a flat place has of a project.
func (c *Client) flatEntries(ctx context.Context, p *place, project, op string, policy wire.Policy, f func(*entry, *url.URL)) error {
	list, err := c.flatList(ctx, p, op, policy)
	if err != nil {
		return err
	}
	entries, ok := list.entries[project]
	if !ok {
		return &Error{Op: op, Server: p.name, kind: ErrNotFound}
	}
	for _, e := range entries {
		f(&e, list.base)
	}
	return nil
}

// flatList reads a flat place, once. That it can't be read is remembered, too:
// otherwise each project would wait for that again, one after the other.
func (c *Client) flatList(ctx context.Context, p *place, op string, policy wire.Policy) (*flatList, error) {
	p.flat.mu.Lock()
	defer p.flat.mu.Unlock()
	if p.flat.list != nil || p.flat.failure != nil {
		return p.flat.list, p.flat.failure
	}
	list := &flatList{base: p.url, entries: map[string][]entry{}}
	var err error
	switch {
	case strings.HasSuffix(p.url.Path, ".whl"):
		list.add(&entry{href: p.url.String(), file: File{Hashes: p.flat.hashes, Size: -1}})
	case p.local():
		if err = readLocal(filepath.FromSlash(p.url.Path), list.add); err != nil {
			err = &Error{Op: "reading find_links " + p.name, cause: osfile.WithoutPath(err)}
		}
	default:
		err = c.readFlatPage(ctx, p, list, op, policy)
	}
	if err != nil {
		if ctx.Err() == nil {
			p.flat.failure = err
		}
		return nil, err
	}
	p.flat.list = list
	return list, nil
}

// readFlatPage reads a page of a server into list.
func (c *Client) readFlatPage(ctx context.Context, p *place, list *flatList, op string, policy wire.Policy) error {
	page, err := c.page(ctx, p.url, op, policy)
	if errors.Is(err, ErrNotFound) {
		// Of a project that would be an answer; of the page it is a mistake.
		return fmt.Errorf("reading find_links of %s: there is no such page (HTTP 404)", p.name)
	}
	if err != nil {
		return err
	}
	list.base = page.url
	return describe(page.each(nil, list.add), "reading find_links of "+p.name, "")
}

// readLocal calls add with the files of a directory, or of a page in HTML.
func readLocal(name string, add func(*entry)) error {
	fi, err := os.Stat(name)
	if err != nil {
		return err
	}
	if fi.IsDir() {
		return readDirectory(name, add)
	}
	if ext := strings.ToLower(filepath.Ext(name)); ext != ".html" && ext != ".htm" {
		return errors.New("not a directory, a page (.html) or a wheel")
	}
	b, err := osfile.ReadBounded(name, maxPage)
	if err != nil {
		return err
	}
	entries, err := parseHTML(b)
	for i := range entries {
		add(&entries[i])
	}
	return err
}

func readDirectory(name string, add func(*entry)) error {
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	names, err := d.Readdirnames(maxFiles + 1)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if err = errors.Join(err, d.Close()); err != nil {
		return err
	}
	if len(names) > maxFiles {
		return fmt.Errorf("limit of %d files exceeded", maxFiles)
	}
	slices.Sort(names)
	for _, n := range names {
		if !strings.HasPrefix(n, ".") {
			add(&entry{name: n, href: fileURL(filepath.Join(name, n)).String(), file: File{Size: -1}})
		}
	}
	return nil
}

// add keeps an entry under its project; what is neither a wheel nor a source
// archive is left out.
func (l *flatList) add(e *entry) {
	if e.name == "" {
		// The page's other links need no resolving: only the name counts here.
		href, _, _ := strings.Cut(e.href, "?")
		name, err := url.PathUnescape(path.Base(href))
		if err != nil {
			return
		}
		e.name = name
	}
	for _, project := range projectsOf(e.name) {
		l.entries[project] = append(l.entries[project], *e)
	}
}

// projectsOf returns to which projects a file may belong by its name. That of
// a source archive can be read in more than one way.
func projectsOf(name string) []string {
	if strings.HasSuffix(name, ".whl") {
		if wheel, err := tags.ParseFilename(name); err == nil {
			return []string{wheel.Normalized}
		}
		project, _, _ := strings.Cut(name, "-")
		return []string{pep508.NormalizeName(project)} // to be refused where it is looked for
	}
	stem, ok := sourceStem(name)
	var projects []string
	for i := 1; ok && i < len(stem); i++ {
		if stem[i] != '-' || !pep508.ValidName(stem[:i]) {
			continue
		}
		if _, err := pep440.Parse(stem[i+1:]); err == nil {
			projects = append(projects, pep508.NormalizeName(stem[:i]))
		}
	}
	return projects
}
