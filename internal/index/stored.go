package index

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash/crc32"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/s2"
)

// The kinds of records in the cache.
const (
	kindPage     = "index-files"
	kindMetadata = "index-metadata"
)

// maxFresh bounds how long a page is taken for fresh, whatever the index says.
const maxFresh = 24 * time.Hour

// castagnoli tells damage by accident; that nobody else writes to the cache is
// the cache's business.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// stored is an answer as it is kept in the cache: a line of JSON, then the
// body, packed.
type stored struct {
	Status       int
	URL          string // where it came from, without credentials and query
	Type         string
	ETag         string `json:",omitempty"`
	LastModified string `json:",omitempty"`
	Stored       time.Time
	Expires      time.Time
	CRC          uint32 // of the body

	body   []byte
	packed []byte // the body, where it came from the cache
	keep   bool
}

// newStored makes a record of an answer.
func newStored(resp *http.Response, body []byte, now time.Time) *stored {
	s := &stored{
		CRC:    crc32.Checksum(body, castagnoli),
		Status: resp.StatusCode,
		URL:    display(resp.Request.URL),
		Type:   resp.Header.Get("Content-Type"),
		ETag:   resp.Header.Get("ETag"), LastModified: resp.Header.Get("Last-Modified"),
		body: body,
	}
	s.age(resp.Header, now)
	return s
}

// age sets how long the record is fresh (RFC 9111, 5.2).
func (s *stored) age(h http.Header, now time.Time) {
	s.Stored, s.Expires, s.keep = now, now, true
	var fresh, passed time.Duration
	for _, directive := range strings.Split(strings.ToLower(h.Get("Cache-Control")), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		switch name {
		case "no-store":
			s.keep = false
			return
		case "no-cache":
			return
		case "max-age":
			if n, err := strconv.Atoi(strings.Trim(value, `"`)); err == nil && n > 0 {
				fresh = time.Duration(min(n, int(maxFresh/time.Second))) * time.Second
			}
		}
	}
	if n, err := strconv.Atoi(h.Get("Age")); err == nil && n > 0 {
		passed = time.Duration(min(n, int(maxFresh/time.Second))) * time.Second
	}
	s.Expires = now.Add(max(fresh-passed, 0))
}

// isFresh reports whether the record may be used without asking. One from the
// future tells nothing, since then a clock was wrong.
func (s *stored) isFresh(now time.Time) bool {
	return now.Before(s.Expires) && !now.Before(s.Stored) && s.Expires.Sub(s.Stored) <= maxFresh
}

// condition adds what makes a request one for changes only.
func (s *stored) condition(header map[string]string) {
	if s.Status != http.StatusOK {
		return
	}
	if s.ETag != "" {
		header["If-None-Match"] = s.ETag
	} else if s.LastModified != "" {
		header["If-Modified-Since"] = s.LastModified
	}
}

// renew returns the record after the index said that it still holds.
func (s *stored) renew(resp *http.Response, now time.Time) *stored {
	n := *s
	n.age(resp.Header, now)
	return &n
}

// cacheKey tells answers apart. It is a hash because keys may be printed, and a
// query may hold what is secret.
func cacheKey(u *url.URL) string {
	bare := *u
	bare.User = nil
	sum := sha256.Sum256([]byte(bare.String()))
	return hex.EncodeToString(sum[:])
}

// errTorn says that the cache has another body than was stored.
var errTorn = errors.New("the cached record is corrupt")

// load returns the record of a URL with its body, or nil.
func (c *Client) load(kind string, u *url.URL, limit int64) *stored {
	if s := c.loadPacked(kind, u); s != nil && s.unpack(limit, &workspace{}) {
		return s
	}
	return nil
}

// loadPacked returns the record of a URL without its body, or nil.
func (c *Client) loadPacked(kind string, u *url.URL) *stored {
	if c.opt.Cache == nil {
		return nil
	}
	b, ok := c.opt.Cache.Get(kind, cacheKey(u))
	if !ok {
		return nil
	}
	head, packed, ok := bytes.Cut(b, []byte("\n"))
	var s stored
	if !ok {
		return nil
	}
	if err := json.Unmarshal(head, &s); err != nil {
		return nil
	}
	s.packed = packed
	return &s
}

// unpack makes the body, of limit bytes at most, and reports whether it is the
// one that was stored. It lies in the workspace.
func (s *stored) unpack(limit int64, space *workspace) bool {
	if n, err := s2.DecodedLen(s.packed); err != nil || int64(n) > limit {
		return false
	}
	body, err := s2.Decode(space.list[:cap(space.list)], s.packed)
	if err != nil || crc32.Checksum(body, castagnoli) != s.CRC {
		return false
	}
	s.body, s.packed, space.list = body, nil, body
	return true
}

// save keeps a record, where the index permits that and there is a cache. What
// it takes to write it is in the workspace, if there is one.
func (c *Client) save(kind string, u *url.URL, s *stored, space *workspace) {
	if c.opt.Cache == nil || !s.keep {
		return
	}
	head, err := json.Marshal(s)
	if err != nil {
		return
	}
	if space == nil {
		space = &workspace{}
	}
	size := len(head) + 1 + s2.MaxEncodedLen(len(s.body))
	b := append(append(grown(space.packed, size), head...), '\n')
	b = b[:len(b)+len(s2.Encode(b[len(b):size], s.body))]
	space.packed = b
	_ = c.opt.Cache.Put(kind, cacheKey(u), b) // a cache that can't be written says so itself
}
