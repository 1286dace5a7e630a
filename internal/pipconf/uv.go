package pipconf

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/lazyregexp"
	"github.com/assemble-image/assemble/internal/toml"
)

// indexName is what may stand before the = of UV_INDEX.
var indexName = lazyregexp.New(`^[A-Za-z0-9_.-]+$`)

// uvVariables are what UV_… say, the older names too.
func (m Machine) uvVariables() (*settings, error) {
	s := &settings{}
	get := func(name string) setting { return setting{strings.TrimSpace(m.Getenv(name)), name} }
	for _, x := range []setting{get("UV_DEFAULT_INDEX"), get("UV_INDEX_URL")} {
		if x.value != "" && s.index.value == "" {
			s.index = m.named(x)
		}
	}
	for _, x := range []setting{get("UV_INDEX"), get("UV_EXTRA_INDEX_URL")} {
		for _, one := range split(x, strings.Fields(x.value)) {
			s.extra = append(s.extra, m.named(one))
		}
	}
	list := get("UV_FIND_LINKS")
	for _, one := range split(list, strings.Split(list.value, ",")) {
		s.links = append(s.links, link(one, m.Dir, m.home()))
	}
	var err error
	if x := get("UV_NO_INDEX"); x.value != "" {
		s.noIndex, err = truth(x)
	}
	return s, err
}

// named reads NAME=URL or a URL.
func (m Machine) named(s setting) setting {
	if name, address, ok := strings.Cut(s.value, "="); ok && indexName.MatchString(name) {
		s.value = m.withCredentials(name, address)
	}
	return s
}

// withCredentials adds what UV_INDEX_NAME_USERNAME and UV_INDEX_NAME_PASSWORD
// hold for the index of that name, unless its URL has credentials.
func (m Machine) withCredentials(name, address string) string {
	variable := "UV_INDEX_" + strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return '_'
	}, name)
	user, password := m.Getenv(variable+"_USERNAME"), m.Getenv(variable+"_PASSWORD")
	u, err := url.Parse(address)
	if err != nil || u.User != nil || u.Host == "" || user == "" && password == "" {
		return address
	}
	u.User = url.UserPassword(user, password)
	return u.String()
}

// before puts s before other, as uv puts its variables before its files and the
// files of a project before the user's.
func (s *settings) before(other *settings) *settings {
	all := &settings{index: s.index, noIndex: s.noIndex}
	if all.index.value == "" {
		all.index = other.index
	}
	if all.noIndex.value == "" {
		all.noIndex = other.noIndex
	}
	all.extra = slices.Concat(s.extra, other.extra)
	all.links = slices.Concat(s.links, other.links)
	all.unused = slices.Concat(s.unused, other.unused)
	return all
}

// uvFiles are what uv's files say: the one that UV_CONFIG_FILE names alone, else
// those of the project, the user and the system.
func (m Machine) uvFiles() (*settings, error) {
	all := &settings{}
	if own := m.Getenv("UV_CONFIG_FILE"); own != "" {
		path := absolute(own, m.Dir, m.home())
		s, _, err := m.uvFile(path, false)
		if err != nil {
			return nil, err
		}
		return s, nil
	}
	off, err := truth(setting{m.Getenv("UV_NO_CONFIG"), "UV_NO_CONFIG"})
	if err != nil {
		return nil, err
	}
	if off.value == isTrue {
		return all, nil
	}
	project, err := m.uvProject()
	if err != nil {
		return nil, err
	}
	all = project
	if dir := m.configHome(); dir != "" {
		s, _, err := m.uvFile(filepath.Join(dir, "uv", "uv.toml"), false)
		if err != nil {
			return nil, err
		}
		all = all.before(s)
	}
	for _, dir := range append(m.systemDirs(), m.Root+"/etc") {
		s, found, err := m.uvFile(filepath.Join(dir, "uv", "uv.toml"), false)
		if err != nil {
			return nil, err
		}
		if found {
			return all.before(s), nil
		}
	}
	return all, nil
}

// uvProject are the settings of the project: those of the nearest directory
// upwards with a uv.toml, or a pyproject.toml that has tool.uv.
func (m Machine) uvProject() (*settings, error) {
	if m.Project == "" {
		return &settings{}, nil
	}
	for dir := m.Project; ; dir = filepath.Dir(dir) {
		for _, name := range []string{"uv.toml", "pyproject.toml"} {
			s, found, err := m.uvFile(filepath.Join(dir, name), name == "pyproject.toml")
			if err != nil || found {
				return s, err
			}
		}
		if dir == filepath.Dir(dir) {
			return &settings{}, nil
		}
	}
}

// uvFile reads a uv.toml, or tool.uv of a pyproject.toml. It reports whether there
// are such settings.
func (m Machine) uvFile(path string, pyproject bool) (*settings, bool, error) {
	text, found, err := read(path)
	if err != nil || !found {
		return &settings{}, false, err
	}
	table, err := toml.Parse(text)
	if err != nil {
		return nil, false, fmt.Errorf("reading %q: %w", path, err)
	}
	if pyproject {
		tool, _ := table.Get("tool").(*toml.Table)
		if table, found = tool.Get("uv").(*toml.Table); !found {
			return &settings{}, false, nil
		}
	}
	r := uvReader{machine: m, path: path, out: &settings{}}
	r.indexes(table)
	if pip, ok := table.Get("pip").(*toml.Table); ok { // what holds for uv pip
		inner := uvReader{machine: m, path: path, out: &settings{}}
		inner.indexes(pip)
		r.out, r.errs = inner.out.before(r.out), append(r.errs, inner.errs...)
	}
	return r.out, true, errors.Join(r.errs...)
}

// uvReader reads the settings of one table.
type uvReader struct {
	machine Machine
	path    string
	out     *settings
	errs    []error
}

func (r *uvReader) from(key string) string { return fmt.Sprintf("%s in %q", key, r.path) }

func (r *uvReader) fail(key, want string) {
	r.errs = append(r.errs, fmt.Errorf("reading %s: it isn't %s", r.from(key), want))
}

// indexes reads all keys: index first, then what came before it in uv's history.
func (r *uvReader) indexes(t *toml.Table) {
	switch list := t.Get("index").(type) {
	case nil:
	case toml.Array:
		for _, v := range list {
			if one, ok := v.(*toml.Table); ok {
				r.index(one)
			} else {
				r.fail("index", "a list of tables")
			}
		}
	default:
		r.fail("index", "a list of tables")
	}
	switch v := t.Get("index-url").(type) {
	case nil:
	case string:
		if r.out.index.value == "" {
			r.out.index = setting{v, r.from("index-url")}
		}
	default:
		r.fail("index-url", "a string")
	}
	r.out.extra = append(r.out.extra, r.strings(t, "extra-index-url")...)
	for _, s := range r.strings(t, "find-links") {
		r.out.links = append(r.out.links, link(s, filepath.Dir(r.path), r.machine.home()))
	}
	switch v := t.Get("no-index").(type) {
	case nil:
	case bool:
		r.out.noIndex = setting{fmt.Sprint(v), r.from("no-index")}
	default:
		r.fail("no-index", "a truth value")
	}
}

func (r *uvReader) strings(t *toml.Table, key string) []setting {
	v := t.Get(key)
	if v == nil {
		return nil
	}
	list, ok := v.(toml.Array)
	if !ok {
		r.fail(key, "a list of strings")
		return nil
	}
	var out []setting
	for _, v := range list {
		s, ok := v.(string)
		if !ok {
			r.fail(key, "a list of strings")
			return nil
		}
		out = append(out, setting{s, r.from(key)})
	}
	return out
}

// index reads an entry of index. One that is explicit is for the projects alone
// that name it, which requirements can't.
func (r *uvReader) index(t *toml.Table) {
	address, ok := t.Get("url").(string)
	if !ok {
		r.fail("index", "a table with a url")
		return
	}
	name, _ := t.Get("name").(string)
	from := r.from("index")
	if name != "" {
		from = fmt.Sprintf("index %q in %q", name, r.path)
		address = r.machine.withCredentials(name, address)
	}
	format, _ := t.Get("format").(string)
	explicit, _ := t.Get("explicit").(bool)
	main, _ := t.Get("default").(bool)
	s := setting{address, from}
	switch {
	case explicit:
		r.out.unused = append(r.out.unused, from+" (explicit)")
	case format == "flat":
		r.out.links = append(r.out.links, link(s, filepath.Dir(r.path), r.machine.home()))
	case main && r.out.index.value == "":
		r.out.index = s
	case !main:
		r.out.extra = append(r.out.extra, s)
	}
}
