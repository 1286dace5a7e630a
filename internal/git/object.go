package git

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
)

const (
	// maxObject bounds an object, in bytes; commits have some hundred.
	maxObject = 4 << 20
	// maxChain bounds how many deltas build upon one another, as in git.
	maxChain = 4096
	// maxReads bounds how many objects are looked for: where one is damaged,
	// each of several places is tried.
	maxReads = 2 * maxChain
)

// The kinds of objects, as they name themselves.
const (
	kindCommit = "commit"
	kindTree   = "tree"
	kindBlob   = "blob"
	kindTag    = "tag"
)

// object is one that was read.
type object struct {
	kind string
	data []byte
}

// sum is the digest that names the object: of "KIND SIZE", a zero, the content.
func (o *object) sum(size int) []byte {
	head := []byte(o.kind + " " + strconv.Itoa(len(o.data)) + "\x00")
	if size == sha256.Size {
		sum := sha256.Sum256(append(head, o.data...))
		return sum[:]
	}
	sum := sha1.Sum(append(head, o.data...))
	return sum[:]
}

// object reads an object, from wherever it is. The depth is how many deltas
// have led to it.
func (r *repository) object(name id, depth int) (*object, error) {
	if r.reads++; depth > maxChain || r.reads > maxReads {
		return nil, fmt.Errorf("more than %d deltas build upon one another", maxChain)
	}
	var damaged error
	for _, dir := range r.objects {
		for _, read := range []func(string, id, int) (*object, error){r.loose, r.fromPacks} {
			o, err := read(dir, name, depth)
			switch {
			case err == nil && bytes.Equal(o.sum(len(name)), name):
				return o, nil
			case err == nil:
				damaged = fmt.Errorf("object %s is damaged: its content has another digest", name)
			case !errors.Is(err, fs.ErrNotExist):
				damaged = err
			}
		}
	}
	if damaged != nil {
		return nil, damaged
	}
	return nil, fmt.Errorf("the repository lacks object %s", name)
}
