package credential

import (
	"bytes"
	"encoding/base64"

	"github.com/assemble-image/assemble/internal/lazyregexp"
)

var (
	// dockerValue matches what holds a credential in the configuration of
	// Docker and Podman, in JSON that may itself stand in a JSON string.
	dockerValue = lazyregexp.New(`(?i)"(auth|password|identitytoken|registrytoken)\\*"\s*:\s*\\*"([^"\\]+)`)
	dockerKey   = lazyregexp.New(`(?i)^auths?\\*"\s*:\s*`)
)

// maxDocker is how far behind "auths" its credentials are looked for.
const maxDocker = 3 << 10

// findDocker returns where the credentials begin that docker login writes, to
// whatever file: an object "auths", or, in the older form, an "auth" by itself
// that holds a user and a password. JSON's names are matched as Docker does,
// in any case. It returns -1 if there are none.
func findDocker(b []byte) int {
	for from := 0; ; {
		i := nextAuth(b[from:])
		if i < 0 {
			return -1
		}
		i += from
		from = i + len("auth")
		if i == 0 || b[i-1] != '"' {
			continue
		}
		key := dockerKey.Find(b[i:min(len(b), i+64)])
		if key == nil {
			continue
		}
		if value := b[i+len(key):]; key[4] == 's' || key[4] == 'S' {
			if bytes.HasPrefix(value, []byte("{")) && dockerAuths(value[:min(len(value), maxDocker)]) {
				return i - 1
			}
		} else if m := dockerValue.FindSubmatch(b[i-1 : min(len(b), i+maxDocker)]); m != nil && isUserPassword(m[2]) {
			return i - 1
		}
	}
}

// nextAuth finds "auth" as JSON's names have it, in three ways to write it.
func nextAuth(b []byte) int {
	at := -1
	for _, name := range [...]string{"auth", "Auth", "AUTH"} {
		if i := bytes.Index(b, []byte(name)); i >= 0 && (at < 0 || i < at) {
			at, b = i, b[:i+len(name)-1]
		}
	}
	return at
}

// dockerAuths reports whether any registry has a credential, and not merely a
// variable in its place.
func dockerAuths(b []byte) bool {
	for _, m := range dockerValue.FindAllSubmatch(b, -1) {
		if bytes.IndexByte([]byte("$%<{*"), m[2][0]) < 0 {
			return true
		}
	}
	return false
}

// isUserPassword reports whether b is base64 of USER:PASSWORD.
func isUserPassword(b []byte) bool {
	text, err := base64.StdEncoding.DecodeString(string(b))
	user, password, ok := bytes.Cut(text, []byte(":"))
	if err != nil || !ok || len(user) == 0 || len(password) == 0 {
		return false
	}
	for _, c := range text {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// holdsDocker reports whether base64 text hides such credentials, as in a
// Secret of Kubernetes.
func holdsDocker(b []byte) bool {
	n := min(base64Run(b), maxDocker) &^ 3
	text, err := base64.StdEncoding.DecodeString(string(b[:n]))
	return err == nil && findDocker(text) >= 0
}
