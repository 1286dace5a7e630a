package fetch

import (
	"crypto/sha512"
	"fmt"
	"strings"
	"testing"

	"github.com/assemble-image/assemble/internal/index"
)

func sha512Of(b []byte) string { return fmt.Sprintf("%x", sha512.Sum512(b)) }

func TestJudge(t *testing.T) {
	a, b := strings.Repeat("a", 64), strings.Repeat("b", 64)
	long, other := strings.Repeat("a", 128), strings.Repeat("b", 128)
	for _, tt := range []struct {
		want  digests
		given index.Hashes
		is    verdict
	}{
		{digests{"sha256:" + a}, index.Hashes{SHA256: a}, matched},
		{digests{"sha256:" + a}, index.Hashes{SHA256: strings.ToUpper(a)}, matched},
		{digests{"sha256:" + a}, index.Hashes{SHA256: b}, mismatched},
		{digests{"sha256:" + a}, index.Hashes{}, unknown},
		{digests{"sha256:" + a}, index.Hashes{SHA512: long}, unknown},
		{digests{"sha512:" + long}, index.Hashes{SHA256: a}, unknown},
		{digests{"sha512:" + long}, index.Hashes{SHA256: a, SHA512: other}, mismatched},
		{digests{"sha512:" + long}, index.Hashes{SHA256: a, SHA512: long}, matched},
		{digests{"sha256:" + a, "sha512:" + long}, index.Hashes{SHA256: b}, unknown},
		{digests{"sha256:" + a, "sha512:" + long}, index.Hashes{SHA256: b, SHA512: other}, mismatched},
	} {
		if got := tt.want.judge(tt.given); got != tt.is {
			t.Errorf("%v with %v: %d, want %d", tt.want, tt.given, got, tt.is)
		}
	}
}

// TestLocksWithoutSHA256 downloads by SHA-512 or SHA-384 alone: where the index
// gives that hash, where it gives a SHA-256 only, and where the bytes differ.
func TestLocksWithoutSHA256(t *testing.T) {
	good := noise(pure, 3000)
	for name, tt := range map[string]struct {
		hashes, page, err string
		sent              []byte
	}{
		"the index gives it":      {"sha512:" + sha512Of(good), `,"hashes":{"sha512":"` + sha512Of(good) + `"}`, "", good},
		"the index has another":   {"sha512:" + sha512Of(good), "", "", good},
		"sha384":                  {"sha384:" + fmt.Sprintf("%x", sha512.Sum384(good)), "", "", good},
		"wrong bytes":             {"sha512:" + sha512Of(good), "", "got sha512:" + sha512Of(noise("x", 3000)) + ", the lock lists sha512:" + sha512Of(good), noise("x", 3000)},
		"mismatched by the index": {"sha512:" + sha512Of(good), `,"hashes":{"sha512":"` + sha512Of(nil) + `"}`, "whose hash is not in the lock", good},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			s.files[pure] = tt.sent
			s.page("demo", strings.TrimSuffix(pure+"|"+tt.page, "|"))
			r := newRun(t, index.Options{}, s)
			p := pin(t, "demo", "1.0")
			p.Hashes = []string{tt.hashes}
			for range 2 { // the second time, it is there
				got, err := r.fetch(p)
				if tt.err != "" {
					if err == nil || !strings.Contains(err.Error(), tt.err) {
						t.Errorf("got %v, want %q", err, tt.err)
					}
					continue
				}
				if err != nil || got[0].SHA256 != digestOf(good) {
					t.Errorf("got %+v, %v", got, err)
				}
			}
			if n := strings.Count(s.requests(), pure); tt.err == "" && n != 1 {
				t.Errorf("%d downloads", n)
			}
		})
	}
}
