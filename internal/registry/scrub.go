package registry

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/assemble-image/assemble/internal/lazyregexp"
)

// minLong is how long a secret must be, in bytes, to be taken for one in a
// header.
const minLong = 16

// hidden takes the place of a secret.
const hidden = "***"

// Secrets that need not be known to be seen: credentials with their scheme
// (RFC 9110, 11.4), userinfo, and the query of an address, which may be signed.
var (
	schemePattern   = lazyregexp.New(`(?i)\b(basic|bearer)(\s+)[\w+/=.~-]{16,}`)
	userinfoPattern = lazyregexp.New(`(?i)(\bhttps?://)[^\s/@"]+@`)
	queryPattern    = lazyregexp.New(`(?i)(\bhttps?://[^\s?"]+\?)[^\s"]+`)
)

// secrets are the credentials that a session has sent, in all forms in which
// a registry might repeat them.
type secrets struct {
	mu    sync.Mutex
	known map[string]bool
}

// add remembers a secret; one of two characters would be found everywhere.
func (s *secrets) add(secret string) {
	if len(secret) < 3 {
		return
	}
	quoted, _ := json.Marshal(secret) // strings always encode
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, form := range []string{
		secret, url.QueryEscape(secret), url.PathEscape(secret), string(quoted[1 : len(quoted)-1]),
		base64.StdEncoding.EncodeToString([]byte(secret)), base64.URLEncoding.EncodeToString([]byte(secret)),
		base64.RawStdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)),
	} {
		s.known[form] = true
	}
}

// addConfig remembers what a keychain has.
func (s *secrets) addConfig(cfg *authn.AuthConfig) {
	for _, secret := range []string{cfg.Password, cfg.Auth, cfg.IdentityToken, cfg.RegistryToken} {
		s.add(secret)
	}
	if cfg.Password != "" {
		s.add(cfg.Username + ":" + cfg.Password)
	}
}

// addHeader remembers what a request sends.
func (s *secrets) addHeader(authorization string) {
	_, credentials, _ := strings.Cut(authorization, " ")
	s.add(credentials)
}

// hide takes secrets out of a text, the longest first: one may be a part of
// another.
func (s *secrets) hide(text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		longest := ""
		for form := range s.known {
			if len(form) > len(longest) && form != hidden && strings.Contains(text, form) {
				longest = form
			}
		}
		if longest == "" {
			break
		}
		text = strings.ReplaceAll(text, longest, "\x00")
	}
	text = strings.ReplaceAll(text, "\x00", hidden)
	text = schemePattern.ReplaceAllString(text, "$1$2"+hidden)
	text = userinfoPattern.ReplaceAllString(text, "$1"+hidden+"@")
	return queryPattern.ReplaceAllString(text, "$1"+hidden)
}

// scrubber is the transport that takes secrets out of what a registry says
// when it refuses something: such texts end in messages and logs.
type scrubber struct {
	inner   http.RoundTripper
	secrets *secrets
}

// RoundTrip implements http.RoundTripper.
func (t *scrubber) RoundTrip(in *http.Request) (*http.Response, error) {
	t.secrets.addHeader(in.Header.Get("Authorization"))
	resp, err := t.inner.RoundTrip(in)
	if err != nil {
		return nil, err
	}
	for name, values := range resp.Header {
		if name == "Location" || name == "Link" || name == "Www-Authenticate" {
			continue // they lead the way, and are not shown
		}
		for i := range values {
			values[i] = t.secrets.hideLong(values[i])
		}
	}
	if resp.StatusCode < http.StatusBadRequest {
		return resp, nil
	}
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
	resp.Body.Close()
	if err != nil {
		raw = nil // the status tells more than a broken body
	}
	resp.Body = io.NopCloser(bytes.NewReader(t.scrub(raw)))
	resp.ContentLength = -1
	return resp, nil
}

// hideLong takes out of a value with a meaning what can't be a part of it: a
// password may be "application".
func (s *secrets) hideLong(value string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for form := range s.known {
		if len(form) >= minLong && strings.Contains(value, form) {
			return hidden
		}
	}
	return value
}

// scrub hides secrets in a body. In JSON they may be escaped in any way.
func (t *scrubber) scrub(raw []byte) []byte {
	var doc any
	if json.Unmarshal(raw, &doc) != nil {
		return []byte(t.secrets.hide(string(raw)))
	}
	clean, err := json.Marshal(t.value(doc))
	if err != nil {
		return nil
	}
	return clean
}

func (t *scrubber) value(v any) any {
	switch v := v.(type) {
	case string:
		return t.secrets.hide(v)
	case []any:
		for i := range v {
			v[i] = t.value(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = t.value(v[k])
		}
	}
	return v
}
