package fetch

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/assemble-image/assemble/internal/index"
	"github.com/assemble-image/assemble/internal/wire"
	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/wheels"
)

const (
	// maxWheel bounds a wheel of unknown size in bytes.
	maxWheel = 16 << 30
	// bufferSize is how much is read at a time.
	bufferSize = 256 << 10
	// reportInterval is how often progress is told for a file.
	reportInterval = 100 * time.Millisecond
	// headway is by how much a file must have grown for the failures before it
	// not to count any more, in bytes. What comes again and again from the
	// beginning brings it no further.
	headway = 1 << 20
)

// fetch downloads a wheel, from the next mirror that has it where one fails.
func (f *fetcher) fetch(ctx context.Context, t *task) (Fetched, error) {
	if f.down.has(t.source.mirror) { // since the plan was made
		if s, err := f.onMirrors(ctx, t.pin, nil); err == nil {
			t.source = s
		}
	}
	var failures []error
	tried := map[int]bool{}
	for {
		got, err := f.fetchFrom(ctx, t.source)
		if err == nil {
			return got, nil
		}
		var local *localError
		if ctx.Err() != nil || errors.As(err, &local) {
			return Fetched{}, err
		}
		failures = append(failures, err)
		if t.source.bound {
			return Fetched{}, err
		}
		f.noteOutage(t.source.mirror, err)
		tried[t.source.mirror] = true
		next, lookup := f.onMirrors(ctx, t.pin, tried)
		if lookup != nil {
			return Fetched{}, errors.Join(failures...)
		}
		f.opt.Progress(Event{Kind: EventNote, File: t.source.filename.String(), Note: fmt.Sprintf("%s; trying %s", oneLine(err), next.server)})
		t.source = next
	}
}

// noteOutage remembers a mirror whose files can't be had, as opposed to one that
// lacks a file or has a wrong one.
func (f *fetcher) noteOutage(mirror int, err error) {
	var corrupt *CorruptError
	if mirror != noMirror && !errors.As(err, &corrupt) && !errors.Is(err, index.ErrNotFound) && !errors.Is(err, index.ErrContent) {
		f.down.add(mirror)
	}
}

// fetchFrom downloads a wheel from one source.
func (f *fetcher) fetchFrom(ctx context.Context, s source) (got Fetched, err error) {
	name := s.filename.String()
	p, err := openPart(ctx, f.partPath(name, s.want), s.want)
	if err != nil && ctx.Err() != nil {
		return Fetched{}, context.Cause(ctx)
	}
	if err != nil {
		return Fetched{}, local(name, err)
	}
	defer func() {
		if cerr := p.close(); cerr != nil && err == nil {
			got, err = Fetched{}, local(name, cerr)
		}
	}()
	path := filepath.Join(f.opt.Dir, name)
	if got, err := f.identify(path, wheels.Options{Hashes: s.want, LookupDigest: f.memory().Lookup}); err == nil {
		got.Filename = s.filename // another process had it in work
		return got, nil
	}
	d := &download{fetcher: f, source: s, part: p}
	if err := d.run(ctx); err != nil {
		return Fetched{}, err
	}
	if err := f.setAside(path); err != nil {
		return Fetched{}, local(name, err)
	}
	if err := p.commit(path, d.modified); err != nil {
		return Fetched{}, local(name, err)
	}
	sum := p.sum.sha256()
	written := func(*layers.Source) ([sha256.Size]byte, bool) { return sum, true }
	got, err = f.identify(path, wheels.Options{LookupDigest: written})
	if err != nil {
		return Fetched{}, local(name, err)
	}
	got.Filename, got.Server, got.Local, got.Received = s.filename, s.server, s.local, d.received
	f.opt.Progress(Event{Kind: EventDone, File: name, Done: got.Size, Total: got.Size})
	return got, nil
}

// local marks a failure of this machine's disk.
func local(name string, err error) error {
	return &localError{fmt.Errorf("writing wheel %q: %w", name, err)}
}

// download is a wheel on its way.
type download struct {
	*fetcher
	source   source
	part     *part
	received int64
	modified time.Time
	reported time.Time
}

// run makes tries until the part is the whole file. A file that came in pieces
// and is wrong gets one more try, in one piece: a piece may have been bad.
func (d *download) run(ctx context.Context) error {
	restarted, furthest := false, d.part.Size()
	for n := 1; ; n++ {
		err := d.try(wire.WithAttempt(ctx, n))
		if err == nil {
			err = d.verify()
		}
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case isWrong(err):
			mixed := d.part.mixed
			if rerr := d.part.reset(); rerr != nil {
				return local(d.name(), rerr)
			}
			if restarted || !mixed {
				return err
			}
			restarted = true
			continue
		}
		var broken *localError
		if errors.As(err, &broken) {
			return local(d.name(), broken.err)
		}
		if d.part.Size()-furthest >= headway {
			n, furthest = 1, d.part.Size()
		}
		wait, ok := d.opt.Index.Retry(n, err)
		if !ok {
			return fmt.Errorf("downloading %q: %w", d.name(), err)
		}
		d.opt.Progress(Event{Kind: EventNote, File: d.name(), Note: fmt.Sprintf("%s; retrying in %v", oneLine(err), wait.Round(time.Millisecond))})
		if err := wire.Sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// isWrong reports whether an error means that the part is of no use.
func isWrong(err error) bool {
	var corrupt *CorruptError
	return errors.As(err, &corrupt) || errors.Is(err, index.ErrRange)
}

func (d *download) name() string { return d.source.filename.String() }

// corrupt returns the error of a file that is wrong for a reason.
func (d *download) corrupt(format string, args ...any) error {
	return &CorruptError{File: d.name(), Server: d.source.server, Reason: fmt.Sprintf(format, args...)}
}

// try asks for what is missing and appends it to the part.
func (d *download) try(ctx context.Context) error {
	p := d.part
	if p.Size() > 0 && p.Size() == d.source.size {
		return nil // an earlier run was stopped at the very end
	}
	p.mixed = p.Size() > 0
	body, err := d.opt.Index.Open(ctx, d.source.url, index.Range{Offset: p.Size(), Validator: p.validatorFor(d.source.url)})
	if err != nil {
		return err
	}
	defer body.Close()
	if body.Offset != p.Size() {
		if err := p.reset(); err != nil {
			return &localError{err}
		}
	}
	d.modified = d.source.uploaded
	if d.modified.IsZero() {
		d.modified = body.Modified
	}
	size := d.source.size
	switch {
	case size < 0:
		size = body.Size
	case body.Size >= 0 && body.Size != size:
		return d.corrupt("got %d bytes, want %d", body.Size, size)
	}
	if p.Size() == 0 {
		p.from(d.source.url, body.Validator)
	}
	return d.receive(body, size)
}

// receive appends a body to the part, which is complete at size bytes, -1 where
// that isn't known.
func (d *download) receive(body io.Reader, size int64) error {
	limit := size
	if limit < 0 {
		limit = maxWheel
	}
	buf := make([]byte, bufferSize)
	for {
		n, err := body.Read(buf)
		if d.part.Size()+int64(n) > limit {
			return d.corrupt("limit of %d bytes exceeded", limit)
		}
		if _, werr := d.part.Write(buf[:n]); werr != nil {
			return werr
		}
		d.received += int64(n)
		d.reportProgress(size)
		switch {
		case errors.Is(err, io.EOF) && size >= 0 && d.part.Size() < size:
			return io.ErrUnexpectedEOF
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("%s: %w", d.source.server, err)
		}
	}
}

// reportProgress reports progress, but not too often.
func (d *download) reportProgress(size int64) {
	now := time.Now()
	if now.Sub(d.reported) < reportInterval {
		return
	}
	d.reported = now
	d.opt.Progress(Event{Kind: EventDownloading, File: d.name(), Done: d.part.Size(), Total: size})
}

// verify holds the file to the lock.
func (d *download) verify() error {
	got, ok := d.part.sum.match(d.source.want)
	if ok {
		return nil
	}
	return &CorruptError{File: d.name(), Server: d.source.server, Want: d.source.want, Got: got}
}
