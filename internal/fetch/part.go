package fetch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/assemble-image/assemble/internal/osfile"
)

const (
	partPrefix = ".assemble-"
	partSuffix = ".part"
	fromSuffix = ".from"
	// maxFrom bounds what is read of a part's origin, in bytes.
	maxFrom = 16 << 10
)

// part is a file of which the beginning is there, with what is known of where it
// came from.
type part struct {
	*osfile.Part
	path string
	sum  *digester // of what is there
	// address and validator say which version of which file it is a part of;
	// both are empty where that isn't known.
	address, validator string
	// mixed says that not all of it came in one answer.
	mixed bool
}

// partPath returns where the part of a wheel lies that has one of the digests.
func (f *fetcher) partPath(name string, want digests) string {
	sum := sha256.Sum256([]byte(name + "\n" + strings.Join(want, "\n")))
	return filepath.Join(f.opt.Dir, partPrefix+hex.EncodeToString(sum[:16])+partSuffix)
}

// openPart opens a part, made where there is none, and waits for others that
// write to it. It computes what it takes to hold the file to want.
func openPart(ctx context.Context, path string, want digests) (*part, error) {
	sum := newDigester(want)
	opened, err := osfile.OpenPart(ctx, path, sum)
	if err != nil {
		return nil, err
	}
	p := &part{Part: opened, path: path, sum: sum, mixed: opened.Size() > 0}
	if p.mixed {
		p.load()
	}
	return p, nil
}

// load reads where the part comes from that an earlier run left, if it says so.
func (p *part) load() {
	fi, err := os.Lstat(p.fromPath())
	if known := err == nil && fi.Mode().IsRegular(); !known {
		return
	}
	if f, err := os.OpenFile(p.fromPath(), os.O_RDONLY|osfile.NoFollow|osfile.NonBlock, 0); err == nil {
		b, err := io.ReadAll(io.LimitReader(f, maxFrom))
		if err = errors.Join(err, f.Close()); err == nil {
			p.address, p.validator, _ = strings.Cut(strings.TrimSuffix(string(b), "\n"), "\n")
		}
	}
}

func (p *part) fromPath() string { return strings.TrimSuffix(p.path, partSuffix) + fromSuffix }

// reset throws away what is there.
func (p *part) reset() error {
	p.mixed, p.address, p.validator = false, "", ""
	return p.Reset()
}

// from notes where the part comes from. It is only good for sparing a
// download, so that a failure does no harm.
func (p *part) from(address, validator string) {
	sum := sha256.Sum256([]byte(address)) // it may hold a signature
	p.address, p.validator = hex.EncodeToString(sum[:]), ""
	if !strings.Contains(validator, "\n") {
		p.validator = validator
	}
	// What lies there may be another's link to a file of ours: it is replaced.
	_ = os.Remove(p.fromPath())
	f, err := os.OpenFile(p.fromPath(), os.O_WRONLY|os.O_CREATE|os.O_EXCL|osfile.NoFollow, 0o644)
	if err != nil {
		return
	}
	_, _ = f.WriteString(p.address + "\n" + p.validator + "\n")
	_ = f.Close()
}

// validatorFor returns what identifies the version of the file at that address
// of which there is a part, "" where that isn't known.
func (p *part) validatorFor(address string) string {
	sum := sha256.Sum256([]byte(address))
	if p.address != hex.EncodeToString(sum[:]) {
		return ""
	}
	return p.validator
}

// Write appends to the part.
func (p *part) Write(b []byte) (int, error) {
	n, err := p.Part.Write(b)
	if err != nil {
		return n, &localError{err}
	}
	return n, nil
}

// commit gives the whole file its name.
func (p *part) commit(path string, modified time.Time) error {
	if err := p.Commit(path, modified); err != nil {
		return err
	}
	return p.forget()
}

func (p *part) forget() error {
	if err := os.Remove(p.fromPath()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// close gives the lock back. A part without content is removed.
func (p *part) close() error {
	emptied, err := p.Close()
	if emptied {
		err = errors.Join(err, p.forget())
	}
	return err
}

// sweep removes parts that nobody wrote to for long.
func (f *fetcher) sweep() {
	osfile.SweepParts(f.opt.Dir, func(name string) bool {
		return strings.HasPrefix(name, partPrefix) && (strings.HasSuffix(name, partSuffix) || strings.HasSuffix(name, fromSuffix))
	})
}

// syncDir makes the new names last.
func (f *fetcher) syncDir() error {
	if err := osfile.SyncDir(f.opt.Dir); err != nil {
		return fmt.Errorf("syncing the wheelhouse: %w", err)
	}
	return nil
}
