package base

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"sync/atomic"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/layers"
)

// Limits of what a base may hold, far above any real one.
const (
	maxEntries  = 1_000_000
	maxPath     = 4096
	maxNames    = 128 << 20 // bytes of all names
	maxUnpacked = 64 << 30
	maxFile     = 16 << 20 // of a file whose content is kept
	maxKept     = 128 << 20
)

// budget is shared by all layers of a base.
type budget struct {
	entries, names, unpacked, kept atomic.Int64
	// more are files whose content is kept beside those that are wanted.
	more map[string]bool
	// forFiles keeps what [File.Data] promises, too.
	forFiles bool
	// examine, unless nil, is what [FactsOptions] has.
	examine *Examiner
}

func spend(counter *atomic.Int64, n, limit int64, what string) error {
	if counter.Add(n) > limit {
		return fmt.Errorf("the base has more than %d %s", limit, what)
	}
	return nil
}

// entry is one path of a layer, as far as facts need it.
type entry struct {
	path string // clean, with a leading slash
	from string // the path that its layer has it under
	kind kind
	link string // of a symbolic or hard link
	data []byte // of a file that is wanted
	// version is what was found inside a C library or a Python.
	version string

	mode     fs.FileMode // without the type
	uid, gid int
	size     int64           // of a file
	implied  bool            // a directory without an entry of its own
	note     json.RawMessage // of an [Examiner]
}

type kind byte

const (
	isOther kind = iota // a device and the like
	isFile
	isDir
	isSymlink
	isHardlink
)

// scanLayer lists what is in a layer, in order. It reads the layer to its
// end, so that the reader has verified the digest, and checks the diffID.
func scanLayer(ctx context.Context, l v1.Layer, diffID v1.Hash, b *budget) (entries []entry, err error) {
	rc, err := layers.OpenUncompressed(ctx, l)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rc.Close()) }()
	sum := sha256.New()
	r := io.TeeReader(metered(ctx, rc, b), sum)
	entries, err = scanTar(r, b)
	if err != nil {
		return nil, err
	}
	if _, err := io.Copy(io.Discard, r); err != nil {
		return nil, err
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != diffID.Hex {
		return nil, fmt.Errorf("its content has the digest sha256:%s, its diffID is %s", got, diffID)
	}
	return entries, nil
}

// scanTar lists the entries of a tar up to its end mark.
func scanTar(r io.Reader, b *budget) ([]entry, error) {
	tr := tar.NewReader(r)
	var out []entry
	for {
		hdr, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading the tar: %w", err)
		}
		if hdr.Typeflag == tar.TypeXGlobalHeader {
			continue
		}
		e, err := readEntry(tr, hdr, b)
		if err != nil {
			return nil, fmt.Errorf("entry %q: %w", shorten(hdr.Name), err)
		}
		out = append(out, e)
	}
}

func readEntry(tr *tar.Reader, hdr *tar.Header, b *budget) (entry, error) {
	e := entry{path: path.Clean("/" + hdr.Name), kind: kindOf(hdr.Typeflag)}
	e.from = e.path
	e.mode = hdr.FileInfo().Mode() &^ fs.ModeType
	e.uid, e.gid, e.size = hdr.Uid, hdr.Gid, hdr.Size
	if len(e.path) > maxPath || len(hdr.Linkname) > maxPath {
		return e, fmt.Errorf("its name is longer than %d bytes", maxPath)
	}
	if err := spend(&b.entries, 1, maxEntries, "entries"); err != nil {
		return e, err
	}
	if err := spend(&b.names, int64(len(e.path)+len(hdr.Linkname)), maxNames, "bytes of names"); err != nil {
		return e, err
	}
	switch e.kind {
	case isSymlink, isHardlink:
		e.link = strings.Clone(hdr.Linkname)
	case isFile:
		return e, e.see(tr, hdr.Size, b)
	case isDir, isOther:
	}
	return e, nil
}

func kindOf(flag byte) kind {
	switch flag {
	case tar.TypeReg, tar.TypeGNUSparse:
		return isFile
	case tar.TypeDir:
		return isDir
	case tar.TypeSymlink:
		return isSymlink
	case tar.TypeLink:
		return isHardlink
	}
	return isOther
}

// readContent keeps the content of a file that facts are drawn from.
func (e *entry) readContent(r io.Reader, size int64, b *budget) error {
	kept := wanted(e.path) || b.more[e.path] || b.forFiles && isSmall(e.path, size)
	switch {
	case isLibc(e.path), !kept && isVersioned(e.path):
		var err error
		e.version, err = findVersion(e.path, r)
		return err
	case !kept && b.forFiles && mayBeScript(e.path, size):
		return e.readScript(r, b)
	case !kept:
		return nil
	}
	if size > maxFile {
		return fmt.Errorf("it has %d bytes, more than the limit of %d", size, maxFile)
	}
	if err := spend(&b.kept, size, maxKept, "bytes of package lists and the like"); err != nil {
		return err
	}
	data, err := io.ReadAll(r)
	e.data = data
	return err
}

// readScript keeps the content of a file that begins as scripts do.
func (e *entry) readScript(r io.Reader, b *budget) error {
	var begin [2]byte
	if _, err := io.ReadFull(r, begin[:]); err != nil || string(begin[:]) != "#!" {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		return err
	}
	rest, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	e.data = append(begin[:], rest...)
	return spend(&b.kept, int64(len(e.data)), maxKept, "bytes of package lists and the like")
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// metered counts what is unpacked and stops with the context.
func metered(ctx context.Context, r io.Reader, b *budget) io.Reader {
	return readerFunc(func(p []byte) (int, error) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		n, err := r.Read(p)
		if serr := spend(&b.unpacked, int64(n), maxUnpacked, "bytes unpacked"); serr != nil {
			return 0, serr
		}
		return n, err
	})
}

// shorten keeps a hostile name from filling the terminal.
func shorten(name string) string {
	const limit = 200
	if len(name) > limit {
		return name[:limit] + "…"
	}
	return name
}
