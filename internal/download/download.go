package download

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/assemble-image/assemble/internal/cache"
	"github.com/assemble-image/assemble/internal/index"
	"github.com/assemble-image/assemble/internal/wire"
)

const (
	// maxFile bounds a file in bytes.
	maxFile = 64 << 30
	// bufferSize is how much is read at a time.
	bufferSize = 256 << 10
	// reportInterval is how often progress is told.
	reportInterval = 100 * time.Millisecond
	// kind is what the cache keeps files under, by their SHA-256.
	kind = "download"
)

// Options are where a file comes from and goes to. Client and Dir are needed.
type Options struct {
	// Client makes the requests.
	Client *index.Client
	// Cache keeps the file; nil keeps nothing.
	Cache *cache.Cache
	// Dir is for what isn't in the cache: as long as it lives, so does the file.
	Dir string
	// Progress is told how many bytes of how many are there, -1 for unknown; nil
	// is silence.
	Progress func(done, total int64)
	// Note is told what the user may like to know, in one line; nil is silence.
	Note func(string)
}

// DigestError says that the file at a URL isn't the one that is meant.
type DigestError struct {
	// URL is fit to be shown.
	URL       string
	Want, Got [sha256.Size]byte
}

func (e *DigestError) Error() string {
	return fmt.Sprintf("it has the SHA-256 %x, not %x", e.Got, e.Want)
}

// Shown is a URL as messages have it: without credentials and what may be a token.
func Shown(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "a URL"
	}
	return wire.MaskURL(u)
}

// File returns the path of a file with the content that is at the URL, which must
// have the SHA-256 sum. It is for reading alone. The error is a [*DigestError]
// where the content is another one.
func File(ctx context.Context, address string, sum [sha256.Size]byte, opt Options) (path string, err error) {
	key := hex.EncodeToString(sum[:])
	if path, ok := opt.Cache.File(kind, key); ok {
		return path, nil
	}
	path = filepath.Join(opt.Dir, key)
	if _, err := os.Stat(path); err == nil {
		return path, nil // by an earlier call
	}
	defer func() {
		if err != nil && ctx.Err() == nil {
			err = fmt.Errorf("downloading %s: %w", Shown(address), err)
		}
	}()
	plain, err := opt.Client.Adopt(address)
	if err != nil {
		return "", err
	}
	dir := opt.Dir
	if opt.Cache != nil {
		dir = partsDir(opt.Cache)
		sweep(dir)
	}
	p, err := openPart(ctx, dir, key)
	if err != nil && opt.Cache != nil { // as where the cache can't be written
		p, err = openPart(ctx, opt.Dir, key)
	}
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	if path, ok := opt.Cache.File(kind, key); ok { // another process had it in work
		return path, p.remove()
	}
	d := &download{opt: opt, part: p, url: plain, shown: Shown(address), want: sum}
	if err := d.run(ctx); err != nil {
		return "", err
	}
	return d.store(path)
}

// download is a file on its way.
type download struct {
	opt      Options
	part     *part
	url      string
	shown    string
	want     [sha256.Size]byte
	reported time.Time
}

// run makes tries until the part is the whole file. A file that came in pieces
// and is wrong gets one more try, in one piece.
func (d *download) run(ctx context.Context) error {
	furthest := d.part.size
	for n := 1; ; n++ {
		err := d.try(wire.WithAttempt(ctx, n))
		if err == nil || errors.Is(err, index.ErrRange) {
			got := d.part.digest()
			if err == nil && got == d.want {
				return nil
			}
			mixed := d.part.mixed
			if rerr := d.part.reset(); rerr != nil {
				return rerr
			}
			if !mixed && err != nil {
				return err
			}
			if !mixed {
				return &DigestError{URL: d.shown, Want: d.want, Got: got}
			}
			continue
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if d.part.failed != nil {
			return d.part.failed
		}
		if d.part.size > furthest {
			n, furthest = 1, d.part.size
		}
		wait, ok := d.opt.Client.Retry(n, err)
		if !ok {
			return err
		}
		if d.opt.Note != nil {
			d.opt.Note(fmt.Sprintf("%s: %v; retrying in %v", d.shown, err, wait.Round(time.Millisecond)))
		}
		if err := wire.Sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// try asks for what is missing and appends it to the part.
func (d *download) try(ctx context.Context) error {
	p := d.part
	if p.size > 0 && p.digest() == d.want {
		return nil // an earlier run was stopped at the very end
	}
	p.mixed = p.size > 0
	body, err := d.opt.Client.Open(ctx, d.url, index.Range{Offset: p.size})
	if err != nil {
		return err
	}
	defer body.Close()
	if body.Offset != p.size { // the server sends all of it
		if err := p.reset(); err != nil {
			return err
		}
	}
	buf := make([]byte, bufferSize)
	for {
		n, err := body.Read(buf)
		if p.size+int64(n) > maxFile {
			return fmt.Errorf("it has more than %d bytes", int64(maxFile))
		}
		if _, werr := p.Write(buf[:n]); werr != nil {
			return werr
		}
		d.report(body.Size)
		switch {
		case errors.Is(err, io.EOF) && body.Size >= 0 && p.size < body.Size:
			return io.ErrUnexpectedEOF
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// report tells progress, but not too often.
func (d *download) report(size int64) {
	if now := time.Now(); d.opt.Progress != nil && now.Sub(d.reported) >= reportInterval {
		d.reported = now
		d.opt.Progress(d.part.size, size)
	}
}
