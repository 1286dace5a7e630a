package unarchive

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/assemble-image/assemble/internal/osfile"
)

// What [Limits] are where they are 0.
const (
	DefaultMaxEntries = 1 << 20
	DefaultMaxTotal   = 64 << 30
	DefaultMaxRatio   = 200

	// ratioFloor is what any archive may unpack to, in bytes.
	ratioFloor = 64 << 20
)

// ErrFormat reports a file that is none of the archives that are known.
var ErrFormat = errors.New("it is none of zip, tar, tar.gz, tar.xz, tar.zst and tar.bz2")

// ErrLimit reports an archive that would unpack to too much.
var ErrLimit = errors.New("it unpacks to more than is allowed")

// DigestError says that the archive isn't the one that is meant.
type DigestError struct{ Want, Got [sha256.Size]byte }

func (e *DigestError) Error() string {
	return fmt.Sprintf("it has the SHA-256 %x, not %x", e.Got, e.Want)
}

// Limits bound what an archive may unpack to. 0 means the default.
type Limits struct {
	Entries int64 // paths
	Total   int64 // bytes of content
	// Ratio is how many times its own size an archive may unpack to; up to 64 MiB,
	// any may.
	Ratio int64
}

// Options change how an archive is unpacked. The zero value is valid.
type Options struct {
	// Strip is how many directories at the beginning of each path are left out;
	// paths that have no more than these are, too.
	Strip  int
	Limits Limits
	// SHA256 is what the archive must have; the zero one is any.
	SHA256 [sha256.Size]byte
}

// Unpack unpacks the archive at path into the directory dir, which must be there
// and empty. On an error, what is in it is of no use. The error wraps
// [ErrFormat] or [ErrLimit], is a [*DigestError], or names the entry that is wrong.
func Unpack(ctx context.Context, path, dir string, opt Options) (err error) {
	f, fi, err := osfile.OpenRegular(path)
	if err != nil {
		return osfile.WithoutPath(err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if opt.SHA256 != [sha256.Size]byte{} {
		if err := verify(f, opt.SHA256); err != nil {
			return err
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return osfile.WithoutPath(err)
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	t := newTree(ctx, root, opt, fi.Size())
	head := make([]byte, 512)
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	head = head[:n]
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06")) {
		return t.zip(f, fi.Size())
	}
	in, end, err := decompress(bufio.NewReaderSize(io.NewSectionReader(f, 0, fi.Size()), 256<<10), head)
	if err != nil {
		return err
	}
	defer end()
	return t.tar(in)
}

func verify(f *os.File, want [sha256.Size]byte) error {
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return err
	}
	if got := [sha256.Size]byte(sum.Sum(nil)); got != want {
		return &DigestError{Want: want, Got: got}
	}
	return nil
}
