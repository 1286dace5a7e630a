package pep508_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/wheels/pep508"
)

var arm64 = pep508.Environment{
	ImplementationName: "cpython", ImplementationVersion: "3.10.19", OSName: "posix", PlatformMachine: "aarch64",
	PlatformPythonImplementation: "CPython", PlatformSystem: "Linux", PythonFullVersion: "3.10.19",
	PythonVersion: "3.10", SysPlatform: "linux",
}

func TestNames(t *testing.T) {
	for name, want := range map[string]string{
		"PyJWT": "pyjwt", "ruamel.yaml": "ruamel-yaml", "a__b--c..d": "a-b-c-d", "a-_.b": "a-b", "already-normal": "already-normal",
	} {
		if got := pep508.NormalizeName(name); got != want {
			t.Errorf("NormalizeName(%q) = %q, want %q", name, got, want)
		}
	}
	for name, want := range map[string]bool{"a": true, "A.b_c-1": true, "": false, "-a": false, "a_": false, "é": false, "a b": false} {
		if got := pep508.ValidName(name); got != want {
			t.Errorf("ValidName(%q) = %v", name, got)
		}
	}
}

func TestRequirementNormalForm(t *testing.T) {
	for text, want := range map[string]string{
		"  A [ z , b,b ] ( >= 1 , <2 ) ;python_version<'3' ": `A[b,z]<2,>=1; python_version < "3"`,
		"a@https://h/x;y ; os_name=='nt'":                    `a @ https://h/x;y ; os_name == "nt"`,
		"a===any,thing":                                      "",
		"a>=1,":                                              "a>=1",
		"a[]":                                                "a",
		"a (":                                                "",
		"a]":                                                 "",
		"a;":                                                 "",
		"a @":                                                "",
		"":                                                   "",
		"a; (os_name == 'x'":                                 "",
		"a; os_name == 'x')":                                 "",
	} {
		r, err := pep508.ParseRequirement(text)
		if (err == nil) != (want != "") {
			t.Errorf("ParseRequirement(%q): %v", text, err)
			continue
		}
		if err != nil {
			var syntax *pep508.SyntaxError
			if !errors.As(err, &syntax) || syntax.Column < 1 || syntax.Column > len(text)+1 {
				t.Errorf("ParseRequirement(%q) has error %v", text, err)
			}
			continue
		}
		if diff := cmp.Diff(want, r.String()); diff != "" {
			t.Errorf("ParseRequirement(%q) (-want +got):\n%s", text, diff)
		}
	}
}

func TestMarkerEval(t *testing.T) {
	for text, want := range map[string]bool{
		"python_version >= '3.9' and python_version < '3.11'":                  true,
		"python_version > '3.9'":                                               true, // by version, not by letters
		"'3.9' < python_version":                                               true,
		"python_full_version != '3.10.*'":                                      false,
		"platform_machine in 'aarch64 arm64'":                                  true,
		"platform_machine not in 'x86_64'":                                     true,
		"os_name == 'nt' or sys_platform == 'linux' and os_name == 'posix'":    true,
		"(os_name == 'nt' or sys_platform == 'linux') and os_name == 'nt'":     false,
		"extra == 'Foo_Bar'":                                                   true,
		"extra == 'other'":                                                     false,
		"platform.machine == 'aarch64' and python_implementation == 'CPython'": true,
		"platform_release >= '5'":                                              false,
		"os_name == '\\x70osix'":                                               true,
	} {
		m, err := pep508.ParseMarker(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got, err := m.Eval(arm64, "x", "foo.bar"); err != nil || got != want {
			t.Errorf("%q is %v, %v, want %v", text, got, err, want)
		}
	}
	var none *pep508.Marker
	if holds, err := none.Eval(arm64); !holds || err != nil {
		t.Error("no marker does not hold")
	}
}

func TestMarkerErrors(t *testing.T) {
	for text, want := range map[string]error{
		"os_name ~= 'x'":                        pep508.ErrUndefinedComparison,
		"os_name == 'posix' or os_name === 'x'": pep508.ErrUndefinedComparison, // not hidden by what holds
		"'x' in extras":                         pep508.ErrUndefinedVariable,
		"'a' == 'b'":                            pep508.ErrUndefinedVariable,
	} {
		m, err := pep508.ParseMarker(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Eval(arm64); !errors.Is(err, want) {
			t.Errorf("%q gives %v, want %v", text, err, want)
		}
	}
}

func TestEvalLock(t *testing.T) {
	for text, want := range map[string]bool{
		"'Foo_Bar' in extras": true, "'x' in extras": false, "'x' not in extras": true,
		"'dev' in dependency_groups and python_version == '3.10'": true,
	} {
		m, err := pep508.ParseMarker(text)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := m.EvalLock(arm64, []string{"foo-bar"}, []string{"Dev"}); err != nil || got != want {
			t.Errorf("%q is %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"extra == 'x'", "extras == 'x'", "'x' == extras"} {
		m, err := pep508.ParseMarker(text)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := m.EvalLock(arm64, nil, nil); err == nil || got {
			t.Errorf("%q is %v, %v, want an error", text, got, err)
		}
	}
}

func TestNesting(t *testing.T) {
	for depth, fits := range map[int]bool{100: true, 101: false, 100000: false} {
		text := strings.Repeat("(", depth) + "os_name=='x'" + strings.Repeat(")", depth)
		if len(text) > 60<<10 {
			text = text[:60<<10]
		}
		if _, err := pep508.ParseMarker(text); (err == nil) != fits {
			t.Errorf("%d parentheses: %v", depth, err)
		}
	}
}

func TestRedact(t *testing.T) {
	for text, want := range map[string]string{
		"a @ https://u:p@h/x?k=v#f": "a @ https://****@h/x?****#f",
		"https://u:p/w@h/x":         "https://****@h/x",
		"https://u:p#w?q@h/x y@z":   "https://****@h/x y@z",
		"https://h/x":               "https://h/x",
		"plain":                     "plain",
	} {
		if got := pep508.Redact(text); got != want {
			t.Errorf("Redact(%q) = %q, want %q", text, got, want)
		}
	}
}

func FuzzRequirement(f *testing.F) {
	for _, text := range []string{
		"a", "a[b,c]>=1,<2; python_version < '3'", "a @ https://u:p@h/x ; extra == 'x'", "a(==1.*)", "a===x;os_name=='\\'",
		"a; ((os_name=='x' or 'y' in extras))and(sys_platform=='z')", `a; os_name == "\u00e9\n'"`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := pep508.ParseRequirement(text)
		if err != nil {
			if r.Name != "" || r.Marker != nil {
				t.Fatalf("%q returns %v beside an error", text, r)
			}
			return
		}
		again, err := pep508.ParseRequirement(r.String())
		if err != nil || again.String() != r.String() {
			t.Fatalf("%q prints %q, which reads as %q, %v", text, r, again, err)
		}
		here, hereErr := r.Marker.Eval(arm64, "x")
		there, thereErr := again.Marker.Eval(arm64, "x")
		if here != there || (hereErr == nil) != (thereErr == nil) {
			t.Fatalf("%q and %q differ in value", text, r)
		}
	})
}

func FuzzNormalizeName(f *testing.F) {
	f.Add("A__b.-C")
	f.Fuzz(func(t *testing.T, name string) {
		normal := pep508.NormalizeName(name)
		if pep508.NormalizeName(normal) != normal {
			t.Fatalf("%q is not normal", normal)
		}
		if pep508.ValidName(name) && !pep508.ValidName(normal) {
			t.Fatalf("%q is valid, %q is not", name, normal)
		}
	})
}
