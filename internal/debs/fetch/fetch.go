package fetch

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/assemble-image/assemble/layers"
)

// Deb is a package of a lock.
type Deb struct {
	Name, Version string
	// Archives are the roots of archives that have it, in order.
	Archives []string
	// Filename is relative to a root.
	Filename string
	Size     int64
	SHA256   [sha256.Size]byte
}

// file is the name in the directory.
func (d *Deb) file() string { return path.Base(d.Filename) }

// Options says where packages come from and go to.
type Options struct {
	// Dir is the directory; it is made if it isn't there.
	Dir string
	// Open opens a file of an archive from an offset on, and returns the offset
	// that it begins at in truth: a server may begin anew. Nil asks nobody:
	// what isn't there is missing. It makes one try.
	Open func(ctx context.Context, archive, filename string, from int64) (rc io.ReadCloser, offset int64, err error)
	// Temporary says which failures of Open and of reading are worth another
	// try; nil means none.
	Temporary func(error) bool
	// Tries is how often a file is asked for that fails for the time being; 0
	// is 5. Backoff is the wait before the second one, doubled for each further
	// one; 0 is half a second.
	Tries   int
	Backoff time.Duration
	// Jobs is how many downloads go at a time; 0 is 6.
	Jobs int
	// Lookup and Save remember digests of files; nil hashes each file.
	Lookup func(*layers.Source) ([sha256.Size]byte, bool)
	Save   func(*layers.Source) error
	// Progress is told what happens, from several goroutines; nil is silent.
	Progress func(Event)
}

// Event is a step of the work.
type Event struct {
	// Deb is the package; nil for the sum of what is to be done.
	Deb *Deb
	// Done and Total are bytes of the package, or of all that are missing.
	Done, Total int64
	// Note is for people: why something comes from elsewhere.
	Note string
}

// Fetched is a package that lies in the directory.
type Fetched struct {
	*Deb
	Source *layers.Source
	// Received is how many bytes were downloaded; 0 where it was there.
	Received int64
}

// MissingError lists packages that aren't there and that nobody was asked for.
type MissingError struct{ Files []string }

func (e *MissingError) Error() string {
	if len(e.Files) == 1 {
		return fmt.Sprintf("the package %q is missing", e.Files[0])
	}
	return fmt.Sprintf("%d packages are missing, %q first", len(e.Files), e.Files[0])
}

// CorruptError says that an archive gave out another file than the lock's.
type CorruptError struct {
	File, Archive string
	Want, Got     [sha256.Size]byte
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("package %q from %s: its SHA-256 is %x, the lock has %x", e.File, e.Archive, e.Got, e.Want)
}

func (o *Options) fill() {
	if o.Jobs == 0 {
		o.Jobs = 6
	}
	if o.Tries == 0 {
		o.Tries = 5
	}
	if o.Backoff == 0 {
		o.Backoff = 500 * time.Millisecond
	}
	if o.Progress == nil {
		o.Progress = func(Event) {}
	}
	if o.Lookup == nil {
		o.Lookup = func(*layers.Source) (d [sha256.Size]byte, ok bool) { return d, false }
	}
	if o.Save == nil {
		o.Save = func(*layers.Source) error { return nil }
	}
	if o.Temporary == nil {
		o.Temporary = func(error) bool { return false }
	}
}

// Debs brings all packages into the directory, and returns them in order. Errors
// name the package's file. All failures of one run are reported together.
func Debs(ctx context.Context, list []Deb, opt Options) ([]Fetched, error) {
	opt.fill()
	f := &fetcher{opt: opt}
	out, missing, err := f.present(ctx, list)
	if err != nil {
		return nil, err
	}
	if len(missing) == 0 {
		return out, nil
	}
	if opt.Open == nil {
		e := &MissingError{}
		for _, i := range missing {
			e.Files = append(e.Files, list[i].file())
		}
		return nil, e
	}
	if err := os.MkdirAll(opt.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("creating the directory of packages: %w", err)
	}
	var total int64
	for _, i := range missing {
		total += list[i].Size
	}
	opt.Progress(Event{Total: total})
	failures := make([]error, len(list))
	var g errgroup.Group
	g.SetLimit(opt.Jobs)
	for _, i := range missing {
		g.Go(func() error {
			out[i], failures[i] = f.fetch(ctx, &list[i])
			return nil
		})
	}
	_ = g.Wait() // the failures say more
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return out, errors.Join(failures...)
}

type fetcher struct{ opt Options }

// present finds what is there, and lists the indices of what isn't.
func (f *fetcher) present(ctx context.Context, list []Deb) (out []Fetched, missing []int, err error) {
	out = make([]Fetched, len(list))
	lacks := make([]bool, len(list))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(f.opt.Jobs)
	for i := range list {
		g.Go(func() error {
			src, err := f.identify(gctx, filepath.Join(f.opt.Dir, list[i].file()))
			switch {
			case err != nil && !errors.Is(err, os.ErrNotExist):
				return fmt.Errorf("reading package %q: %w", list[i].file(), err)
			case err != nil || src.SHA256 != list[i].SHA256:
				lacks[i] = true
			default:
				out[i] = Fetched{Deb: &list[i], Source: src}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, nil, err
	}
	for i, l := range lacks {
		if l {
			missing = append(missing, i)
		}
	}
	return out, missing, nil
}
