package registry

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/google/go-containerregistry/pkg/authn"
)

// Why a registry wants other credentials, for errors.Is beside
// [ErrUnauthorized] and [ErrDenied].
var (
	// ErrNoCredentials: none are known for the registry.
	ErrNoCredentials = errors.New("no credentials")
	// ErrRefused: those that are known are not valid.
	ErrRefused = errors.New("credentials refused")
)

// explain says of a refusal which credentials the session came with.
func (s *session) explain(err error) error {
	e := toError(err)
	switch {
	case e.Login != nil, !errors.Is(e, ErrUnauthorized) && !errors.Is(e, ErrDenied):
		return err
	case s.anonymous:
		e.Login = &Login{Kind: ErrNoCredentials, Detail: "no credentials for " + s.repo.RegistryStr()}
	case errors.Is(e, ErrDenied):
		return err // they are valid, but don't permit it
	case s.source == "":
		e.Login = &Login{Kind: ErrRefused, Detail: "the credentials for " + s.repo.RegistryStr() + " were refused"}
	default:
		e.Login = &Login{Kind: ErrRefused, Detail: fmt.Sprintf("credentials from %s were refused", s.source)}
	}
	return e
}

// Login says which credentials a refused request came with.
type Login struct {
	// Kind is [ErrNoCredentials] or [ErrRefused].
	Kind error
	// Detail says it with the registry's or the file's name.
	Detail string
}

// credentialFile is the file in which authn.DefaultKeychain looks for
// credentials, or which names the helper that it asks; "" for another keychain.
func credentialFile(k authn.Keychain) string {
	if k != authn.DefaultKeychain {
		return ""
	}
	home, _ := os.UserHomeDir() // "" is as good as none
	docker := filepath.Join(home, ".docker")
	dir := cmp.Or(os.Getenv("DOCKER_CONFIG"), docker)
	if isFile(filepath.Join(docker, "config.json")) || isFile(filepath.Join(dir, "config.json")) {
		return filepath.Join(dir, "config.json")
	}
	config := cmp.Or(os.Getenv("XDG_CONFIG_HOME"), filepath.Join(home, ".config"))
	for _, path := range []string{
		os.Getenv("REGISTRY_AUTH_FILE"),
		filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), "containers", "auth.json"),
		filepath.Join(config, "containers", "auth.json"),
	} {
		if isFile(path) {
			return path
		}
	}
	return ""
}

func isFile(path string) bool {
	fi, err := os.Stat(path)
	return err == nil && !fi.IsDir()
}
