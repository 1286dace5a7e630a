package registry

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// TestEchoedCredentials is issue 10, item 1.8: a registry repeats what it was
// sent, in any form.
func TestEchoedCredentials(t *testing.T) {
	const password = `pa"ss&wörd/+s3cr3t`
	pair := base64.StdEncoding.EncodeToString([]byte("me:" + password))
	for name, text := range map[string]string{
		"header": "bad header Basic " + pair, "credentials": pair, "password": "no such user " + password,
		"pair": "me:" + password, "query": url.QueryEscape(password), "path": url.PathEscape(password),
		"base64": base64.StdEncoding.EncodeToString([]byte(password)), "long": strings.Repeat("x", maxDetail-8) + password,
		"URL": "see https://me:" + url.QueryEscape(password) + "@host/x?sig=" + pair,
	} {
		t.Run(name, func(t *testing.T) {
			for _, at := range []string{"/v2/app/manifests/", "/v2/"} {
				f := newFaulty(t)
				f.script(func(w http.ResponseWriter, r *http.Request) bool {
					if r.Header.Get("Authorization") == "" {
						w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
						denied(401, "UNAUTHORIZED", "login")(w, r)
						return true
					}
					if !strings.HasPrefix(r.URL.Path, at) {
						return false
					}
					body, _ := json.Marshal(text)
					w.WriteHeader(http.StatusForbidden)
					fmt.Fprintf(w, `{"errors":[{"code":"DENIED","message":%s}]}`, body)
					return true
				})
				_, _, err := quick(Options{Keychain: keychain{"me", password}}).Image(t.Context(), f.host+"/app:v1", v1.Platform{})
				wantOneLine(t, err, "denied")
				for _, s := range []string{"s3cr3t", pair, pair[:20], `pa"ss`, "sig=" + pair[:4]} {
					if strings.Contains(err.Error(), s) {
						t.Errorf("%s: the error tells %q: %v", at, s, err)
					}
				}
			}
		})
	}
}

// TestWhichCredentials is issue 10, item 4.6.
func TestWhichCredentials(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("HOME", dir)
	t.Setenv("DOCKER_CONFIG", "")
	t.Setenv("REGISTRY_AUTH_FILE", "")
	t.Setenv("XDG_RUNTIME_DIR", "")
	t.Setenv("XDG_CONFIG_HOME", "")
	for _, tt := range []struct {
		name, file, env string
		code            int
		want            string
		kind            error
	}{
		{"none", "", "", 401, "no credentials for HOST", ErrNoCredentials},
		{"none, denied", "", "", 403, "no credentials for HOST", ErrNoCredentials},
		{"docker's, wrong", ".docker/config.json", "", 401, "credentials from FILE were refused", ErrRefused},
		{"podman's, wrong", ".config/containers/auth.json", "", 401, "credentials from FILE were refused", ErrRefused},
		{"another file, wrong", "auth.json", "REGISTRY_AUTH_FILE", 401, "credentials from FILE were refused", ErrRefused},
		{"no permission", ".docker/config.json", "", 403, "access denied (HTTP 403)", ErrDenied},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFaulty(t)
			path := filepath.Join(dir, tt.file)
			if tt.file != "" {
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				text := fmt.Sprintf(`{"auths":{%q:{"auth":%q}}}`, f.host, base64.StdEncoding.EncodeToString([]byte("me:"+secret)))
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				defer os.Remove(path)
			}
			if tt.env != "" {
				t.Setenv(tt.env, path)
			}
			f.script(func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path == "/v2/" || tt.code == 401 {
					w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
					w.WriteHeader(http.StatusUnauthorized)
					return true
				}
				denied(tt.code, "DENIED", "no")(w, r)
				return true
			})
			c := quick(Options{Keychain: authn.DefaultKeychain})
			_, _, err := c.Image(t.Context(), f.host+"/app:v1", v1.Platform{})
			wantOneLine(t, err, strings.NewReplacer("HOST", f.host, "FILE", path).Replace(tt.want))
			if !errors.Is(err, tt.kind) || strings.Contains(err.Error(), secret) {
				t.Errorf("got %v", err)
			}
			if errors.Is(tt.kind, ErrDenied) && (errors.Is(err, ErrRefused) || errors.Is(err, ErrNoCredentials)) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestReferencesWithCredentials: what may be a password isn't repeated.
func TestReferencesWithCredentials(t *testing.T) {
	for _, ref := range []string{
		"me:" + secret + "@host/app", "me:" + secret + "@host", "me:p@" + secret + "@host/app", "https://me:" + secret + "@host/app:1",
		"me:" + secret + "@host/app@sha256:" + strings.Repeat("0", 64), "me:" + secret + "/x@host/app",
	} {
		_, err := ParseReference(ref, false)
		if err == nil || strings.Contains(err.Error(), secret) || !strings.Contains(err.Error(), "credentials") {
			t.Errorf("%s: %v", ref, err)
		}
	}
	for _, ref := range []string{"host/app@sha256:" + strings.Repeat("0", 64), "host/app:1@sha256:" + strings.Repeat("0", 64), "app"} {
		if _, err := ParseReference(ref, false); err != nil {
			t.Errorf("%s: %v", ref, err)
		}
	}
}
