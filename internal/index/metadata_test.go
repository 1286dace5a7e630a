package index

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/assemble-image/assemble/internal/wheeltest"
)

// bigWheel returns a wheel whose metadata is far from its end and from its
// beginning when big, else one that fits into one range.
func bigWheel(big bool) (name string, wheel []byte, metadata string) {
	metadata = "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Dist: other\n"
	noise := make([]byte, 200<<10)
	_, _ = rand.NewChaCha8([32]byte{}).Read(noise)
	w := wheeltest.Wheel{Name: "demo", Version: "1.0", MetadataFile: metadata, Files: []wheeltest.File{{Name: "demo/__init__.py", Data: []byte("x = 1\n")}}}
	if big {
		w.Files = append(w.Files, wheeltest.File{Name: "demo/noise", Data: noise})
		w.Zip = func(z *wheeltest.Zip) {
			z.Files = append(z.Files, wheeltest.File{Name: "demo/more", Data: noise})
		}
	}
	return w.Filename(), w.Bytes(), metadata
}

func digestOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func TestMetadataByTheWaysThereAre(t *testing.T) {
	name, small, metadata := bigWheel(false)
	_, big, _ := bigWheel(true)
	ranges := func(b []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			http.ServeContent(w, r, "", time.Unix(1, 0), bytes.NewReader(b))
		}
	}
	for _, tt := range []struct {
		name     string
		metadata string // the file of its own, "" for none
		hash     string
		claimed  bool
		wheel    http.HandlerFunc
		size     int64
		want     string // part of the error
		requests int
	}{
		{name: "file", metadata: metadata, claimed: true, hash: digestOf([]byte(metadata)), requests: 1},
		{name: "file without hash", metadata: metadata, claimed: true, requests: 1},
		{name: "file with another hash", metadata: metadata, claimed: true, hash: someHash, requests: 1, want: "its sha256 is " + digestOf([]byte(metadata))},
		{name: "file of another project", metadata: strings.Replace(metadata, "demo", "evil", 1), claimed: true, requests: 1, want: "evil"},
		{name: "file promised only", claimed: true, wheel: ranges(small), requests: 2},
		{name: "range, size known", wheel: ranges(small), size: int64(len(small)), requests: 1},
		{name: "range, size unknown", wheel: ranges(small), size: -1, requests: 1},
		{name: "ranges", wheel: ranges(big), size: -1, requests: 2},
		{name: "size wrong", wheel: ranges(small), size: int64(len(small)) - 1, requests: 1, want: "requested the end of the file"},
		{name: "no ranges", wheel: func(w http.ResponseWriter, _ *http.Request) { w.Write(big) }, size: -1, requests: 1},
		{name: "no wheel", wheel: func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }, requests: 1, want: "its sha256 is"},
		{name: "lies about the range", wheel: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Range", "bytes 0-9/5")
			w.WriteHeader(http.StatusPartialContent)
		}, size: -1, requests: 1, want: "Content-Range"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t)
			if tt.metadata != "" {
				s.serve("/f/"+name+".metadata", "text/plain", tt.metadata)
			}
			if tt.wheel != nil {
				s.mux.HandleFunc("/f/"+name, tt.wheel)
			}
			more := fmt.Sprintf(`,"core-metadata":%v`, tt.claimed)
			if tt.hash != "" {
				more = `,"core-metadata":{"sha256":"` + tt.hash + `"}`
			}
			sha := digestOf(big)
			s.page("demo", fmt.Sprintf(`{"filename":%q,"url":"/f/%s","hashes":{"sha256":%q},"size":%d%s}`, name, name, sha, tt.size, more))
			store := newMapStore()
			c := newTestClient(t, Options{Cache: store}, s)
			f := mustProject(t, c, "demo").Files[0]
			s.requests()
			b, err := c.Metadata(context.Background(), f)
			if tt.want != "" {
				if b != nil && err == nil || !errors.Is(err, ErrContent) && !strings.Contains(err.Error(), "METADATA") || !strings.Contains(fmt.Sprint(err), tt.want) {
					t.Errorf("got %q, %v; want %q", b, err, tt.want)
				}
			} else if err != nil || string(b) != metadata {
				t.Errorf("got %q, %v", b, err)
			}
			if log := s.requests(); len(log) != tt.requests {
				t.Errorf("requests: %q, want %d", log, tt.requests)
			}
			if tt.want != "" {
				return
			}
			again, err := newTestClient(t, Options{Cache: store, Offline: true}, s).Metadata(context.Background(), f)
			if err != nil || string(again) != metadata || len(s.requests()) != 0 {
				t.Errorf("from the cache: %q, %v", again, err)
			}
		})
	}
}

// TestMetadataThatIsWrong holds that a METADATA file that can't be read, or is
// another wheel's, is wrong content: one version can't be used, and no more.
func TestMetadataThatIsWrong(t *testing.T) {
	name, _, metadata := bigWheel(false)
	for what, text := range map[string]string{
		"of another project": strings.Replace(metadata, "demo", "evil", 1),
		"not UTF-8":          metadata + "\xff",
		"with two names":     "Name: demo\n" + metadata,
		"empty":              "",
	} {
		s := newServer(t)
		s.serve("/f/"+name+".metadata", "text/plain", text)
		s.page("demo", fmt.Sprintf(`{"filename":%q,"url":"/f/%s","hashes":{},"core-metadata":true}`, name, name))
		c := newTestClient(t, Options{}, s)
		b, err := c.Metadata(context.Background(), mustProject(t, c, "demo").Files[0])
		if !errors.Is(err, ErrContent) || b != nil {
			t.Errorf("%s: got %d bytes, %v", what, len(b), err)
		}
	}
}

func TestMetadataOfAWheelThatIsReplacedMeanwhile(t *testing.T) {
	name, big, _ := bigWheel(true)
	s := newServer(t)
	n := 0
	s.mux.HandleFunc("/f/"+name, func(w http.ResponseWriter, r *http.Request) {
		n++
		w.Header().Set("ETag", fmt.Sprintf(`"%d"`, n))
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(big))
	})
	s.page("demo", fmt.Sprintf(`{"filename":%q,"url":"/f/%s","hashes":{}}`, name, name))
	c := newTestClient(t, Options{}, s)
	_, err := c.Metadata(context.Background(), mustProject(t, c, "demo").Files[0])
	if !errors.Is(err, ErrContent) || !strings.Contains(err.Error(), "replaced") {
		t.Errorf("got %v", err)
	}
}

func TestPagesInTheCache(t *testing.T) {
	s := newServer(t)
	control, hits, misses := "max-age=600", 0, 0
	s.mux.HandleFunc("/simple/demo/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", control)
		w.Header().Set("ETag", `"one"`)
		w.Header().Set("Content-Type", "text/html")
		if r.Header.Get("If-None-Match") == `"one"` {
			hits++
			w.WriteHeader(http.StatusNotModified)
			return
		}
		misses++
		fmt.Fprint(w, `<a href="demo-1-py3-none-any.whl">`)
	})
	store := newMapStore()
	look := func(opt Options) error {
		opt.Cache = store
		p, err := newTestClient(t, opt, s).Project(context.Background(), "demo")
		if err == nil && filenames(p) != "demo-1-py3-none-any.whl" {
			return errors.New(filenames(p))
		}
		return err
	}
	expect := func(what string, wantMisses, wantHits int, err error) {
		t.Helper()
		if err != nil || misses != wantMisses || hits != wantHits {
			t.Errorf("%s: %d misses, %d hits, %v", what, misses, hits, err)
		}
	}
	if err := look(Options{Offline: true}); !errors.Is(err, ErrOffline) {
		t.Errorf("offline and empty: %v", err)
	}
	expect("first", 1, 0, look(Options{}))
	expect("fresh", 1, 0, look(Options{}))
	expect("offline", 1, 0, look(Options{Offline: true}))
	control = "max-age=0"
	expect("refresh", 1, 1, look(Options{Refresh: true}))
	expect("stale", 1, 2, look(Options{}))
	for k, v := range store.m {
		store.m[k] = append(v[:len(v)-1:len(v)-1], v[len(v)-1]^1)
	}
	control = "no-store"
	expect("damaged", 2, 3, look(Options{}))
	store.m = map[string][]byte{}
	expect("not to be stored", 3, 3, look(Options{}))
	if len(store.m) != 0 {
		t.Error("it was stored")
	}
}

func TestAnIndexWithoutTheProjectIsRememberedOffline(t *testing.T) {
	first, second := newServer(t), newServer(t)
	second.page("demo", `{"filename":"demo-1-py3-none-any.whl","url":"x"}`)
	store := newMapStore()
	mustProject(t, newTestClient(t, Options{Cache: store}, first, second), "demo")
	mustProject(t, newTestClient(t, Options{Cache: store, Offline: true}, first, second), "demo")
	// Nothing is known of an index that was never asked.
	other := newServer(t)
	if _, err := newTestClient(t, Options{Cache: store, Offline: true}, other, second).Project(context.Background(), "demo"); !errors.Is(err, ErrOffline) {
		t.Errorf("got %v", err)
	}
}

func TestFreshnessNeedsARightClock(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		control, age string
		after        time.Duration
		want         bool
	}{
		{"max-age=600", "", 599 * time.Second, true},
		{"max-age=600", "", 600 * time.Second, false},
		{"max-age=600", "500", 99 * time.Second, true},
		{"max-age=600", "500", 100 * time.Second, false},
		{"max-age=600", "", -time.Second, false},
		{"public, MAX-AGE=600", "", time.Second, true},
		{"max-age=600, no-cache", "", time.Second, false},
		{"max-age=9999999", "", maxFresh - time.Second, true},
		{"max-age=9999999", "", maxFresh, false},
		{"", "", 0, false},
	} {
		var s stored
		s.age(http.Header{"Cache-Control": {tt.control}, "Age": {tt.age}}, now)
		if got := s.isFresh(now.Add(tt.after)); got != tt.want {
			t.Errorf("%q, age %q, after %v: %v", tt.control, tt.age, tt.after, got)
		}
	}
}
