package pipconf_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/internal/pipconf"
)

// machine is a fake one: variables and files, with DIR for its root.
func machine(t *testing.T, env string, files map[string]string) (pipconf.Machine, string) {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "DIR", root)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	vars := map[string]string{"HOME": filepath.Join(root, "home")}
	for line := range strings.Lines(strings.ReplaceAll(env, "DIR", root)) {
		k, v, _ := strings.Cut(strings.TrimSpace(line), "=")
		vars[k] = v
	}
	return pipconf.Machine{
		Getenv: func(name string) string { return vars[name] },
		Dir:    filepath.Join(root, "work"), Project: filepath.Join(root, "work/project"), Root: root,
	}, root
}

func TestDiscover(t *testing.T) {
	const (
		etc    = "etc/pip.conf"
		xdg    = "etc/xdg/pip/pip.conf"
		user   = "home/.config/pip/pip.conf"
		legacy = "home/.pip/pip.conf"
		venv   = "venv/pip.conf"
	)
	for name, tc := range map[string]struct {
		env   string
		files map[string]string
		want  string // "" for nothing
	}{
		"nothing":            {},
		"pip's index":        {env: "PIP_INDEX_URL=https://a/simple", want: "index https://a/simple from PIP_INDEX_URL"},
		"an empty variable":  {env: "PIP_INDEX_URL=", want: ""},
		"several extra ones": {env: "PIP_EXTRA_INDEX_URL= https://a/simple   https://b/simple", want: "extra https://a/simple https://b/simple from PIP_EXTRA_INDEX_URL"},
		"no index": {
			env:   "PIP_NO_INDEX=1\nPIP_INDEX_URL=https://a/simple\nPIP_FIND_LINKS=DIR/etc https://w/links.html",
			want:  "links DIR/etc https://w/links.html none PIP_NO_INDEX from PIP_INDEX_URL, PIP_FIND_LINKS, PIP_NO_INDEX",
			files: map[string]string{etc: ""},
		},
		"index after all": {env: "PIP_NO_INDEX=off\nPIP_INDEX_URL=https://a/simple", want: "index https://a/simple from PIP_INDEX_URL"},
		"a file of the machine": {
			files: map[string]string{etc: "[global]\nindex-url = https://a/simple\n"}, want: `index https://a/simple from index-url in "DIR/etc/pip.conf"`,
		},
		"the user's over the machine's, key by key": {
			files: map[string]string{
				etc:  "[global]\nindex-url = https://a/simple\nextra_index_url = https://b/simple\n",
				user: "[global]\nindex-url: https://c/simple\n",
			},
			want: `extra https://b/simple index https://c/simple from index-url in "DIR/home/.config/pip/pip.conf", extra-index-url in "DIR/etc/pip.conf"`,
		},
		"xdg under etc, the old place under the new one, the virtual environment last": {
			env: "VIRTUAL_ENV=DIR/venv",
			files: map[string]string{
				xdg: "[global]\nindex-url=https://xdg\n", etc: "[global]\nindex-url=https://etc\n",
				legacy: "[global]\nindex-url=https://old\n", user: "[global]\nindex-url=https://new\n", venv: "[global]\nindex-url=https://venv\n",
			},
			want: `index https://venv from index-url in "DIR/venv/pip.conf"`,
		},
		"install over global, whichever file": {
			files: map[string]string{etc: "[install]\nindex-url=https://a\n", user: "[global]\nindex-url=https://b\n"},
			want:  `index https://a from index-url in "DIR/etc/pip.conf"`,
		},
		"another command's section": {files: map[string]string{etc: "[list]\nindex-url=https://a\n"}},
		"variables over files": {
			env: "PIP_INDEX_URL=https://b", files: map[string]string{user: "[global]\nindex-url=https://a\nfind-links =\n    DIR/etc\n    # no comment\n    https://w/links\n", etc: ""},
			want: `index https://b links DIR/etc https://w/links from PIP_INDEX_URL, find-links in "DIR/home/.config/pip/pip.conf"`,
		},
		"a file of its own in the place of the user's": {
			env:   "PIP_CONFIG_FILE=DIR/my.conf",
			files: map[string]string{"my.conf": "[global]\nextra-index-url=https://mine\n", user: "[global]\nindex-url=https://user\n", etc: "[global]\nindex-url=https://etc\n"},
			want:  `extra https://mine index https://etc from index-url in "DIR/etc/pip.conf", extra-index-url in "DIR/my.conf"`,
		},
		"a file of its own that isn't there": {
			env: "PIP_CONFIG_FILE=DIR/none", files: map[string]string{user: "[global]\nindex-url=https://user\n"},
			want: `index https://user from index-url in "DIR/home/.config/pip/pip.conf"`,
		},
		"no files": {env: "PIP_CONFIG_FILE=" + os.DevNull, files: map[string]string{user: "[global]\nindex-url=https://user\n", etc: "[global]\nindex-url=https://etc\n"}},
		"links of a directory that isn't there, and none else": {
			env: "PIP_FIND_LINKS=DIR/nowhere", want: `from PIP_FIND_LINKS unused PIP_FIND_LINKS: "DIR/nowhere" doesn't exist`,
		},
		"a path from here, one from home": {
			env: "PIP_FIND_LINKS=../etc ~/.pip", files: map[string]string{etc: "", legacy: ""}, want: "links DIR/etc DIR/home/.pip from PIP_FIND_LINKS",
		},
		"uv's variables": {
			env:  "UV_INDEX=one=https://a/simple https://b/simple\nUV_DEFAULT_INDEX=main=https://c/simple\nUV_FIND_LINKS=https://w/1,https://w/2",
			want: "extra https://a/simple https://b/simple index https://c/simple links https://w/1 https://w/2 from UV_DEFAULT_INDEX, UV_INDEX, UV_FIND_LINKS",
		},
		"uv's older variables": {
			env:  "UV_INDEX_URL=https://a\nUV_EXTRA_INDEX_URL=https://b https://c",
			want: "extra https://b https://c index https://a from UV_INDEX_URL, UV_EXTRA_INDEX_URL",
		},
		"credentials of uv's named indexes": {
			env:  "UV_INDEX=my-own.one=https://a/simple?x=y\nUV_INDEX_MY_OWN_ONE_USERNAME=me\nUV_INDEX_MY_OWN_ONE_PASSWORD=p@ss",
			want: "extra https://me:p%40ss@a/simple?x=y from UV_INDEX",
		},
		"pip's variables before uv's": {
			env: "UV_INDEX=https://b\nPIP_INDEX_URL=https://a", want: "index https://a from PIP_INDEX_URL unused UV_INDEX",
		},
		"uv's variables before pip's files": {
			env: "UV_INDEX=https://b", files: map[string]string{etc: "[global]\nindex-url=https://a\n"}, want: `extra https://b from UV_INDEX unused index-url in "DIR/etc/pip.conf"`,
		},
		"an index in a file before links in a variable": {
			env: "PIP_FIND_LINKS=DIR", files: map[string]string{"work/uv.toml": "index-url = 'https://a'\n"},
			want: `index https://a from index-url in "DIR/work/uv.toml" unused PIP_FIND_LINKS`,
		},
		"uv's files": {
			files: map[string]string{
				"work/project/pyproject.toml": "[project]\nname='x'\n[[tool.uv.index]]\nname = 'a'\nurl = 'https://a'\n[[tool.uv.index]]\nname='torch'\nurl='https://t'\nexplicit = true\n",
				"home/.config/uv/uv.toml":     "find-links = ['wheels', 'https://w']\n[[index]]\nurl = 'https://user'\ndefault = true\n",
				"home/.config/uv/wheels/x":    "",
				"etc/uv/uv.toml":              "extra-index-url = ['https://e']\nindex-url='https://late'\n",
			},
			want: `extra https://a https://e index https://user links DIR/home/.config/uv/wheels https://w ` +
				`from index in "DIR/home/.config/uv/uv.toml", index "a" in "DIR/work/project/pyproject.toml", extra-index-url in "DIR/etc/uv/uv.toml", find-links in "DIR/home/.config/uv/uv.toml" ` +
				`unused index "torch" in "DIR/work/project/pyproject.toml" (explicit)`,
		},
		"uv.toml before pyproject.toml, the nearest directory alone": {
			files: map[string]string{
				"work/project/pyproject.toml": "[project]\nname='x'\n", "work/uv.toml": "[[index]]\nurl='https://a'\nformat='flat'\n",
				"work/pyproject.toml": "[[tool.uv.index]]\nurl='https://b'\n", "uv.toml": "index-url='https://c'\n",
			},
			want: `links https://a from index in "DIR/work/uv.toml"`,
		},
		"what holds for uv pip": {
			files: map[string]string{"work/uv.toml": "index-url='https://a'\n[pip]\nindex-url='https://b'\nno-index = false\n"}, want: `index https://b from index-url in "DIR/work/uv.toml"`,
		},
		"no files of uv's":             {env: "UV_NO_CONFIG=1", files: map[string]string{"work/uv.toml": "index-url='https://a'\n"}},
		"another file than uv's own":   {env: "UV_CONFIG_FILE=DIR/my.toml", files: map[string]string{"my.toml": "no-index = true\n", "work/uv.toml": "index-url='https://a'\n"}, want: `none no-index in "DIR/my.toml" from no-index in "DIR/my.toml"`},
		"a certificate is no place":    {env: "PIP_CERT=/etc/ssl/x"},
		"an index that is named twice": {env: "PIP_EXTRA_INDEX_URL=https://a https://a", want: "extra https://a from PIP_EXTRA_INDEX_URL"},
	} {
		t.Run(name, func(t *testing.T) {
			m, root := machine(t, tc.env, tc.files)
			got, err := pipconf.Discover(m)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, strings.ReplaceAll(text(got), root, "DIR")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// text writes places on one line.
func text(p *pipconf.Places) string {
	if p == nil {
		return ""
	}
	var parts []string
	add := func(what string, list ...string) {
		if len(list) > 0 && list[0] != "" {
			parts = append(append(parts, what), list...)
		}
	}
	add("extra", p.Extra...)
	add("index", p.Index)
	add("links", p.Links...)
	add("none", p.NoIndex)
	add("from", strings.Join(p.From, ", "))
	add("unused", strings.Join(p.Unused, ", "))
	return strings.Join(parts, " ")
}

// What can't be read ends the search, since an index that somebody has set up
// might be in it. Values are never repeated.
func TestDiscoverRefuses(t *testing.T) {
	const etc = "etc/pip.conf"
	for name, tc := range map[string]struct {
		env   string
		files map[string]string
		want  string
	}{
		"no URL":                   {env: "PIP_INDEX_URL=user:hushhush@host/simple", want: "reading PIP_INDEX_URL: not the http or https URL of an index"},
		"a file URL":               {env: "UV_INDEX=file:///hushhush", want: "reading UV_INDEX: not the http or https URL of an index"},
		"neither true nor false":   {env: "PIP_NO_INDEX=hushhush", want: "reading PIP_NO_INDEX: neither true nor false"},
		"a key without a section":  {files: map[string]string{etc: "index-url=https://hushhush\n"}, want: `reading "DIR/etc/pip.conf": line 1: a key before the first section`},
		"a line without a value":   {files: map[string]string{etc: "[global]\nhushhush\n"}, want: `reading "DIR/etc/pip.conf": line 2: neither a section nor a key with a value`},
		"a key twice":              {files: map[string]string{etc: "[global]\nindex-url=a\nindex_url=hushhush\n"}, want: `reading "DIR/etc/pip.conf": line 3: a key that the section has already`},
		"a section without end":    {files: map[string]string{etc: "[hushhush\n"}, want: `reading "DIR/etc/pip.conf": line 1: a section without its end`},
		"TOML that is none":        {files: map[string]string{"work/uv.toml": "index-url = hushhush\n"}, want: `reading "DIR/work/uv.toml": `},
		"an index of another type": {files: map[string]string{"work/uv.toml": "index-url = ['hushhush']\n"}, want: `reading index-url in "DIR/work/uv.toml": it isn't a string`},
		"an index without a URL":   {files: map[string]string{"work/uv.toml": "[[index]]\nname='hushhush'\n"}, want: `reading index in "DIR/work/uv.toml": it isn't a table with a url`},
		"a directory for a file":   {files: map[string]string{"etc/pip.conf/x": ""}, want: `reading "DIR/etc/pip.conf": `},
	} {
		t.Run(name, func(t *testing.T) {
			m, root := machine(t, tc.env, tc.files)
			got, err := pipconf.Discover(m)
			if err == nil {
				t.Fatalf("no error, but %q", text(got))
			}
			said := strings.ReplaceAll(err.Error(), root, "DIR")
			if !strings.HasPrefix(said, tc.want) || strings.Contains(said, "hushhush") {
				t.Errorf("%q, want %q", said, tc.want)
			}
		})
	}
}

func TestOfBase(t *testing.T) {
	const models = "class PackageIndex:\n    pass\n\n\nPyPI = PackageIndex(\"https://pypi.example/\", file_storage_domain=\"f\")\nTestPyPI = PackageIndex(\n    \"https://test.example/\")\n"
	for name, tc := range map[string]struct {
		base pipconf.Base
		want string
		err  string
	}{
		"no pip":           {},
		"what is built in": {base: pipconf.Base{Models: models}, want: "index https://pypi.example/simple from the index built into the base's pip"},
		"its file": {
			base: pipconf.Base{Models: models, Files: []pipconf.File{{"/etc/pip.conf", "[global]\nindex-url=https://a/simple\n"}}},
			want: `index https://a/simple from index-url in "/etc/pip.conf of the base"`,
		},
		"an extra index isn't joined by the built-in one": {
			base: pipconf.Base{Models: models, Files: []pipconf.File{{"/etc/pip.conf", "[global]\nextra-index-url=https://a/simple\n"}}},
			want: `extra https://a/simple from extra-index-url in "/etc/pip.conf of the base"`,
		},
		"its environment": {
			base: pipconf.Base{Models: models, Env: []string{"PATH=/x", "PIP_INDEX_URL=https://a/simple"}},
			want: "index https://a/simple from PIP_INDEX_URL of the base",
		},
		"paths are its own": {
			base: pipconf.Base{Models: models, Env: []string{"PIP_FIND_LINKS=/etc https://w/x"}},
			want: "index https://pypi.example/simple links https://w/x from the index built into the base's pip, PIP_FIND_LINKS of the base",
		},
		"no index":             {base: pipconf.Base{Models: models, Env: []string{"PIP_NO_INDEX=1"}}, want: "none PIP_NO_INDEX of the base from PIP_NO_INDEX of the base"},
		"plain HTTP":           {base: pipconf.Base{Models: models, Env: []string{"PIP_INDEX_URL=http://a:hushhush@x/simple"}}, err: "PIP_INDEX_URL of the base: not an https URL"},
		"this machine":         {base: pipconf.Base{Models: models, Env: []string{"PIP_INDEX_URL=https://127.0.0.1/simple"}}, err: "PIP_INDEX_URL of the base: an internal address"},
		"the metadata service": {base: pipconf.Base{Models: models, Env: []string{"PIP_EXTRA_INDEX_URL=https://169.254.169.254/"}}, err: "PIP_EXTRA_INDEX_URL of the base: an internal address"},
		"a broken file":        {base: pipconf.Base{Models: models, Files: []pipconf.File{{"/etc/pip.conf", "hushhush"}}}, err: `reading "/etc/pip.conf of the base": line 1: a key before`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := pipconf.OfBase(tc.base)
			if tc.err != "" {
				if err == nil || !strings.HasPrefix(err.Error(), tc.err) || strings.Contains(err.Error(), "hushhush") {
					t.Errorf("%q, %v", text(got), err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, text(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// No text of a file, however odd, is repeated by an error or breaks the reader.
func FuzzOfBase(f *testing.F) {
	f.Add("[global]\nindex-url = https://a/simple\n  https://b\n", "PyPI = PackageIndex('https://a/')")
	f.Add("[install]\nno-index=maybe\n", "")
	f.Fuzz(func(t *testing.T, file, models string) {
		p, err := pipconf.OfBase(pipconf.Base{Files: []pipconf.File{{"/etc/pip.conf", file}}, Models: models})
		if p != nil && err != nil {
			t.Error("places with an error")
		}
		if p == nil {
			return
		}
		for _, u := range append(append(p.Extra, p.Links...), p.Index) {
			if u != "" && !strings.HasPrefix(strings.ToLower(u), "https://") {
				t.Errorf("the base names %q", u)
			}
		}
	})
}
