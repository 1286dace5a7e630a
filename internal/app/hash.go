package app

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path"
	"strings"

	"github.com/assemble-image/assemble/internal/credential"
)

// maxSmall is how large a file may be, in bytes, to be read at once.
const maxSmall = 256 << 10

// code is what is searched for credentials with more care: code and texts may
// quote keys, and the application would miss them.
var code = map[string]bool{
	".py": true, ".pyi": true, ".pyx": true, ".pxd": true, ".md": true, ".rst": true, ".html": true, ".htm": true,
	".js": true, ".mjs": true, ".cjs": true, ".jsx": true, ".ts": true, ".tsx": true, ".go": true, ".c": true, ".h": true,
	".cc": true, ".cpp": true, ".hpp": true, ".rs": true, ".java": true, ".rb": true,
}

func searchAs(name string) credential.Where {
	return credential.Where(code[strings.ToLower(path.Ext(name))])
}

// fileHash is what one reading of a file tells.
type fileHash struct {
	sum   [sha256.Size]byte
	holds credential.Kind // the first that was found
	line  uint32          // where, if holds isn't zero
}

// hashFile reads a file once.
func (w *walker) hashFile(name string, st status, scratch *[]byte) (_ fileHash, err error) {
	f, err := w.open(name, st)
	if err != nil {
		return fileHash{}, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if *scratch == nil {
		*scratch = make([]byte, maxSmall+credential.Overlap)
	}
	var h fileHash
	if st.size <= maxSmall {
		h, err = hashSmall(f, (*scratch)[:st.size], searchAs(name))
	} else {
		h, err = hashLarge(f, st.size, *scratch, searchAs(name))
	}
	if err != nil {
		return fileHash{}, err
	}
	return h, unchanged(f, st)
}

func hashSmall(f *os.File, b []byte, where credential.Where) (fileHash, error) {
	if _, err := io.ReadFull(f, b); errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return fileHash{}, errChanged
	} else if err != nil {
		return fileHash{}, err
	}
	h := fileHash{sum: sha256.Sum256(b)}
	h.search(b, 0, where)
	return h, nil
}

// hashLarge reads by parts. What holds a zero byte early on is no text and isn't
// searched: it is a model, or an archive.
func hashLarge(f *os.File, size int64, b []byte, where credential.Where) (fileHash, error) {
	h, sum := fileHash{}, sha256.New()
	r := io.LimitReader(f, size)
	var total int64
	kept, lines, search := 0, 0, true
	for {
		n, err := io.ReadFull(r, b[kept:])
		if n > 0 {
			_, _ = sum.Write(b[kept : kept+n]) // a hash takes anything
			total += int64(n)
			if search = search && h.holds == 0 && (kept > 0 || bytes.IndexByte(b[:n], 0) < 0); search {
				part := b[:kept+n]
				h.search(part, lines, where)
				next := min(len(part), credential.Overlap)
				lines += bytes.Count(part[:len(part)-next], []byte("\n"))
				kept = copy(b, part[len(part)-next:])
			} else {
				kept = 0
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		}
		if err != nil {
			return fileHash{}, err
		}
	}
	if total != size {
		return fileHash{}, errChanged
	}
	h.sum = [sha256.Size]byte(sum.Sum(nil))
	return h, nil
}

// search looks for a credential in a part of a file that has so many lines
// before it.
func (h *fileHash) search(b []byte, lines int, where credential.Where) {
	kind, at := credential.Find(b, where)
	if kind != 0 {
		h.holds, h.line = kind, uint32(1+lines+bytes.Count(b[:at], []byte("\n")))
	}
}
