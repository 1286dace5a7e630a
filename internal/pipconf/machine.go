package pipconf

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime"

	"github.com/assemble-image/assemble/internal/osfile"
)

// maxFile bounds a file of settings in bytes, maxCerts one of certificates.
const (
	maxFile  = 1 << 20
	maxCerts = 16 << 20
)

// Machine is where pip and uv look.
type Machine struct {
	// Getenv tells variables of the environment.
	Getenv func(string) string
	// Dir is the absolute directory that relative paths count from; Project is
	// where the search for uv's settings of the project begins, upwards.
	Dir, Project string
	// Root is put before the paths of the system's files; "" as a rule.
	Root string
}

func (m Machine) home() string {
	if runtime.GOOS == "windows" {
		return m.Getenv("USERPROFILE")
	}
	return m.Getenv("HOME")
}

// configHome is the user's directory of settings, "" where there is none.
func (m Machine) configHome() string {
	name := "XDG_CONFIG_HOME"
	if runtime.GOOS == "windows" {
		return m.Getenv("APPDATA")
	}
	if dir := m.Getenv(name); filepath.IsAbs(dir) {
		return dir
	}
	if m.home() == "" {
		return ""
	}
	return filepath.Join(m.home(), ".config")
}

// systemDirs are the system's directories of settings, the most specific first.
func (m Machine) systemDirs() []string {
	var list []string
	for _, dir := range filepath.SplitList(m.Getenv("XDG_CONFIG_DIRS")) {
		if filepath.IsAbs(dir) {
			list = append(list, dir)
		}
	}
	if list == nil {
		list = []string{m.Root + "/etc/xdg"}
	}
	return list
}

// Discover returns where the tools that this machine has set up would look for
// wheels, nil where none is: pip by its variables, uv by its variables, pip by its
// files, uv by its files. What is said first of indexes decides which tool's
// settings are taken; places without an index are taken where nothing is said of
// any. Errors name the variable, or file and line.
func Discover(m Machine) (*Places, error) {
	p, err := m.discover()
	if err != nil {
		return nil, &SettingsError{err}
	}
	return p, nil
}

// SettingsError says which of the tools' settings can't be read, and why.
type SettingsError struct{ Err error }

func (e *SettingsError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *SettingsError) Unwrap() error { return e.Err }

func (m Machine) discover() (*Places, error) {
	pipEnv, err := m.pipVariables()
	if err != nil {
		return nil, err
	}
	pipFiles, err := m.pipFiles()
	if err != nil {
		return nil, err
	}
	uvEnv, err := m.uvVariables()
	if err != nil {
		return nil, err
	}
	uvFiles, err := m.uvFiles()
	if err != nil {
		return nil, err
	}
	pip, uv := pipFiles.under(pipEnv), uvEnv.before(uvFiles)
	order := []struct{ part, whole *settings }{{pipEnv, pip}, {uvEnv, uv}, {pipFiles, pip}, {uvFiles, uv}}
	for _, said := range []func(*settings) bool{(*settings).indexes, (*settings).any} {
		for _, o := range order {
			if !said(o.part) {
				continue
			}
			p, err := o.whole.places()
			if err != nil {
				return nil, err
			}
			other := pip
			if o.whole == pip {
				other = uv
			}
			p.Unused = append(p.Unused, other.from()...)
			return p, nil
		}
	}
	return nil, nil //nolint:nilnil // that nothing is said is no error
}

// Authorities returns the certificate authorities that pip is told to trust in
// the place of the system's, nil where it isn't.
func Authorities(m Machine) (*x509.CertPool, error) {
	pool, err := m.authorities()
	if err != nil {
		return nil, &SettingsError{err}
	}
	return pool, nil
}

func (m Machine) authorities() (*x509.CertPool, error) {
	env, err := m.pipVariables()
	if err != nil {
		return nil, err
	}
	files, err := m.pipFiles()
	if err != nil {
		return nil, err
	}
	cert := files.under(env).cert
	if cert.value == "" {
		return nil, nil //nolint:nilnil // that nothing is said is no error
	}
	text, err := osfile.ReadBounded(cert.value, maxCerts)
	if err != nil {
		return nil, fmt.Errorf("reading the certificates of %s: %w", cert.from, err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("reading the certificates of %s: %q has none in PEM", cert.from, cert.value)
	}
	return pool, nil
}

// read returns a file's text, false where there is none.
func read(path string) (string, bool, error) {
	b, err := osfile.ReadBounded(path, maxFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", false, nil
	case err != nil:
		return "", false, fmt.Errorf("reading %q: %w", path, err)
	}
	return string(b), true, nil
}
