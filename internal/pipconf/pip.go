package pipconf

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// pipVariables are what PIP_… say. As with pip, an empty one says nothing.
func (m Machine) pipVariables() (*settings, error) {
	values := map[string]setting{}
	for _, key := range pipKeys {
		name := "PIP_" + strings.ToUpper(strings.ReplaceAll(key, "-", "_"))
		if v := m.Getenv(name); v != "" {
			values[key] = setting{v, name}
		}
	}
	return m.pipSettings(values)
}

// pipKeys are the keys of pip that matter.
var pipKeys = []string{"index-url", "extra-index-url", "find-links", "no-index", "cert"}

// pipSettings reads the values of keys.
func (m Machine) pipSettings(values map[string]setting) (*settings, error) {
	s := &settings{index: values["index-url"], cert: values["cert"]}
	s.index.value = strings.TrimSpace(s.index.value)
	s.extra = split(values["extra-index-url"], strings.Fields(values["extra-index-url"].value))
	for _, x := range split(values["find-links"], strings.Fields(values["find-links"].value)) {
		s.links = append(s.links, link(x, m.Dir, m.home()))
	}
	if s.cert.value != "" {
		s.cert.value = absolute(s.cert.value, m.Dir, m.home())
	}
	var err error
	if values["no-index"].value != "" {
		s.noIndex, err = truth(values["no-index"])
	}
	return s, err
}

// under lays other over s, key by key, as pip lays its variables over its files.
func (s *settings) under(other *settings) *settings {
	all := *s
	if other.index.value != "" {
		all.index = other.index
	}
	if other.extra != nil {
		all.extra = other.extra
	}
	if other.links != nil {
		all.links = other.links
	}
	if other.noIndex.value != "" {
		all.noIndex = other.noIndex
	}
	if other.cert.value != "" {
		all.cert = other.cert
	}
	return &all
}

// pipFiles are what pip's files say, those of the whole machine, the user, the
// virtual environment, and the one that PIP_CONFIG_FILE names, each over those
// before.
func (m Machine) pipFiles() (*settings, error) {
	sections := map[string]map[string]setting{}
	for _, path := range m.pipPaths() {
		text, ok, err := read(path)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		if err := addINI(sections, path, text); err != nil {
			return nil, err
		}
	}
	return m.pipSettings(merged(sections))
}

// merged lays those sections over each other that hold when pip installs.
func merged(sections map[string]map[string]setting) map[string]setting {
	values := map[string]setting{}
	for _, section := range []string{"global", "download", "install"} {
		for _, key := range pipKeys {
			if v := sections[section][key]; v.value != "" {
				values[key] = v
			}
		}
	}
	return values
}

// pipPaths are pip's files, the strongest last (pip's configuration.py).
func (m Machine) pipPaths() []string {
	name := "pip.conf"
	if runtime.GOOS == "windows" {
		name = "pip.ini"
	}
	own := m.Getenv("PIP_CONFIG_FILE")
	if own == os.DevNull {
		return nil
	}
	var list []string
	dirs := m.systemDirs()
	for i := range dirs {
		list = append(list, filepath.Join(dirs[len(dirs)-1-i], "pip", name))
	}
	list = append(list, filepath.Join(m.Root+"/etc", name))
	if runtime.GOOS == "darwin" {
		list = append(list, filepath.Join(m.Root+"/Library/Application Support/pip", name))
	}
	if _, err := os.Stat(own); own == "" || err != nil { // else the user's own don't count
		list = append(list, m.pipUserPaths(name)...)
	}
	if venv := m.Getenv("VIRTUAL_ENV"); venv != "" {
		list = append(list, filepath.Join(venv, name))
	}
	if own != "" {
		list = append(list, absolute(own, m.Dir, m.home()))
	}
	return list
}

func (m Machine) pipUserPaths(name string) []string {
	var list []string
	if home := m.home(); home != "" {
		list = append(list, filepath.Join(home, ".pip", name))
	}
	dir := m.configHome()
	if runtime.GOOS == "darwin" {
		support := filepath.Join(m.home(), "Library", "Application Support", "pip")
		if fi, err := os.Stat(support); err == nil && fi.IsDir() {
			return append(list, filepath.Join(support, name))
		}
	}
	if dir != "" {
		list = append(list, filepath.Join(dir, "pip", name))
	}
	return list
}
