package cache

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/assemble-image/assemble/internal/osfile"
)

const (
	// format names the layout and the record format. Raising it leaves
	// older caches alone and unread.
	format = "v1"

	defaultMaxBytes = 2 << 30

	privateDir  = 0o700
	privateFile = 0o600
)

// ErrDisabled is returned for what needs a cache where there is none.
var ErrDisabled = errors.New("there is no cache")

// ErrNoted is what errors of writing are: [Options.Note] was told of the first,
// so that callers need not, and of a full disk there are as many as records.
var ErrNoted = errors.New("the cache can't be written")

// notedError is an error that is ErrNoted, too.
type notedError struct{ error }

func (e notedError) Unwrap() error      { return e.error }
func (notedError) Is(target error) bool { return target == ErrNoted }

// Options change how a cache works. The zero value is valid.
type Options struct {
	// MaxBytes bounds what the cache keeps; what was used longest ago goes
	// first. 0 means 2 GiB, less than 0 no bound.
	MaxBytes int64
	// Note is told, in one line each, what a user may like to know: a damaged
	// entry was dropped, the cache can't be written. Calls don't overlap. Nil
	// is silence.
	Note func(string)
}

// Cache is a cache on disk. Its methods may be called from several goroutines,
// and several processes may share a directory. The nil *Cache never hits.
type Cache struct {
	dir     string
	opt     Options
	root    *os.Root
	records *os.Root
	files   *os.Root

	note     sync.Mutex
	sulked   atomic.Bool  // a write failed and was noted
	full     atomic.Bool  // a whole file could not be written
	written  atomic.Int64 // bytes put by this process
	session  session
	closed   sync.Once
	closeErr error
}

// Dir returns the directory that is used when the user names none:
// $XDG_CACHE_HOME/assemble, or assemble in the platform's cache directory. The
// error says what is missing, as when HOME isn't set.
func Dir() (string, error) {
	if d := os.Getenv("XDG_CACHE_HOME"); filepath.IsAbs(d) {
		return filepath.Join(d, "assemble"), nil
	}
	d, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("finding the cache directory: %w", err)
	}
	return filepath.Join(d, "assemble"), nil
}

// Open opens the cache in dir, made if it isn't there; "" means [Dir]. It fails
// where nothing can be read, or where others could have planted the content;
// the caller then notes that and goes on with a nil *Cache. A directory that
// can be read but not written is no error.
func Open(dir string, opt Options) (*Cache, error) {
	if dir == "" {
		d, err := Dir()
		if err != nil {
			return nil, err
		}
		dir = d
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("opening the cache: %w", err)
	}
	c := &Cache{dir: filepath.Join(dir, format), opt: opt}
	if c.opt.MaxBytes == 0 {
		c.opt.MaxBytes = defaultMaxBytes
	}
	if err := c.open(dir); err != nil {
		return nil, errors.Join(fmt.Errorf("opening the cache %q: %w", dir, err), c.closeRoots())
	}
	return c, nil
}

func (c *Cache) open(parent string) error {
	if err := os.MkdirAll(parent, privateDir); err != nil {
		return err
	}
	if err := os.Mkdir(c.dir, privateDir); err != nil && !errors.Is(err, fs.ErrExist) {
		// A cache that is only read may be in a place that can't be written.
		if _, serr := os.Lstat(c.dir); serr != nil {
			return err
		}
	}
	if err := checkPrivate(c.dir); err != nil {
		return err
	}
	root, err := os.OpenRoot(c.dir)
	if err != nil {
		return err
	}
	c.root = root
	if c.records, err = subRoot(root, "records"); err != nil {
		return err
	}
	c.files, err = subRoot(root, "files")
	return err
}

// subRoot opens the directory name in root, made if it isn't there. A symbolic
// link in its place is refused, even one that stays in the cache.
func subRoot(root *os.Root, name string) (*os.Root, error) {
	if err := root.Mkdir(name, privateDir); err != nil && !errors.Is(err, fs.ErrExist) {
		if _, serr := root.Lstat(name); serr != nil {
			return nil, err
		}
	}
	want, err := root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !want.IsDir() {
		return nil, fmt.Errorf("%q is not a directory", name)
	}
	sub, err := root.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	got, err := sub.Stat(".")
	if err == nil && !os.SameFile(want, got) {
		err = fmt.Errorf("%q was replaced while it was being opened", name)
	}
	if err != nil {
		return nil, errors.Join(err, sub.Close())
	}
	return sub, nil
}

// Dir returns the cache's own directory, "" where there is no cache.
func (c *Cache) Dir() string {
	if c == nil {
		return ""
	}
	return c.dir
}

// Close gives back what the cache holds open, removes temporary files and, if
// this process has written much, prunes to Options.MaxBytes.
func (c *Cache) Close() error {
	if c == nil {
		return nil
	}
	c.closed.Do(func() {
		err := c.session.end()
		if c.pruneIsDue(time.Now()) {
			// Another process that has the lock is pruning, or the next will.
			_, perr := c.prune(c.opt.MaxBytes, 0, osfile.TryLock)
			if perr != nil && !errors.Is(perr, osfile.ErrLocked) {
				_ = c.noteFailure("pruning", perr)
			}
		}
		c.closeErr = errors.Join(err, c.closeRoots())
	})
	return c.closeErr
}

func (c *Cache) closeRoots() error {
	var errs []error
	for _, r := range []*os.Root{c.files, c.records, c.root} {
		if r != nil {
			errs = append(errs, r.Close())
		}
	}
	return errors.Join(errs...)
}

// tell passes a note on, one at a time.
func (c *Cache) tell(format string, args ...any) {
	if c.opt.Note == nil {
		return
	}
	c.note.Lock()
	defer c.note.Unlock()
	c.opt.Note(fmt.Sprintf(format, args...))
}

// noteFailure tells of the first failed write. The others would say the same.
// It returns the error as one that was told of.
func (c *Cache) noteFailure(doing string, err error) error {
	if c.sulked.CompareAndSwap(false, true) {
		c.tell("%s the cache %q: %v; continuing without writing it", doing, c.dir, err)
	}
	return notedError{err}
}
