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

// page is a project's page as it came.
type page struct {
	url  *url.URL // where it came from, in the end
	kind string   // content type
	body []byte
}

// parse returns what the page lists.
func (p *page) parse() ([]entry, error) {
	kind, params, err := mime.ParseMediaType(p.kind)
	if err != nil {
		return nil, contentError("the content type %.80q can't be read", p.kind)
	}
	switch kind {
	case typeJSON:
		return parseJSON(p.body)
	case typeHTML, "text/html":
		if charset := params["charset"]; charset != "" && !isUTF8(charset) {
			return nil, contentError("the page is in %.20q, not in UTF-8", charset)
		}
		return parseHTML(p.body)
	}
	return nil, contentError("the content type %.80q is none of an index's page", kind)
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
// otherwise. The error is [ErrNotFound] where there is none.
func (c *Client) page(ctx context.Context, u *url.URL, op string) (*page, error) {
	old := c.load(kindPage, u, maxPage)
	if c.opt.Offline && old == nil {
		return nil, &Error{Op: op, Server: u.Host, kind: ErrOffline}
	}
	if old == nil || !c.opt.Offline && (c.opt.Refresh || !old.isFresh(time.Now())) {
		var fresh *stored
		err := c.retry(ctx, op, u.Host, func() (err error) {
			fresh, err = c.getPage(ctx, u, old)
			return err
		})
		if err != nil {
			return nil, err
		}
		c.save(kindPage, u, fresh)
		old = fresh
	}
	if old.Status != http.StatusOK {
		return nil, &Error{Op: op, Server: u.Host, Status: old.Status, kind: ErrNotFound}
	}
	final, err := url.Parse(old.URL)
	if err != nil {
		return nil, &Error{Op: op, Server: u.Host, kind: ErrContent, cause: errors.New("the page has no proper URL")}
	}
	return &page{url: final, kind: old.Type, body: old.body}, nil
}

// getPage asks for a page, on the condition that it is another one than old.
func (c *Client) getPage(ctx context.Context, u *url.URL, old *stored) (*stored, error) {
	header := map[string]string{"Accept": accept}
	if old != nil {
		old.condition(header)
	}
	resp, err := c.send(ctx, c.pages, u, header)
	if err != nil {
		return nil, err
	}
	switch resp.StatusCode {
	case http.StatusNotModified:
		if old == nil || old.Status != http.StatusOK {
			break
		}
		resp.Body.Close()
		return old.renew(resp, time.Now()), nil
	case http.StatusNotFound, http.StatusGone:
		resp.Body.Close()
		return newStored(resp, nil, time.Now()), nil
	case http.StatusOK:
		body, err := readBounded(resp, maxPage)
		if err != nil {
			return nil, fmt.Errorf("reading the page: %w", err)
		}
		return newStored(resp, body, time.Now()), nil
	}
	return nil, refused(resp)
}

// readBounded reads the body of an answer, of limit bytes at most, and closes
// it.
func readBounded(resp *http.Response, limit int64) ([]byte, error) {
	defer resp.Body.Close()
	if resp.ContentLength > limit {
		return nil, contentError("it has more than %d bytes", limit)
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
		return nil, contentError("it has more than %d bytes", limit)
	}
	return b.Bytes(), nil
}
