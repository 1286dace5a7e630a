package serve

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// The distribution project's registry has no referrers API. This is one on top
// of it: what has a subject is entered, when it is put, into the index at the
// fallback tag of the spec's "Referrers Tag Schema", and the API answers with
// that index. So nothing new is stored, and clients that know only the tag find
// what others have attached, and the other way round.

// listing serialises changes of fallback tags.
type listing struct{ mu sync.Mutex }

// fallbackTag names the tag of a subject.
func fallbackTag(h v1.Hash) string { return h.Algorithm + "-" + h.Hex }

// putManifest lets the registry take a manifest, and lists it among its
// subject's referrers.
func (s *Server) putManifest(w http.ResponseWriter, r *http.Request, next http.Handler, c call, body []byte) {
	leave, err := s.gate.enter()
	if err != nil {
		writeError(w, http.StatusInternalServerError, "UNKNOWN", "locking the store failed")
		return
	}
	defer leave()
	doc, err := parseDocument(body)
	if err != nil || doc.Subject == nil || doc.Subject.Digest.Algorithm == "" {
		next.ServeHTTP(w, r)
		return
	}
	subject := doc.Subject.Digest
	answer := newAnswer()
	next.ServeHTTP(answer, r)
	if answer.status == http.StatusCreated {
		h, _, err := v1.SHA256(strings.NewReader(string(body)))
		if err == nil {
			err = s.list(r, next, c.name, subject, v1.Descriptor{
				MediaType: types.MediaType(doc.MediaType), Size: int64(len(body)), Digest: h,
				ArtifactType: doc.artifactType(), Annotations: doc.Annotations,
			})
		}
		if err != nil {
			writeError(w, http.StatusInternalServerError, "UNKNOWN", "listing the referrer failed")
			return
		}
		answer.header.Set("OCI-Subject", subject.String())
	}
	for k, v := range answer.header {
		w.Header()[k] = v
	}
	w.WriteHeader(answer.status)
	_, _ = w.Write(answer.body.Bytes()) // the client may be gone
}

// list enters a referrer into the index at its subject's fallback tag.
func (s *Server) list(r *http.Request, next http.Handler, name string, subject v1.Hash, entry v1.Descriptor) error {
	s.listing.mu.Lock()
	defer s.listing.mu.Unlock()
	idx := s.store.referrers(name, subject)
	for _, d := range idx.Manifests {
		if d.Digest == entry.Digest {
			return nil
		}
	}
	idx.Manifests = append(idx.Manifests, entry)
	return s.putIndex(r, next, name, subject, idx)
}

// putIndex puts the index of a subject's referrers by the registry's own API.
func (s *Server) putIndex(r *http.Request, next http.Handler, name string, subject v1.Hash, idx *v1.IndexManifest) error {
	raw, err := json.Marshal(idx)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(r.Context(), http.MethodPut, "/v2/"+name+"/manifests/"+fallbackTag(subject), strings.NewReader(string(raw)))
	if err != nil {
		return err
	}
	req.Host, req.RequestURI = r.Host, req.URL.RequestURI()
	req.Header.Set("Content-Type", string(types.OCIImageIndex))
	answer := newAnswer()
	next.ServeHTTP(answer, req)
	if answer.status != http.StatusCreated {
		return errors.New("the index was refused")
	}
	return nil
}

// referrers reads what is listed of a subject. What was deleted since is left
// out.
func (s store) referrers(name string, subject v1.Hash) *v1.IndexManifest {
	idx := &v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex, Manifests: []v1.Descriptor{}}
	at, ok := s.link(s.tagDir(name, fallbackTag(subject)) + "/current")
	if !ok {
		return idx
	}
	raw, err := s.document(name, at)
	if err != nil {
		return idx
	}
	doc, err := parseDocument(raw)
	if err != nil {
		return idx
	}
	for _, d := range doc.Manifests {
		if _, ok := s.link(s.revisionDir(name, d.Digest)); ok {
			idx.Manifests = append(idx.Manifests, d)
		}
	}
	return idx
}

// serveReferrers answers the referrers API (distribution-spec, "Listing
// Referrers"): all on one page.
func (s *Server) serveReferrers(w http.ResponseWriter, r *http.Request, c call) {
	subject, err := v1.NewHash(c.ref)
	if err != nil {
		writeError(w, http.StatusBadRequest, "DIGEST_INVALID", "the digest is not valid")
		return
	}
	idx := s.store.referrers(c.name, subject)
	if want := r.URL.Query().Get("artifactType"); want != "" {
		kept := idx.Manifests[:0]
		for _, d := range idx.Manifests {
			if d.ArtifactType == want {
				kept = append(kept, d)
			}
		}
		idx.Manifests = kept
		w.Header().Set("OCI-Filters-Applied", "artifactType")
	}
	raw, err := json.Marshal(idx)
	if err != nil {
		writeError(w, http.StatusInternalServerError, "UNKNOWN", "the list can't be written")
		return
	}
	w.Header().Set("Content-Type", string(types.OCIImageIndex))
	_, _ = w.Write(raw) // the client may be gone
}

// answer keeps a response that is small.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func newAnswer() *answer { return &answer{header: http.Header{}, status: http.StatusOK} }

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(status int)      { a.status = status }
func (a *answer) Write(p []byte) (int, error) { return a.body.Write(p) }

// Flush implements http.Flusher, which the registry requires.
func (a *answer) Flush() {}
