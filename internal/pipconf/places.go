package pipconf

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Places are where one of the tools would look for wheels.
type Places struct {
	// Extra are indexes beside the main one, Index is the main one, "" for none.
	// They may hold credentials.
	Extra []string
	Index string
	// Links are places that list files of many projects: URLs and absolute paths.
	Links []string
	// NoIndex says what forbids all indexes, "" for nothing.
	NoIndex string
	// From names what says so: variables, and keys of files.
	From []string
	// Unused names what says something else and wasn't taken, with the reason.
	Unused []string
}

// Indexes reports whether anything is said of indexes.
func (p *Places) Indexes() bool {
	return p != nil && (p.Index != "" || len(p.Extra) > 0 || p.NoIndex != "")
}

// setting is a value and what sets it.
type setting struct{ value, from string }

// settings are what one tool is told, by one of its sources or all of them.
type settings struct {
	index        setting
	extra, links []setting
	noIndex      setting // its value is "true" or "false"
	cert         setting
	unused       []string
}

func (s *settings) indexes() bool {
	return s.index.value != "" || len(s.extra) > 0 || s.noIndex.value == isTrue
}

func (s *settings) any() bool { return s.indexes() || len(s.links) > 0 }

// from names what sets anything about places.
func (s *settings) from() []string {
	var list []string
	for _, x := range slices.Concat([]setting{s.index}, s.extra, s.links) {
		if x.value != "" && !slices.Contains(list, x.from) {
			list = append(list, x.from)
		}
	}
	if s.noIndex.value == isTrue && !slices.Contains(list, s.noIndex.from) {
		list = append(list, s.noIndex.from)
	}
	return list
}

// places checks the settings and makes places of them.
func (s *settings) places() (*Places, error) {
	p := &Places{From: s.from(), Unused: s.unused}
	var errs []error
	if s.noIndex.value == isTrue {
		p.NoIndex = s.noIndex.from
	} else {
		for _, x := range s.extra {
			errs = append(errs, checkURL(x))
			if !slices.Contains(p.Extra, x.value) {
				p.Extra = append(p.Extra, x.value)
			}
		}
		if s.index.value != "" {
			errs = append(errs, checkURL(s.index))
			p.Index = s.index.value
		}
	}
	for _, x := range s.links {
		if !isURL(x.value) {
			if _, err := os.Stat(x.value); errors.Is(err, os.ErrNotExist) {
				// As pip does: such a variable is set for all projects of a machine.
				p.Unused = append(p.Unused, fmt.Sprintf("%s: %q doesn't exist", x.from, x.value))
				continue
			}
		}
		if !slices.Contains(p.Links, x.value) {
			p.Links = append(p.Links, x.value)
		}
	}
	return p, errors.Join(errs...)
}

// checkURL refuses what is no URL of an index, without repeating it.
func checkURL(s setting) error {
	u, err := url.Parse(s.value)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" {
		return fmt.Errorf("reading %s: not the http or https URL of an index", s.from)
	}
	return nil
}

func isURL(s string) bool {
	return strings.Contains(s, "://") || strings.HasPrefix(strings.ToLower(s), "file:")
}

// The normal forms of truth values.
const (
	isTrue  = "true"
	isFalse = "false"
)

// truth reads a truth value as both tools do.
func truth(s setting) (setting, error) {
	switch strings.ToLower(s.value) {
	case "1", "y", "yes", "t", "true", "on":
		return setting{isTrue, s.from}, nil
	case "0", "n", "no", "f", "false", "off", "":
		return setting{isFalse, s.from}, nil
	}
	return s, fmt.Errorf("reading %s: neither true nor false", s.from)
}

// split makes a setting of each part of a value.
func split(s setting, parts []string) []setting {
	var list []setting
	for _, part := range parts {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, setting{part, s.from})
		}
	}
	return list
}

// link makes a path absolute: it counts from dir, or from home after a tilde.
func link(s setting, dir, home string) setting {
	if isURL(s.value) {
		return s
	}
	s.value = absolute(s.value, dir, home)
	return s
}

func absolute(path, dir, home string) string {
	if rest, ok := strings.CutPrefix(path, "~"); ok && home != "" && (rest == "" || os.IsPathSeparator(rest[0])) {
		path = filepath.Join(home, rest)
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	return filepath.Clean(path)
}
