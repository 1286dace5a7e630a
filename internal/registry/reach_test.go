package registry

import (
	"errors"
	"net/http"
	"strings"
	"testing"
)

// TestCheckPush holds that the check opens an upload and cancels it, pushes
// nothing, and spares the push its handshake.
func TestCheckPush(t *testing.T) {
	f := newFaulty(t)
	c := quick(Options{})
	repo := f.repo(t, "team/app")
	if err := c.CheckPush(t.Context(), repo); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range f.requests() {
		method, path, _ := strings.Cut(r, " ")
		if strings.HasPrefix(path, "/v2/team/app/blobs/uploads/") {
			path = "upload"
		}
		got = append(got, method+" "+path)
	}
	if want := "GET /v2/, POST upload, DELETE upload"; strings.Join(got, ", ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
	f.forget()
	if _, err := c.PushManifest(t.Context(), repo, testImage(t, 100, 1)); err != nil {
		t.Fatal(err)
	}
	if n := f.count("GET", "/v2/"); n != 0 {
		t.Errorf("pushing shook hands again: %d", n)
	}
}

// TestCheckPushRefused holds that a refusal is told as it is for a push, and
// that a registry that can't cancel uploads is none.
func TestCheckPushRefused(t *testing.T) {
	for _, tt := range []struct {
		name string
		then fault
		want error
		text string
	}{
		{"denied", times(always, "POST", "uploads", denied(http.StatusForbidden, "DENIED", "not yours")), ErrDenied, "not yours"},
		{"no credentials", times(always, "POST", "uploads", denied(http.StatusUnauthorized, "UNAUTHORIZED", "who is it")), ErrUnauthorized, "who is it"},
		{"no repository", times(always, "POST", "uploads", denied(http.StatusNotFound, "NAME_UNKNOWN", "make it first")), ErrNotFound, "make it first"},
		{"can't cancel", times(always, "DELETE", "uploads", status(http.StatusMethodNotAllowed)), nil, ""},
		{"busy for a moment", times(2, "POST", "uploads", status(http.StatusServiceUnavailable)), nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFaulty(t)
			f.script(tt.then)
			err := quick(Options{}).CheckPush(t.Context(), f.repo(t, "team/app"))
			if !errors.Is(err, tt.want) {
				t.Fatalf("got %v, want %v", err, tt.want)
			}
			if tt.want != nil {
				wantOneLine(t, err, "checking the target", "team/app", tt.text)
			}
		})
	}
}

// TestOneHandshake: who may push may read, without another handshake.
func TestOneHandshake(t *testing.T) {
	f := newFaulty(t)
	c := quick(Options{})
	d, err := push(t.Context(), c, f.repo(t, "app"), testImage(t, 100, 1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Referrers(t.Context(), d, ""); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, r := range f.requests() {
		if r == "GET /v2/" {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d handshakes", n)
	}
}
