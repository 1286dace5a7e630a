package index

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/assemble-image/assemble/internal/osfile"
	"github.com/assemble-image/assemble/wheels"
)

const (
	// tailSize is what is read of a wheel first: its end, where the central
	// directory is and, as the format recommends, the metadata.
	tailSize = 64 << 10
	// stepSize is the least that is read at a time after that.
	stepSize = 16 << 10
	// maxRemote bounds what is read of a wheel in parts, in bytes.
	maxRemote = 128 << 20
	// maxWheel bounds a wheel that must be read as a whole, in bytes.
	maxWheel = 16 << 30
)

// remoteMetadata reads METADATA out of a wheel on a server, by ranges where it
// knows them, else by downloading the wheel.
func (c *Client) remoteMetadata(ctx context.Context, u *url.URL, f File) ([]byte, error) {
	r := &remoteFile{ctx: ctx, client: c, url: u, size: f.Size}
	whole, ranged, err := r.start()
	if err != nil {
		return nil, err
	}
	if !ranged {
		return c.downloadedMetadata(whole, f)
	}
	b, _, err := wheels.ReadMetadata(r, r.size, *f.Wheel)
	if r.err != nil {
		return nil, r.err
	}
	if err != nil {
		return nil, &Error{Server: u.Host, kind: ErrContent, cause: err}
	}
	return b, nil
}

// downloadedMetadata reads METADATA out of a wheel that comes as a whole.
func (c *Client) downloadedMetadata(body io.ReadCloser, f File) (b []byte, err error) {
	defer body.Close()
	tmp, err := osfile.NewTempFile()
	if err != nil {
		return nil, fmt.Errorf("downloading the wheel for its metadata: %w", err)
	}
	defer func() { err = errors.Join(err, tmp.Close()) }()
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(tmp, sum), io.LimitReader(body, maxWheel+1))
	switch got := hex.EncodeToString(sum.Sum(nil)); {
	case err != nil:
		return nil, err
	case n > maxWheel:
		return nil, contentError("limit of %d bytes exceeded", int64(maxWheel))
	case f.Hashes.SHA256 != "" && f.Hashes.SHA256 != got:
		return nil, contentError("its sha256 is %s, the index says %s", got, f.Hashes.SHA256)
	}
	b, _, err = wheels.ReadMetadata(tmp, n, *f.Wheel)
	if err != nil {
		return nil, &Error{kind: ErrContent, cause: err}
	}
	return b, nil
}

// remoteFile is a file on a server, read in parts. It keeps the context of the
// one call that it is made for.
type remoteFile struct {
	ctx    context.Context //nolint:containedctx // io.ReaderAt has no place for it
	client *Client
	url    *url.URL
	size   int64

	tail, part span
	first      int64 // how much is read of the end first; 0 is tailSize
	step       int64 // how much is read at a time; 0 is stepSize
	joins      bool  // the first read goes on to where the end begins that was read
	validator  string
	total      int64
	err        error // of the network, as opposed to the archive's
}

// span is a part of the file that was read.
type span struct {
	at   int64
	data []byte
}

func (s span) copy(p []byte, off int64) bool {
	if off < s.at || off+int64(len(p)) > s.at+int64(len(s.data)) {
		return false
	}
	copy(p, s.data[off-s.at:])
	return true
}

// start reads the end of the file, which also tells its size. Where the server
// sends whole files only, it returns the body and false.
func (r *remoteFile) start() (whole io.ReadCloser, ranged bool, err error) {
	first := cmp.Or(r.first, tailSize)
	want := fmt.Sprintf("bytes=-%d", first)
	if r.size > 0 { // not every server knows ranges from the end
		want = fmt.Sprintf("bytes=%d-%d", max(r.size-first, 0), r.size-1)
	}
	resp, err := r.client.send(r.ctx, r.client.pages, r.url, map[string]string{"Range": want, "Accept-Encoding": "identity"})
	if err != nil {
		return nil, false, err
	}
	switch resp.StatusCode {
	case http.StatusOK:
		return resp.Body, false, nil
	case http.StatusPartialContent:
	default:
		return nil, false, refused(resp)
	}
	got, b, err := readPart(resp, first)
	switch {
	case err != nil:
		return nil, false, err
	case got.size < 0 || got.last != got.size-1 || r.size > 0 && got.size != r.size:
		return nil, false, contentError("requested the end of the file, got %s", got)
	}
	r.size, r.tail, r.validator = got.size, span{got.first, b}, validator(resp.Header)
	return nil, true, nil
}

// ReadAt implements io.ReaderAt.
func (r *remoteFile) ReadAt(p []byte, off int64) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	if off < 0 || off > r.size || int64(len(p)) > r.size-off {
		return 0, io.ErrUnexpectedEOF
	}
	if r.tail.copy(p, off) || r.part.copy(p, off) {
		return len(p), nil
	}
	if r.joins && off < r.tail.at && r.tail.at-off <= maxJoined {
		r.joins = false
		if err := r.join(off); err != nil {
			return 0, err
		}
		return r.ReadAt(p, off)
	}
	end := min(off+max(int64(len(p)), cmp.Or(r.step, stepSize)), r.size)
	if r.total += end - off; r.total > maxRemote {
		return 0, fmt.Errorf("limit of %d bytes exceeded", int64(maxRemote))
	}
	if r.err = r.read(off, end); r.err != nil {
		return 0, r.err
	}
	r.part.copy(p, off)
	return len(p), nil
}

// maxJoined bounds what is read in front of the end at once.
const maxJoined = 16 << 20

// join reads from off to where the end begins that was read, and keeps both as one.
func (r *remoteFile) join(off int64) error {
	if r.err = r.read(off, r.tail.at); r.err != nil {
		return r.err
	}
	r.tail = span{off, append(r.part.data, r.tail.data...)}
	r.part = span{}
	return nil
}

// read gets the bytes from off up to end.
func (r *remoteFile) read(off, end int64) error {
	header := map[string]string{"Range": fmt.Sprintf("bytes=%d-%d", off, end-1), "Accept-Encoding": "identity"}
	if r.validator != "" {
		header["If-Range"] = r.validator
	}
	resp, err := r.client.send(r.ctx, r.client.pages, r.url, header)
	if err != nil {
		return err
	}
	if resp.StatusCode == http.StatusOK {
		resp.Body.Close()
		return contentError("the file was replaced while it was being read")
	}
	if resp.StatusCode != http.StatusPartialContent {
		return refused(resp)
	}
	got, b, err := readPart(resp, end-off)
	if err != nil {
		return err
	}
	if got != (contentRange{off, end - 1, r.size}) {
		return contentError("requested bytes %d-%d, got %s", off, end-1, got)
	}
	r.part = span{off, b}
	return nil
}

// readPart reads the answer to a request for a range of limit bytes at most.
func readPart(resp *http.Response, limit int64) (contentRange, []byte, error) {
	got, err := parseContentRange(resp.Header.Get("Content-Range"))
	if err != nil {
		resp.Body.Close()
		return got, nil, err
	}
	b, err := readBounded(resp, limit)
	if err != nil {
		return got, nil, err
	}
	if int64(len(b)) != got.last-got.first+1 {
		return got, nil, fmt.Errorf("reading %s: %w", got, io.ErrUnexpectedEOF)
	}
	return got, b, nil
}
