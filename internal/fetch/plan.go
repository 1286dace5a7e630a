package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/assemble-image/assemble/internal/index"
	"github.com/assemble-image/assemble/wheels"
	"github.com/assemble-image/assemble/wheels/requirements"
	"github.com/assemble-image/assemble/wheels/tags"
)

// task is a wheel to fetch.
type task struct {
	at     int // the pin's number
	pin    requirements.Pin
	source source
}

// source is where a wheel can be had.
type source struct {
	filename tags.Filename
	url      string  // without credentials
	server   string  // what messages call it
	local    bool    // it is on this machine
	want     digests // what will do
	size     int64   // bytes, -1 where it isn't known
	uploaded time.Time
	yanked   *string
	mirror   int  // where it was found, noMirror for the lock itself
	bound    bool // no other source will do
}

// plan finds a source for each missing pin. All that have none are in one
// error.
func (f *fetcher) plan(ctx context.Context, pins []requirements.Pin, missing []int) ([]*task, error) {
	tasks := make([]*task, len(missing))
	problems := make([]error, len(missing))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(lookups)
	for k, i := range missing {
		g.Go(func() error {
			s, err := f.locate(ctx, pins[i])
			var gone *wheels.MissingError
			if errors.As(err, &gone) {
				problems[k] = err
				return nil
			}
			tasks[k] = &task{at: i, pin: pins[i], source: s}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	for _, t := range tasks {
		if t.source.yanked != nil {
			f.opt.Progress(Event{Kind: EventNote, File: t.source.filename.String(), Note: yankedNote(t)})
		}
	}
	return tasks, nil
}

// yankedNote tells of a yanked file, which a pin to its very version may use
// (PEP 592).
func yankedNote(t *task) string {
	reason := "no reason given"
	if text := plain(*t.source.yanked); text != "" {
		reason = text
	}
	return fmt.Sprintf("%s:%d: %s==%s was yanked: %s", t.pin.File, t.pin.Line, t.pin.Name, t.pin.VersionText, reason)
}

// locate finds where a pin's wheel can be had.
func (f *fetcher) locate(ctx context.Context, pin requirements.Pin) (source, error) {
	if pin.URL != "" {
		s, err := f.direct(pin, pin.URL, pin.Hashes, -1)
		if err == nil && f.opt.Offline && !s.local {
			return source{}, missing(pin, offline)
		}
		s.bound = true
		return s, err
	}
	if s, ok, err := f.listed(pin); ok && (s.local || !f.opt.Offline) || err != nil {
		return s, err
	}
	return f.onMirrors(ctx, pin, nil)
}

// direct is a source that the lock names.
func (f *fetcher) direct(pin requirements.Pin, address string, want digests, size int64) (source, error) {
	clean := address
	_, local := index.LocalPath(address)
	if !local {
		var err error
		if clean, err = f.opt.Index.Adopt(address); err != nil {
			return source{}, missing(pin, "invalid URL: "+err.Error())
		}
	}
	u, err := url.Parse(clean)
	if err != nil {
		return source{}, missing(pin, "its URL can't be parsed")
	}
	name, err := url.PathUnescape(path.Base(u.EscapedPath()))
	if err != nil {
		return source{}, missing(pin, "its URL is badly escaped")
	}
	filename, err := tags.ParseFilename(name)
	switch {
	case err != nil:
		return source{}, missing(pin, err.Error())
	case filename.Normalized != pin.Normalized:
		return source{}, missing(pin, fmt.Sprintf("its URL is for project %q", filename.Normalized))
	case f.ladder.Rank(filename.Tags) == tags.Unsupported:
		return source{}, missing(pin, "the target can't install "+name)
	}
	s := source{filename: filename, url: clean, server: u.Host, local: local, want: want, size: size, mirror: noMirror}
	if local {
		s.server = "this machine"
	}
	return s, nil
}

// listed is the best of the files that a lock lists with their URLs.
func (f *fetcher) listed(pin requirements.Pin) (source, bool, error) {
	var list []wheels.Candidate
	byName := map[string]requirements.Wheel{}
	for _, w := range pin.Wheels {
		filename, err := tags.ParseFilename(w.Name)
		if err != nil || w.URL == "" {
			continue
		}
		list = append(list, wheels.Candidate{Path: w.Name, Filename: filename})
		byName[w.Name] = w
	}
	if len(list) == 0 {
		return source{}, false, nil
	}
	chosen, err := wheels.Select([]requirements.Pin{pin}, list, f.opt.Ladder, nil)
	if err != nil {
		return source{}, false, missing(pin, "the target can't install "+some(names(list)))
	}
	w := byName[chosen[0].Path]
	size := w.Size
	if size <= 0 {
		size = -1
	}
	s, err := f.direct(pin, w.URL, w.Hashes, size)
	if err == nil && s.filename.String() != w.Name {
		// The lock's name is the file's, whatever the URL's last part is.
		s.filename = chosen[0].Filename
	}
	return s, err == nil, err
}

func fileSource(pin requirements.Pin, file *index.File, p *index.Project) source {
	return source{
		filename: *file.Wheel, url: file.URL, server: p.Server, local: file.Path != "", want: digests(pin.Hashes).narrow(file.Hashes),
		size: file.Size, uploaded: file.UploadTime, yanked: file.Yanked, mirror: p.Place,
	}
}

// pick chooses the best wheel of a project for a pin among those that the
// lock's hashes allow; if there are none, among those of which the index gives
// no hash that could tell. Yanked ones are left for where nothing else of the
// pin fits (PEP 592).
func (f *fetcher) pick(pin requirements.Pin, files []index.File) (*index.File, bool) {
	for _, sure := range []verdict{matched, unknown} {
		for _, yanked := range []bool{false, true} {
			var list []wheels.Candidate
			byName := map[string]*index.File{}
			for i := range files {
				file := &files[i]
				if file.Wheel == nil || (file.Yanked != nil) != yanked || digests(pin.Hashes).judge(file.Hashes) != sure || byName[file.Filename] != nil {
					continue
				}
				byName[file.Filename] = file
				list = append(list, wheels.Candidate{Path: file.Filename, Filename: *file.Wheel})
			}
			if chosen, err := wheels.Select([]requirements.Pin{pin}, list, f.opt.Ladder, nil); err == nil {
				return byName[chosen[0].Path], true
			}
		}
	}
	return nil, false
}

// locked picks the files that a pin's hashes allow, as far as an index tells.
func locked(pin requirements.Pin) func(string, index.Hashes) bool {
	return func(_ string, hashes index.Hashes) bool { return digests(pin.Hashes).judge(hashes) != mismatched }
}

func missing(pin requirements.Pin, reason string) error {
	return &wheels.MissingError{Pin: pin, Reason: reason}
}
