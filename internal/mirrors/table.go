package mirrors

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/assemble-image/assemble/internal/registry"
)

// DefaultDir is where containerd has its hosts.toml files.
const DefaultDir = "/etc/containerd/certs.d"

// dockerHub is how people and containerd call what clients call
// "index.docker.io".
const dockerHub = "docker.io"

// Table knows mirrors. It is for concurrent use once its fields are set.
type Table struct {
	// Config lists mirrors by registry: "docker.io" → "mirror.corp/dockerhub". They
	// come before those of Dir.
	Config map[string][]string
	// Dir is a directory with a hosts.toml for each registry; "" is none.
	Dir string

	mu    sync.Mutex
	known map[string][]registry.Mirror
}

// Lookup returns the mirrors of a registry, in the order in which they are
// asked.
func (t *Table) Lookup(host string) ([]registry.Mirror, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if list, ok := t.known[host]; ok {
		return list, nil
	}
	name := host
	if host == "index.docker.io" {
		name = dockerHub
	}
	var list []registry.Mirror
	for _, text := range t.Config[name] {
		m, err := Parse(text)
		if err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	more, err := t.fromDir(name)
	if err != nil {
		return nil, err
	}
	if t.known == nil {
		t.known = map[string][]registry.Mirror{}
	}
	t.known[host] = append(list, more...)
	return t.known[host], nil
}

// Parse reads a mirror as a config has it: "[http://|https://]HOST[:PORT][/PREFIX]".
func Parse(text string) (registry.Mirror, error) {
	full := text
	if !strings.Contains(text, "://") {
		full = "https://" + text
	}
	u, err := url.Parse(full)
	switch {
	case err != nil, u.Host == "", u.Scheme != "https" && u.Scheme != "http", u.RawQuery != "", u.Fragment != "":
		return registry.Mirror{}, fmt.Errorf("mirror %q: must be HOST[:PORT][/PREFIX]", text)
	case u.User != nil:
		return registry.Mirror{}, fmt.Errorf("mirror of %q: a mirror can't contain credentials", u.Host)
	}
	return registry.Mirror{Host: u.Host, HTTP: u.Scheme == "http", Prefix: strings.Trim(u.Path, "/")}, nil
}

// fromDir reads the hosts.toml of a registry, or that of "_default".
func (t *Table) fromDir(name string) ([]registry.Mirror, error) {
	if t.Dir == "" {
		return nil, nil
	}
	dirs := []string{name, "_default"}
	if host, port, ok := strings.Cut(name, ":"); ok { // for file systems without colons
		dirs = []string{host + "_" + port + "_", name, "_default"}
	}
	for _, d := range dirs {
		file := filepath.Join(t.Dir, d, "hosts.toml")
		if !filepath.IsLocal(d) {
			continue
		}
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) && t.Dir == DefaultDir {
			continue
		}
		list, err := readHosts(file, name)
		if errors.Is(err, fs.ErrPermission) && t.Dir == DefaultDir {
			return nil, nil // it is there for somebody else
		}
		return list, err
	}
	return nil, nil
}
