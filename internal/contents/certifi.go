package contents

import (
	"compress/flate"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"

	"github.com/assemble-image/assemble/internal/certs"
	"github.com/assemble-image/assemble/layers"
)

// withAuthorities returns the entry of certifi's bundle, out of those of its
// wheel, with the certificates added.
func withAuthorities(entries []layers.Entry, list []certs.Certificate) (layers.Entry, error) {
	for _, e := range entries {
		if !strings.HasSuffix("/"+e.Path, "/"+certifiBundle) {
			continue
		}
		data, err := content(&e)
		if err != nil {
			return layers.Entry{}, fmt.Errorf("reading %q of %s: %w", e.Path, e.Owner, err)
		}
		data = certs.Append(data, list)
		return layers.Entry{Path: e.Path, Mode: e.Mode, UID: e.UID, GID: e.GID, Data: data, Size: int64(len(data)), Owner: "certifi"}, nil
	}
	return layers.Entry{}, fmt.Errorf("the wheel of certifi has no %s", certifiBundle)
}

// content reads a file of a wheel, and holds it against its CRC-32.
func content(e *layers.Entry) (_ []byte, err error) {
	s := e.Slice
	if s == nil {
		return e.Data, nil
	}
	if e.Size > maxBundle {
		return nil, fmt.Errorf("it has %d bytes, more than the limit of %d", e.Size, maxBundle)
	}
	f, err := s.Source.Open()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var in io.Reader = io.NewSectionReader(f, s.Offset, s.Length)
	if s.Deflated {
		in = flate.NewReader(in)
	}
	data := make([]byte, e.Size)
	if _, err := io.ReadFull(in, data); err != nil {
		return nil, err
	}
	if crc32.ChecksumIEEE(data) != s.CRC32 {
		return nil, errors.New("its CRC-32 is another one")
	}
	return data, nil
}
