package index

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var testPage = &url.URL{Scheme: "https", Host: "index.example.com", Path: "/simple/demo/"}

// checkEntries holds what became of a hostile page to what the package says.
func checkEntries(t *testing.T, entries []entry) {
	t.Helper()
	p := &Project{Name: "demo"}
	l := &collector{project: p}
	for i := range entries {
		l.add(&entries[i], testPage)
	}
	for _, f := range p.Files {
		u, err := url.Parse(f.URL)
		if err != nil || u.User != nil || u.Scheme != "https" || u.Host == "" || u.Fragment != "" {
			t.Errorf("URL %q", f.URL)
		}
		if strings.ContainsAny(f.Filename, "/\\%\x00\n") || f.Filename == "" || f.Filename[0] == '.' {
			t.Errorf("name %q", f.Filename)
		}
		if f.Wheel != nil && (f.Wheel.String() != f.Filename || f.Wheel.Normalized != "demo") {
			t.Errorf("wheel %q of %q", f.Filename, f.Wheel.Normalized)
		}
		for _, h := range f.Hashes.fields() {
			if n := len(*h.digits); n != 0 && n != 2*h.size {
				t.Errorf("hash %s=%s", h.name, *h.digits)
			}
		}
	}
	for _, r := range p.Refused {
		if strings.ContainsAny(r.String(), "\n\x1b") {
			t.Errorf("refused: %q", r)
		}
	}
	if len(p.Refused) > maxRefused {
		t.Errorf("%d refused", len(p.Refused))
	}
}

func FuzzHTML(f *testing.F) {
	for _, s := range []string{
		`<a href="demo-1-py3-none-any.whl#sha256=` + someHash + `" data-yanked="x" data-requires-python="&gt;=3">x</a>`,
		`<base href="https://h/%2e%2e/"><a href="..%2f..%2fdemo-1-py3-none-any.whl">`,
		`<meta name="pypi:repository-version" content="1.1"><a href=//u:p@h/demo-1.tar.gz?x#y data-core-metadata=sha256=00>`,
		`<a href="http://h/demo-1-py3-none-any.whl"><a href="%252e%252e"><script><a href=x></script><!--`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		entries, err := parseHTML([]byte(s))
		if err != nil && entries != nil {
			t.Error("entries and an error")
		}
		checkEntries(t, entries)
	})
}

// FuzzFlat holds a page that lists files of many projects to what a project's
// page is held to, wherever it lies.
func FuzzFlat(f *testing.F) {
	for _, s := range []string{
		`<a href="demo-1-py3-none-any.whl#sha512=` + someHash + `"><a href="other-1-py3-none-any.whl">`,
		`<a href="file:///etc/demo-1-py3-none-any.whl"><a href="demo-1-2.tar.gz"><a href="?C=M"><a href="..%2fdemo-1-py3-none-any.whl">`,
		`<base href="file:"><a href="demo-1-py3-none-any.whl"><a href="/demo-x.whl"><a href="%zz">`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		entries, err := parseHTML([]byte(s))
		if err != nil {
			return
		}
		l := &flatList{base: testPage, entries: map[string][]entry{}}
		for i := range entries {
			l.add(&entries[i])
		}
		checkEntries(t, l.entries["demo"])
		local := &Project{Name: "demo"}
		collect := &collector{project: local}
		for _, e := range l.entries["demo"] {
			collect.add(&e, fileURL("/nowhere/page.html"))
		}
		for _, file := range local.Files {
			if file.Path != "" || strings.HasPrefix(file.URL, "file:") {
				t.Errorf("a file that isn't there: %+v", file)
			}
		}
	})
}

func FuzzContentRange(f *testing.F) {
	for _, s := range []string{"bytes 0-9/10", "bytes 5-9/*", "bytes */10", "bytes 9-0/10", "bytes 0-10/10", "items 0-1/2", "bytes 0-18446744073709551615/*", "bytes -1-2/3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := parseContentRange(s)
		if err != nil {
			if r != (contentRange{}) {
				t.Errorf("%v and an error", r)
			}
			return
		}
		if r.first < 0 || r.last < r.first || r.size >= 0 && r.last >= r.size {
			t.Errorf("%q: %v", s, r)
		}
		if again, err := parseContentRange(r.String()); err != nil || again != r {
			t.Errorf("%q: %v, then %v, %v", s, r, again, err)
		}
	})
}

func FuzzNetrc(f *testing.F) {
	for _, s := range []string{
		"machine a.example.com login u password p\n",
		"# comment\nmachine A login \"u \\\" v\" password #p account x\ndefault login d password e",
		"macdef init\ncd /x\nmachine no\n\nmachine b password p",
		"machine a login",
		"machine \"a\nlogin",
		"bogus",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseNetrc(s)
		if err != nil {
			if n != nil {
				t.Error("a netrc and an error")
			}
			return
		}
		// What was read can be written down and read again.
		quote := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace
		var b strings.Builder
		for host, c := range n.machines {
			if strings.Contains(host+c.Username+c.Password, "\n") {
				return
			}
			b.WriteString(`machine "` + quote(host) + `" login "` + quote(c.Username) + `" password "` + quote(c.Password) + "\"\n")
		}
		again, err := ParseNetrc(b.String())
		if err != nil {
			if b.Len() <= maxNetrc {
				t.Errorf("%q: %v", b.String(), err)
			}
			return
		}
		if diff := cmp.Diff(n.machines, again.machines); diff != "" {
			t.Error(diff)
		}
	})
}

func TestNetrc(t *testing.T) {
	for _, tt := range []struct{ text, want, err string }{
		{"machine a login u password p", "u:p", ""},
		{"machine A\n\tlogin u\n\tpassword p\n", "u:p", ""},
		{"machine a login u password #p", "u:#p", ""},
		{"# x\n # y\nmachine a password p # not a comment", "", "line 3: expected machine"},
		{"#x\nmachine a password p\n#y\n", ":p", ""},
		{`machine a login "u v" password "p\"\\"`, `u v:p"\`, ""},
		{"machine a login u password p machine a login v", "u:p", ""},
		{"machine b login v\nmachine a account x login u", "u:", ""},
		{"macdef m\nmachine a login macro\n\nmachine a login u", "u:", ""},
		{"default login u password p", "", ""},
		{"machine b login x default login u password p", "", ""},
		{"machine a login u password", "", "line 1: no value for password"},
		{"\n\nmachine a passwort hidden", "", "line 3: expected machine"},
		{"machine a password \"hidden\n", "", "unterminated quote"},
	} {
		n, err := ParseNetrc(tt.text)
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) && !strings.Contains(err.Error(), "no value") || strings.Contains(err.Error(), "hidden") {
				t.Errorf("%q: %v", tt.text, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", tt.text, err)
			continue
		}
		got := ""
		if c, ok := n.Keyring()(&url.URL{Host: "a:8080"}); ok {
			got = c.Username + ":" + c.Password
		}
		if got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.text, got, tt.want)
		}
	}
}
