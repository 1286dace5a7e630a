package git

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"

	"github.com/assemble-image/assemble/internal/osfile"
)

// maxHeader bounds "KIND SIZE" and its zero.
const maxHeader = 32

// loose reads an object that has a file of its own. The error matches
// [io/fs.ErrNotExist] where it has none.
func (*repository) loose(dir string, name id, _ int) (_ *object, err error) {
	text := name.String()
	f, _, err := osfile.OpenRegular(filepath.Join(dir, text[:2], text[2:]))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	o, err := parseLoose(f)
	if err != nil {
		return nil, fmt.Errorf("object %s: %w", name, err)
	}
	return o, nil
}

// parseLoose reads a loose object: in zlib, its header and content.
func parseLoose(in io.Reader) (*object, error) {
	data, err := inflate(in, maxObject+maxHeader)
	if err != nil {
		return nil, err
	}
	head, content, ok := bytes.Cut(data, []byte{0})
	if !ok || len(head) >= maxHeader {
		return nil, errors.New("it has no header")
	}
	kind, size, ok := bytes.Cut(head, []byte(" "))
	n, err := strconv.ParseUint(string(size), 10, 63)
	if !ok || err != nil || n != uint64(len(content)) {
		return nil, errors.New("its header doesn't say how long it is")
	}
	return &object{kind: string(kind), data: content}, nil
}

// inflate reads a zlib stream (RFC 1950) of at most limit bytes to its end.
func inflate(in io.Reader, limit int64) ([]byte, error) {
	z, err := zlib.NewReader(in)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(z, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("it is larger than %d bytes", int64(maxObject))
	}
	return data, z.Close()
}
