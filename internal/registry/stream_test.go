package registry

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// A blob whose digest is known at the end is in the repository, and needn't be
// pushed again; where that fails, it can be.
func TestStreamBlob(t *testing.T) {
	l, err := random.Layer(3<<20, types.OCILayer)
	if err != nil {
		t.Fatal(err)
	}
	rc, err := l.Compressed()
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(rc)
	if err != nil {
		t.Fatal(err)
	}
	digest, _ := l.Digest()
	tests := []struct {
		name   string
		faults []fault
		sent   []byte
		ok     bool
	}{
		{"well", nil, content, true},
		{"no upload is opened", []fault{times(1, "POST", "uploads", status(http.StatusForbidden))}, content, false},
		{"refused at once", []fault{times(1, "PATCH", "uploads", status(http.StatusServiceUnavailable))}, content, false},
		{"refused at the end", []fault{times(1, "PUT", "uploads", status(http.StatusBadRequest))}, content, false},
		{"another blob", nil, content[:1<<20], false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFaulty(t)
			c := quick(Options{Jobs: 1})
			repo := f.repo(t, "team/app")
			f.script(tt.faults...)
			w, err := c.StreamBlob(t.Context(), repo)
			if err == nil {
				_, _ = io.Copy(w, bytes.NewReader(tt.sent))
				err = w.Commit(digest, int64(len(content)))
			}
			if (err == nil) != tt.ok {
				t.Fatalf("error %v", err)
			}
			f.forget()
			outcome, err := c.PushLayer(t.Context(), repo, l)
			if err != nil || outcome != Uploaded {
				t.Errorf("%v, %v", outcome, err)
			}
			if n := len(f.requests()); (n == 0) != tt.ok {
				t.Errorf("%d requests", n)
			}
		})
	}
}

func TestStreamBlobAborted(t *testing.T) {
	f := newFaulty(t)
	c := quick(Options{Jobs: 1})
	if _, err := quick(Options{ChunkSize: 1 << 20}).StreamBlob(t.Context(), f.repo(t, "team/app")); !errors.Is(err, errChunked) {
		t.Errorf("in chunks: %v", err)
	}
	for range 3 { // each gives its place back
		w, err := c.StreamBlob(t.Context(), f.repo(t, "team/app"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(make([]byte, 100_000)); err != nil {
			t.Fatal(err)
		}
		w.Abort()
		w.Abort()
		if _, err := w.Write([]byte{1}); !errors.Is(err, io.ErrClosedPipe) && err == nil {
			t.Errorf("error %v", err)
		}
	}
}
