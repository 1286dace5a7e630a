package smoke

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseEnv(t *testing.T) {
	lookup := func(name string) (string, bool) {
		v, ok := map[string]string{"TAKEN": "over", "EMPTY": ""}[name]
		return v, ok
	}
	for _, tt := range []struct {
		name, in string
		want     []string
	}{
		{"plain", "A=1\nB=2", []string{"A=1", "B=2"}},
		{"comments and empty lines", "# x\n\n  # y\nA=1\n", []string{"A=1"}},
		{"hash in a value", "A=1 # not a comment", []string{"A=1 # not a comment"}},
		{"quotes stay", `A="x y" 'z'`, []string{`A="x y" 'z'`}},
		{"white space in front only", "  A= x ", []string{"A= x "}},
		{"equals in a value", "URL=a?b=c==", []string{"URL=a?b=c=="}},
		{"empty value", "A=", []string{"A="}},
		{"taken over", "TAKEN\nEMPTY\nUNSET\n", []string{"TAKEN=over", "EMPTY="}},
		{"carriage returns", "A=1\r\nB=2\r\n", []string{"A=1", "B=2"}},
		{"byte order mark", "\ufeffA=1", []string{"A=1"}},
		{"no expansion", "A=$HOME ${X}", []string{"A=$HOME ${X}"}},
		{"dots in a name", "a.b-c=1", []string{"a.b-c=1"}},
		{"empty", "", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseEnv("f", strings.NewReader(tt.in), lookup)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseEnvErrors(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"no name", "A=1\n=secret", "f:2: no variable name before ="},
		{"space in name", "MY KEY=secret", `f:1: variable name "MY KEY" contains white space`},
		{"bare secret", "\n\nhunter2 secret!", "f:3: line is neither NAME=value nor the NAME of a variable to pass through"},
		{"not UTF-8", "A=\xffsecret", "f:1: line is not UTF-8"},
		{"NUL", "A=secret\x00", "f:1: line contains a NUL byte"},
		{"all at once", "=secret\nB=1\n=secret", "f:1: no variable name before =\nf:3: no variable name before ="},
		{"long line", "A=1\nB=" + strings.Repeat("secret", maxEnvLine), "f:2: line is longer than 65536 bytes"},
		{"long file", strings.Repeat("A=secret\n", maxEnvFileSize/8), `reading "f": more than 1048576 bytes`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseEnv("f", strings.NewReader(tt.in), os.LookupEnv)
			if err == nil || err.Error() != tt.want || got != nil {
				t.Errorf("got %v, error %v; want %s", got, err, tt.want)
			}
		})
	}
}

func TestReadEnvFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), ".env")
	if err := os.WriteFile(path, []byte("A=1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadEnvFile(path); err != nil || len(got) != 1 {
		t.Errorf("got %v, error %v", got, err)
	}
	if _, err := ReadEnvFile(path + "x"); err == nil || !strings.HasPrefix(err.Error(), "reading env file: ") {
		t.Errorf("error %v for a missing file", err)
	}
}

func TestMergeEnv(t *testing.T) {
	got := mergeEnv([]string{"A=1", "B=2", "A=3"}, []string{"C=4", "B=5"})
	if diff := cmp.Diff([]string{"A=3", "B=5", "C=4"}, got); diff != "" {
		t.Error(diff)
	}
}

// FuzzParseEnv: what is parsed is made of NAME=value entries and, printed one a
// line, parses to itself; an error comes with nothing.
func FuzzParseEnv(f *testing.F) {
	for _, seed := range []string{"A=1\n# c\n\nB = x\n", "\ufeffA=1\r\nPATH", "=x", "a b=c", "A=\x00", "A=\xff", "\ufeff\ufeffA=1", "A=\ufeff"} {
		f.Add(seed)
	}
	lookup := func(name string) (string, bool) { return "v", len(name)%2 == 0 }
	f.Fuzz(func(t *testing.T, in string) {
		env, err := parseEnv("f", strings.NewReader(in), lookup)
		if err != nil {
			if env != nil {
				t.Fatalf("%q with error %v", env, err)
			}
			return
		}
		for _, entry := range env {
			if name, _, ok := strings.Cut(entry, "="); !ok || name == "" || strings.ContainsAny(entry, "\n\x00") {
				t.Fatalf("entry %q", entry)
			}
		}
		// By CR LF, of which the CR goes: a value may end with one more.
		again, err := parseEnv("f", strings.NewReader("\n"+strings.Join(env, "\r\n")+"\r\n"), lookup)
		if err != nil {
			t.Fatalf("parsing %q again: %v", env, err)
		}
		if diff := cmp.Diff(env, again); diff != "" {
			t.Fatal(diff)
		}
	})
}
