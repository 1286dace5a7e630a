package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path"
	"regexp"
	"time"

	"golang.org/x/sync/errgroup"
)

// maxKeyFile is how large a file may be, in bytes, to be searched for a key.
const maxKeyFile = 256 << 10

var privateKey = regexp.MustCompile(`(?m)^-----BEGIN [A-Z0-9 ]*PRIVATE KEY( BLOCK)?-----`)

// notKeys are what is not searched: code and texts may quote a key, and the
// application would miss them.
var notKeys = map[string]bool{
	".py": true, ".pyi": true, ".md": true, ".rst": true, ".html": true, ".js": true, ".ts": true, ".go": true,
}

// fileHash is what one reading of a file tells.
type fileHash struct {
	sum [sha256.Size]byte
	key bool // a private key is in it
}

// hash fills in the hashes of all regular files, several at once, from the
// store where they are known.
func (w *walker) hash(ctx context.Context) error {
	start := time.Now()
	known := w.recall()
	dirty := false
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(w.opt.Jobs)
	for i := range w.found {
		f := &w.found[i]
		if !f.fi.Mode().IsRegular() {
			continue
		}
		if h, ok := known[f.name]; ok && h.status == statusOf(f.fi) {
			f.hash = h.hash
			continue
		}
		dirty = true
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			h, err := w.hashFile(f)
			if err != nil {
				return w.fileError(f.name, err)
			}
			f.hash = h
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	if dirty {
		w.remember(start)
	}
	return nil
}

// hashFile reads a file once.
func (w *walker) hashFile(found *found) (_ fileHash, err error) {
	f, err := w.open(found.name, found.fi)
	if err != nil {
		return fileHash{}, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var h fileHash
	if size := found.fi.Size(); size <= maxKeyFile {
		h, err = hashSmall(f, size, !notKeys[path.Ext(found.name)])
	} else {
		h, err = hashLarge(f, size)
	}
	if err != nil {
		return fileHash{}, err
	}
	return h, unchanged(f, found.fi)
}

func hashSmall(f *os.File, size int64, search bool) (fileHash, error) {
	b := make([]byte, size)
	if _, err := io.ReadFull(f, b); errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return fileHash{}, errChanged
	} else if err != nil {
		return fileHash{}, err
	}
	key := search && bytes.Contains(b, []byte("PRIVATE KEY")) && privateKey.Match(b)
	return fileHash{sum: sha256.Sum256(b), key: key}, nil
}

func hashLarge(f *os.File, size int64) (fileHash, error) {
	sum := sha256.New()
	n, err := io.Copy(sum, io.LimitReader(f, size))
	if err != nil {
		return fileHash{}, err
	}
	if n != size {
		return fileHash{}, errChanged
	}
	return fileHash{sum: [sha256.Size]byte(sum.Sum(nil))}, nil
}
