package archive_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/assemble-image/assemble/internal/debs/archive"
	"github.com/assemble-image/assemble/internal/debs/debtest"
)

// hosts serves a directory of a host's name for each host.
type hosts struct{ dir string }

func (h hosts) RoundTrip(req *http.Request) (*http.Response, error) {
	return http.NewFileTransport(http.Dir(filepath.Join(h.dir, req.URL.Host))).RoundTrip(req)
}

// Archives whose earlier states are known to be elsewhere need not say so.
func TestPublicSnapshots(t *testing.T) {
	at := debtest.Date.Add(-time.Hour)
	for uri, want := range map[string]string{
		"http://deb.debian.org/debian":            "http://snapshot.debian.org/archive/debian/20260301T110000Z",
		"https://deb.debian.org/debian-security/": "http://snapshot.debian.org/archive/debian-security/20260301T110000Z",
		"http://ftp.de.debian.org/debian":         "http://snapshot.debian.org/archive/debian/20260301T110000Z",
		"http://security.ubuntu.com/ubuntu":       "https://snapshot.ubuntu.com/ubuntu/20260301T110000Z",
		"http://de.archive.ubuntu.com/ubuntu/":    "https://snapshot.ubuntu.com/ubuntu/20260301T110000Z",
		"http://ports.ubuntu.com/ubuntu-ports":    "https://snapshot.ubuntu.com/ubuntu/20260301T110000Z",
		"http://debian.org.example.com/debian":    "",
		"http://example.com/deb.debian.org":       "",
	} {
		dir, key := t.TempDir(), debtest.NewKey(t)
		name := filepath.FromSlash(strings.TrimSuffix(strings.SplitN(uri, "://", 2)[1], "/"))
		(&debtest.Archive{Dir: filepath.Join(dir, name), Suite: "stable", Lists: map[string]string{"main/arm64": ""}}).Write(t, key)
		c := archive.New(archive.Options{Now: debtest.Date.Add(time.Minute), Transport: hosts{dir}, Tries: 1})
		source := archive.Source{URIs: []string{uri}, Suite: "stable", Components: []string{"main"}, Keys: debtest.Keyring(t, key)}
		got, err := c.Snapshot(t.Context(), fstest.MapFS{}, source, at)
		if want == "" && err == nil || want != "" && (err != nil || len(got.URIs) != 1 || got.URIs[0] != want) {
			t.Errorf("%s: got %q, %v", uri, got.URIs, err)
		}
	}
}
