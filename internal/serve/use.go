package serve

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// call is a request to the registry's API taken apart: "/v2/NAME/KIND/REF".
type call struct {
	name, kind, ref string
}

// parseCall takes a path of the API apart; repositories' names have slashes.
func parseCall(path string) (call, bool) {
	rest, ok := strings.CutPrefix(path, "/v2/")
	if !ok {
		return call{}, false
	}
	for _, kind := range []string{"manifests", "blobs", "referrers", "tags"} {
		if i := strings.LastIndex(rest, "/"+kind+"/"); i > 0 {
			return call{rest[:i], kind, rest[i+len(kind)+2:]}, validName(rest[:i])
		}
	}
	return call{}, false
}

// validName reports whether a name leads nowhere else in the store. The registry
// itself takes fewer.
func validName(name string) bool {
	return filepath.IsLocal(filepath.FromSlash(name)) && !strings.HasPrefix(name, "_") && !strings.Contains(name, "/_") &&
		!strings.ContainsAny(name, "\\\x00")
}

// inUse keeps a collection of garbage away from what clients rely on: a blob
// that they were told is there, so that they don't send it, counts as new from
// then on, and no blob goes away between the check of a manifest and its link.
// A manifest is read before the gate is entered, since its client may be slow.
func (s *Server) inUse(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, ok := parseCall(r.URL.Path)
		from := r.URL.Query().Get("mount")
		manifest := c.kind == "manifests" && r.Method == http.MethodPut
		asks := (c.kind == "manifests" || c.kind == "blobs") && (r.Method == http.MethodHead || r.Method == http.MethodGet)
		mounts := c.kind == "blobs" && r.Method == http.MethodPost && from != ""
		if !ok || !manifest && !asks && !mounts || s.readOnly {
			next.ServeHTTP(w, r)
			return
		}
		if manifest {
			body, err := io.ReadAll(io.LimitReader(r.Body, maxDocument+1))
			if err != nil {
				writeError(w, http.StatusBadRequest, "MANIFEST_INVALID", "reading the manifest: the connection broke")
				return
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			s.putManifest(w, r, next, c, body)
			return
		}
		leave, err := s.gate.enter()
		if err != nil {
			writeError(w, http.StatusInternalServerError, "UNKNOWN", "locking the store failed")
			return
		}
		for _, ref := range []string{c.ref, from} {
			if h, err := v1.NewHash(ref); err == nil {
				s.store.touch(c.name, h)
			}
		}
		if r.Method == http.MethodGet { // it may take long, and relies on an open file only
			leave()
			next.ServeHTTP(w, r)
			return
		}
		defer leave()
		next.ServeHTTP(w, r)
	})
}

// touch makes a blob count as new, and the links to it in a repository.
func (s store) touch(name string, h v1.Hash) {
	now := time.Now()
	for _, p := range []string{
		s.blobFile(h), filepath.Join(s.layerDir(name, h), "link"), filepath.Join(s.revisionDir(name, h), "link"),
	} {
		_ = os.Chtimes(p, now, now) // it may not be there
	}
}
