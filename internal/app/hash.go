package app

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path"
	"regexp"
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

// hashFile reads a file once.
func (w *walker) hashFile(name string, st status, scratch *[]byte) (_ fileHash, err error) {
	f, err := w.open(name, st)
	if err != nil {
		return fileHash{}, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var h fileHash
	if st.size <= maxKeyFile {
		h, err = hashSmall(f, st.size, mayHoldKey(name, st.size), scratch)
	} else {
		h, err = hashLarge(f, st.size)
	}
	if err != nil {
		return fileHash{}, err
	}
	return h, unchanged(f, st)
}

// mayHoldKey tells whether a file of that name and size is searched for a key.
func mayHoldKey(name string, size int64) bool {
	return size <= maxKeyFile && !notKeys[path.Ext(name)]
}

func hashSmall(f *os.File, size int64, search bool, scratch *[]byte) (fileHash, error) {
	if *scratch == nil {
		*scratch = make([]byte, maxKeyFile)
	}
	b := (*scratch)[:size]
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
