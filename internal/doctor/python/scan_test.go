package python

import (
	"fmt"
	"strings"
	"testing"
)

func show(list []Import) string {
	var out []string
	for _, i := range list {
		text := strings.Repeat(".", i.Level) + i.Module
		switch i.When {
		case Perhaps:
			text += "?"
		case Guarded:
			text += "!"
		case Always:
		}
		if i.Instead != nil {
			text += fmt.Sprint(i.Instead)
		}
		out = append(out, text)
	}
	return strings.Join(out, " ")
}

func TestScan(t *testing.T) {
	for name, tt := range map[string]struct{ src, want string }{
		"plain":              {"import os, sys as s\nimport a.b.c as d; import e\nfrom f.g import (h,\n  i) # x\n", "os sys a.b.c e f.g"},
		"relative":           {"from . import a, b\nfrom ..c import d\nfrom .e import *\n", ". ..c .e"},
		"future":             {"from __future__ import annotations\n", ""},
		"continuation":       {"from a \\\n  import b\nimport c, \\\n  d\n", "a c d"},
		"strings":            {"'''\nimport no\n'''\nx = \"import no\"; import a\ny = 'it\\'s \\\nimport no'\nimport b\nz = r'\\'\nimport c\n", "a b c"},
		"comments":           {"# import no\nimport a # import no\n", "a"},
		"brackets":           {"x = [\nimport_no,\n'import no'\n]\nimport a\n", "a"},
		"unterminated":       {"x = 'abc\nimport a\n", "a"},
		"try":                {"try:\n  import a\nexcept ImportError:\n  a = None\nimport b\n", "a! b"},
		"try, other error":   {"try:\n  import a\nexcept ValueError:\n  import c\nimport b\n", "a c? b"},
		"try, tuple":         {"try:\n\timport a\nexcept (KeyError, ModuleNotFoundError) as e:\n\tpass\n", "a!"},
		"try, bare":          {"try: import a\nexcept: pass\nimport b", "a! b"},
		"try, fallback":      {"try:\n  import tomllib\nexcept ImportError:\n  import tomli as tomllib\n", "tomllib! tomli[tomllib]"},
		"try, else":          {"try:\n  import a\nexcept ImportError:\n  pass\nelse:\n  import b\n", "a! b"},
		"try, finally":       {"try:\n  import a\nfinally:\n  import b\n", "a b"},
		"nested try":         {"try:\n  if x:\n    import a\n  try:\n    import b\n  except KeyError:\n    pass\nexcept ImportError:\n  pass\n", "a! b!"},
		"suppress":           {"with contextlib.suppress(ImportError):\n  import a\nwith open(x):\n  import b\n", "a! b"},
		"typing":             {"if TYPE_CHECKING:\n  import a\nelse:\n  import b\nif typing.TYPE_CHECKING: import c\nif not TYPE_CHECKING:\n  import d\n", "b d"},
		"version":            {"if sys.version_info >= (3, 11):\n  import tomllib\nelse:\n  import tomli\nif sys.version_info < (3,9): import old\n", "tomli"},
		"platform":           {"if sys.platform == 'win32':\n  import winreg\nelif os.name == \"posix\":\n  import fcntl\nelse:\n  import no\nif sys.platform.startswith('linux'):\n  import a\n", "fcntl a"},
		"condition":          {"if DEBUG:\n  import a\nelif X:\n  import b\nelse:\n  import c\nimport d\n", "a? b? c? d"},
		"main":               {"if __name__ == '__main__':\n  import a\n", "a?"},
		"functions":          {"def f(x: int = 1) -> str:\n  import a\nasync def g():\n  from b import c\nclass C:\n  import d\n  def m(self): import e\n", "a? b? d e?"},
		"names":              {"imported = 1\nimportlib.import_module('x')\nfrom_x = 2\ntry_it = 3\nimport a\n", "a"},
		"lambda":             {"if (lambda: 1)(): import a\n", "a?"},
		"tabs and form feed": {"\f\nif x:\n\timport a\n        import b\nimport c\n", "a? b? c"},
		"byte order mark":    {"\ufeffimport a\n", "a"},
		"carriage returns":   {"import a\r\nif TYPE_CHECKING:\r\n  import b\r\nfrom c import \\\r\n  d\r\n", "a c"},
	} {
		if got := show(Scan([]byte(tt.src), 10)); got != tt.want {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}

func TestStdlib(t *testing.T) {
	for _, tt := range []struct {
		name  string
		minor int
		want  bool
	}{{"os", 10, true}, {"tomllib", 10, false}, {"tomllib", 11, true}, {"distutils", 11, true}, {"distutils", 12, false}, {"numpy", 10, false}, {"_ssl", 13, true}} {
		if got := InStdlib(tt.name, tt.minor); got != tt.want {
			t.Errorf("%s in 3.%d: %v", tt.name, tt.minor, got)
		}
	}
	if Left("imp", 12) != 11 || Left("os", 12) != 0 {
		t.Error("what has left isn't known")
	}
}

func FuzzScan(f *testing.F) {
	f.Add("try:\n  import a\nexcept ImportError:\n  from . import b\n")
	f.Add("if sys.version_info >= (3,\n11): import x; '''")
	f.Fuzz(func(t *testing.T, src string) {
		for _, i := range Scan([]byte(src), 10) {
			if i.Module == "" && i.Level == 0 || i.Line < 1 || i.Line > strings.Count(src, "\n")+1 {
				t.Fatalf("%q: %+v", src, i)
			}
		}
	})
}
