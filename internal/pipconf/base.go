package pipconf

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"github.com/assemble-image/assemble/internal/lazyregexp"
	"github.com/assemble-image/assemble/internal/wire"
)

// Base is what a base image says to its own pip.
type Base struct {
	// Files are pip's files in the image, the strongest last.
	Files []File
	// Env is the image's environment, as NAME=VALUE.
	Env []string
	// Models is the text of pip/_internal/models/index.py, "" without pip. It has
	// the index that pip asks where nothing else is said.
	Models string
}

// File is a file in a base image.
type File struct{ Path, Text string }

// builtIn is the line of pip's models/index.py that defines its default index.
var builtIn = lazyregexp.New(`(?m)^PyPI\s*=\s*PackageIndex\(\s*["']([^"'\\\s]+)["']`)

// OfBase returns where the pip of a base image would look for wheels, nil where
// that isn't said. Only places with an https URL on another machine count: paths
// are the image's own, and no image may send us into this network. Where what it
// says can't be used, its pip's default isn't taken either.
func OfBase(b Base) (*Places, error) {
	sections := map[string]map[string]setting{}
	for _, f := range b.Files {
		if err := addINI(sections, f.Path+" of the base", f.Text); err != nil {
			return nil, err
		}
	}
	m := Machine{Dir: "/", Getenv: func(name string) string {
		for _, kv := range b.Env {
			if k, v, _ := strings.Cut(kv, "="); k == name {
				return v
			}
		}
		return ""
	}}
	files, err := m.pipSettings(merged(sections))
	if err != nil {
		return nil, err
	}
	env, err := m.pipVariables()
	if err != nil {
		return nil, fmt.Errorf("%w (in the base's environment)", err)
	}
	for _, s := range []*setting{&env.index, &env.noIndex} {
		s.from += " of the base"
	}
	for _, list := range [][]setting{env.extra, env.links} {
		for i := range list {
			list[i].from += " of the base"
		}
	}
	s := files.under(env)
	if s.indexes() {
		return s.external()
	}
	if found := builtIn.FindStringSubmatch(b.Models); found != nil {
		s.index = setting{strings.TrimRight(found[1], "/") + "/simple", "the index built into the base's pip"}
	}
	if !s.any() {
		return nil, nil //nolint:nilnil // that nothing is said is no error
	}
	return s.external()
}

// external are the places that a base may name.
func (s *settings) external() (*Places, error) {
	all := *s
	var refused []error
	keep := func(list []setting, paths bool) []setting {
		var kept []setting
		for _, x := range list {
			switch err := checkExternal(x.value); {
			case paths && !isURL(x.value):
			case err != nil:
				refused = append(refused, fmt.Errorf("%s: %w", x.from, err))
			default:
				kept = append(kept, x)
			}
		}
		return kept
	}
	all.extra, all.links = keep(s.extra, false), keep(s.links, true)
	if s.index.value != "" && len(keep([]setting{s.index}, false)) == 0 {
		all.index = setting{}
	}
	if err := errors.Join(refused...); err != nil {
		return nil, err
	}
	return all.places()
}

func checkExternal(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" {
		return errors.New("not an https URL")
	}
	host := u.Hostname()
	if addr, err := netip.ParseAddr(host); wire.IsLoopback(host) || err == nil && wire.IsInternal(addr) {
		return errors.New("an internal address")
	}
	return nil
}
