package index

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"time"

	"github.com/assemble-image/assemble/internal/wire"
)

// maxPage bounds a project's page in bytes, unpacked.
const maxPage = 64 << 20

// trusted is how many announced bytes memory is taken for before they come.
const trusted = 8 << 20

// The content types of pages.
const (
	typeJSON = "application/vnd.pypi.simple.v1+json"
	typeHTML = "application/vnd.pypi.simple.v1+html"
	accept   = typeJSON + ", " + typeHTML + ";q=0.2, text/html;q=0.01"
)

// page is a project's page as it came. It has a workspace until each was called,
// which is to be done once.
type page struct {
	url   *url.URL // where it came from, in the end
	kind  string   // content type
	body  []byte
	space *workspace
}

// each calls f with what the page lists, but for files whose name pass returns
// true for, where it tells names; nil passes none. After an error, it may have
// done so with a part. An entry is good until f returns.
func (p *page) each(pass func(name []byte) bool, f func(*entry)) error {
	defer p.space.leave()
	kind, params, err := mime.ParseMediaType(p.kind)
	if err != nil {
		return contentError("invalid content type %.80q", p.kind)
	}
	switch kind {
	case typeList:
		var e entry
		var texts arena
		return eachListed(p.body, pass, func(l *listedFile) {
			l.entry(&e, &texts)
			f(&e)
		})
	case typeHTML, "text/html":
		if charset := params["charset"]; charset != "" && !isUTF8(charset) {
			return contentError("the page is in %.20q, not in UTF-8", charset)
		}
		entries, err := parseHTML(p.body)
		for i := range entries {
			f(&entries[i])
		}
		return err
	}
	return contentError("unexpected content type %.80q", kind)
}

// isUTF8 takes charsets whose texts are UTF-8 where it matters: all that counts
// in a page is ASCII.
func isUTF8(charset string) bool {
	switch charset {
	case "utf-8", "UTF-8", "utf8", "us-ascii", "US-ASCII", "iso-8859-1", "ISO-8859-1":
		return true
	}
	return false
}

// page returns the page at u: from the cache where it is fresh, from the index
// otherwise. The error is [ErrNotFound] where there is none. See [page] for what
// must be done with it.
func (c *Client) page(ctx context.Context, u *url.URL, op string, policy wire.Policy) (*page, error) {
	old := c.loadPacked(kindPage, u)
	if c.opt.Offline && old == nil {
		return nil, &Error{Op: op, Server: u.Host, kind: ErrOffline}
	}
	var space *workspace
	loaded := false
	if old != nil && (c.opt.Offline || !c.opt.Refresh && old.isFresh(time.Now())) {
		var err error
		if space, err = c.unpack(ctx, old); err != nil {
			old = nil
		} else {
			loaded = true
		}
	}
	if !loaded {
		var fresh *stored
		err := c.retry(ctx, policy, op, u.Host, func(ctx context.Context) (err error) {
			fresh, space, err = c.getPage(ctx, u, old)
			if errors.Is(err, errTorn) {
				old = nil
				fresh, space, err = c.getPage(ctx, u, nil)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		c.save(kindPage, u, fresh, space)
		old = fresh
	}
	final, err := url.Parse(old.URL)
	switch {
	case old.Status != http.StatusOK:
		space.leave()
		return nil, &Error{Op: op, Server: u.Host, Status: old.Status, kind: ErrNotFound}
	case err != nil:
		space.leave()
		return nil, &Error{Op: op, Server: u.Host, kind: ErrContent, cause: errors.New("the page has an invalid URL")}
	}
	return &page{url: final, kind: old.Type, body: old.body, space: space}, nil
}

// unpack makes the body of a record from the cache, in a workspace. The error is
// errTorn where it is not the one that was stored.
func (c *Client) unpack(ctx context.Context, s *stored) (*workspace, error) {
	space, err := c.enter(ctx)
	if err != nil {
		return nil, err
	}
	if !s.unpack(maxPage, space) {
		space.leave()
		return nil, errTorn
	}
	return space, nil
}

// getPage asks for a page, on the condition that it is another one than old. It
// is in the workspace, of which there is none where it has nothing.
func (c *Client) getPage(ctx context.Context, u *url.URL, old *stored) (*stored, *workspace, error) {
	header := map[string]string{"Accept": accept, "Accept-Encoding": "gzip"}
	if old != nil {
		old.condition(header)
	}
	resp, err := c.send(ctx, c.pages, u, header)
	if err != nil {
		return nil, nil, err
	}
	switch resp.StatusCode {
	case http.StatusNotModified:
		if old == nil || old.Status != http.StatusOK {
			break
		}
		resp.Body.Close()
		space, err := c.unpack(ctx, old)
		return old.renew(resp, time.Now()), space, err
	case http.StatusNotFound, http.StatusGone:
		resp.Body.Close()
		return newStored(resp, nil, time.Now()), nil, nil
	case http.StatusOK:
		space, err := c.enter(ctx)
		if err != nil {
			resp.Body.Close()
			return nil, nil, err
		}
		s, err := readPage(resp, space)
		if err != nil {
			space.leave()
			return nil, nil, fmt.Errorf("reading the page: %w", err)
		}
		return s, space, nil
	}
	return nil, nil, refused(resp)
}

// readPage reads and closes an answer that is a page. Of one in JSON, the file
// list is kept, which is made while it comes.
func readPage(resp *http.Response, space *workspace) (*stored, error) {
	defer resp.Body.Close()
	body, err := decoded(resp, space)
	if err != nil {
		return nil, err
	}
	limited := &io.LimitedReader{R: body, N: maxPage + 1}
	kind := resp.Header.Get("Content-Type")
	media, _, merr := mime.ParseMediaType(kind)
	var b []byte
	switch {
	case merr == nil && media == typeList:
		return nil, contentError("unexpected content type %.80q", kind)
	case merr == nil && media == typeJSON:
		kind = typeList
		b = grown(space.list, int(min(max(resp.ContentLength, 0), trusted))) // packed, it has about as much
		space.window = grown(space.window, scanWindow)
		err = parseJSON(limited, space.window[:scanWindow], func(f *listedFile) { b = f.append(b) })
		space.list = b
	default:
		b, err = io.ReadAll(limited)
	}
	var failed *streamError
	switch {
	case limited.N <= 0:
		return nil, contentError("limit of %d bytes exceeded", maxPage)
	case errors.As(err, &failed):
		return nil, failed.err
	case err != nil:
		return nil, err
	}
	s := newStored(resp, b, time.Now())
	s.Type = kind
	return s, nil
}

// decoded returns the body of an answer as it was before it was packed for the
// way. The transport would do that by itself, more slowly.
func decoded(resp *http.Response, space *workspace) (io.Reader, error) {
	switch encoding := resp.Header.Get("Content-Encoding"); encoding {
	case "", "identity":
		return resp.Body, nil
	case "gzip":
		return space.gunzip(resp.Body)
	default:
		return nil, contentError("unexpected content encoding %.20q", encoding)
	}
}

// readBounded reads the body of an answer, of limit bytes at most, and closes
// it.
func readBounded(resp *http.Response, limit int64) ([]byte, error) {
	defer resp.Body.Close()
	if resp.ContentLength > limit {
		return nil, contentError("limit of %d bytes exceeded", limit)
	}
	var b bytes.Buffer
	if resp.ContentLength > 0 {
		b.Grow(int(min(resp.ContentLength, trusted)) + bytes.MinRead)
	}
	n, err := b.ReadFrom(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return nil, err
	}
	if n > limit {
		return nil, contentError("limit of %d bytes exceeded", limit)
	}
	return b.Bytes(), nil
}
