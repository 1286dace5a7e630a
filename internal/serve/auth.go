package serve

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/assemble-image/assemble/internal/osfile"
)

// maxPasswords bounds a file of passwords, in bytes.
const maxPasswords = 1 << 20

// passwords are those of an htpasswd file with bcrypt entries ("htpasswd -B"),
// which is read again when it has changed.
type passwords struct {
	path string

	mu    sync.Mutex
	read  time.Time // the file's
	size  int64
	users map[string][]byte
	// right are passwords that were right, hashed: bcrypt takes 50 ms and more on
	// purpose, and clients send theirs with each request.
	right map[[sha256.Size]byte]bool
}

// ErrPasswords says that a file of passwords can't be used.
var ErrPasswords = errors.New("not an htpasswd file with bcrypt entries (htpasswd -B)")

func readPasswords(path string) (*passwords, error) {
	p := &passwords{path: path}
	return p, p.load()
}

// load reads the file unless it is what was read before.
func (p *passwords) load() error {
	fi, err := os.Stat(p.path)
	if err != nil {
		return err
	}
	if p.users != nil && fi.ModTime().Equal(p.read) && fi.Size() == p.size {
		return nil
	}
	raw, err := osfile.ReadBounded(p.path, maxPasswords)
	if err != nil {
		return err
	}
	users, err := parsePasswords(raw)
	if err != nil {
		return fmt.Errorf("reading %q: %w", p.path, err)
	}
	p.users, p.read, p.size, p.right = users, fi.ModTime(), fi.Size(), map[[sha256.Size]byte]bool{}
	return nil
}

// parsePasswords reads lines of "NAME:HASH"; empty ones and comments are
// skipped. The error names the line, and nothing that is in it.
func parsePasswords(raw []byte) (map[string][]byte, error) {
	users := map[string][]byte{}
	lines := bufio.NewScanner(bytes.NewReader(raw))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, hash, ok := strings.Cut(line, ":")
		if _, err := bcrypt.Cost([]byte(hash)); !ok || name == "" || err != nil {
			return nil, fmt.Errorf("line %d: %w", n, ErrPasswords)
		}
		users[name] = []byte(hash)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPasswords, err)
	}
	if len(users) == 0 {
		return nil, fmt.Errorf("it has no entries: %w", ErrPasswords)
	}
	return users, nil
}

// check reports whether a password is right. While the file can't be read,
// none is.
func (p *passwords) check(user, password string) bool {
	key := sha256.Sum256([]byte(user + "\x00" + password))
	p.mu.Lock()
	err := p.load()
	hash, known := p.users[user]
	right := p.right[key]
	p.mu.Unlock()
	switch {
	case err != nil:
		return false
	case right && known:
		return true
	case !known: // as slow as for a user who is known
		hash = []byte("$2a$10$7EqJtq98hPqEX7fNZaFWoOhi6wGIoxQXZ7E7xW1i7mFQbOeX3lqTW")
	}
	if bcrypt.CompareHashAndPassword(hash, []byte(password)) != nil || !known {
		return false
	}
	p.mu.Lock()
	p.right[key] = true
	p.mu.Unlock()
	return true
}

// authenticate lets in who knows a password. With anybodyReads, that is asked
// of those who write.
func authenticate(next http.Handler, p *passwords, anybodyReads bool) http.Handler {
	if p == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, ok := r.BasicAuth()
		reads := r.Method == http.MethodGet || r.Method == http.MethodHead
		// The API's root is what clients ask how to log in: reading without a password
		// is for those that have none.
		open := anybodyReads && reads && !ok && r.URL.Path != "/v2/"
		if open || ok && p.check(user, password) {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="registry", charset="UTF-8"`)
		w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
		writeError(w, http.StatusUnauthorized, "UNAUTHORIZED", "authentication required")
	})
}
