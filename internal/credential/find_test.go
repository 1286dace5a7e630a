package credential

import (
	"strings"
	"testing"
)

const token = "ghp_q7Rk2VxN9bTz4WmH8cLp1JsD6fYg3Aa5Xw0e"

func TestEveryShapeIsFound(t *testing.T) {
	for _, s := range shapes {
		if s.also != nil {
			continue
		}
		body := ""
		for c := range 256 {
			if s.set[c] && len(body) < s.min {
				body += string(rune(c))
			}
		}
		for len(body) < s.min {
			body += body
		}
		text := "x = '" + s.prefix + body[:s.min] + "'"
		if kind, at := Find([]byte(text), Data); kind == 0 || at != 5 {
			t.Errorf("%s: %v at %d", text, kind, at)
		}
		if kind, _ := Find([]byte("x = '"+s.prefix+strings.Repeat("x", s.min)+"'"), Data); kind != 0 {
			t.Errorf("%s with a placeholder is %v", s.prefix, kind)
		}
	}
}

func TestKindsHaveNames(t *testing.T) {
	if len(kindNames) != int(kindService)+1 {
		t.Errorf("%d names of %d kinds", len(kindNames), kindService+1)
	}
}

// A token is found wherever it stands among words, spaces and escapes.
func TestPlaces(t *testing.T) {
	for before := range 70 {
		for _, fill := range []string{" ", "a ", "aaaaaaaaaaaaaaaaaaaaaaaaa ", "\n", "%20", `\n`, `\u0022`, "-"} {
			text := strings.Repeat(fill, before) + token
			if kind, at := Find([]byte(text), Code); kind != kindGitHub || at != len(text)-len(token) {
				t.Errorf("%q: %v at %d", text, kind, at)
			}
		}
	}
	if kind, _ := Find([]byte("x"+token), Code); kind != 0 {
		t.Errorf("within a word: %v", kind)
	}
}

// Whatever the bytes are, what is found lies in them, and what is found in code
// is found in data.
func FuzzFind(f *testing.F) {
	for _, s := range []string{
		token, "-----BEGIN PRIVATE KEY-----\nMIIE", `{"auths":{"r":{"auth":"YTpi"}}}`, "\xff\xfeg\x00h\x00p\x00_\x00",
		"AccountKey=" + strings.Repeat("aB3/", 21) + "aa==", "abc8Q~" + strings.Repeat("aB3.", 8) + "ab",
		"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", "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCk1JSUV2",
		`\u0022` + token, "https://hooks.slack.com/services/T0/B0/q7Rk2VxN9bTz4WmH8cLp1JsD",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, where := range []Where{Data, Code} {
			kind, at := Find(b, where)
			if at < 0 || at > len(b) || kind == 0 && at != 0 || int(kind) >= len(kindNames) {
				t.Fatalf("%v at %d", kind, at)
			}
		}
		if kind, _ := Find(b, Code); kind != 0 {
			if data, _ := Find(b, Data); data == 0 {
				t.Errorf("%v in code, nothing in data", kind)
			}
		}
	})
}

func BenchmarkFind(b *testing.B) {
	text := []byte(strings.Repeat("func (s *scanner) directory(ctx context.Context, name string, sc scope) error {\n\treturn nil // why\n", 2000))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Find(text, Data)
	}
}
