package toml_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	peer "github.com/pelletier/go-toml/v2"

	"github.com/assemble-image/assemble/internal/toml"
)

// plain turns values into what the peer library makes of them; dates become
// nil on both sides.
func plain(v any) any {
	switch v := v.(type) {
	case *toml.Table:
		m := map[string]any{}
		for key, value := range v.All {
			m[key] = plain(value)
		}
		return m
	case toml.Array:
		list := []any{}
		for _, value := range v {
			list = append(list, plain(value))
		}
		return list
	case map[string]any:
		m := map[string]any{}
		for key, value := range v {
			m[key] = plain(value)
		}
		return m
	case []any:
		list := []any{}
		for _, value := range v {
			list = append(list, plain(value))
		}
		return list
	case string, int64, bool:
		return v
	case float64:
		if math.IsNaN(v) {
			return "nan"
		}
		return v
	}
	return nil
}

var documents = []string{
	"a = 1\nb.c = 'x'\n[t]\nd = [1, 2, # note\n 3,]\n[t.u]\ne = {f = \"g\\u00e9\\n\", h.i = true}\n[[l]]\nx=1\n[[l]]\nx=2\n[l.m]\ny=3\n",
	"s = \"\"\"\nab\\\n   cd\"\"\"\"\nt = '''it's'''\n\"q k\" = 'v' # c\n",
	"i = 0xff\nj = 0o17\nk = 0b11\nl = 1_000\nm = -17\nf = 1e3\ng = -0.5\nh = inf\nn = nan\n",
	"d = 2026-01-02T03:04:05Z\ne = 2026-01-02\nf = 03:04:05.5\ng = 2026-01-02 03:04:05\n",
	"a = {}\nb = []\nc = ''\n", "\ufeffa=1\r\nb=2\r\n",
}

var wrong = []string{
	"a", "a =", "a = 1\na = 2", "[a]\n[a]", "a = 1 b = 2", "a = [1", "a = {b = 1", "a = {b = 1,\n}", "a = \"x", "a = 'x\n'",
	"a = \"\\q\"", "a = \"\\ud800\"", "[a.b]\n[a]\nb.c = 1", "a = {b=1}\n[a.c]", "a = {b=1}\na.c = 1", "a = []\n[[a]]", "[[a]]\n[a]",
	"a = 01", "a = 1__0", "a = .5", "a = tru", "= 1", "[]", "[a", "[[a]", "a.b = 1\n[a]\n", "a = \x01", "a = '\xff'", "# \x01",
	"a = 99999999999999999999", "a = " + strings.Repeat("[", 200) + strings.Repeat("]", 200), strings.Repeat("a.", 200) + "a = 1",
	"a = {b.c=1}\n[a.b]\nd=1", "a = 1e700",
}

func TestParse(t *testing.T) {
	for _, doc := range documents[:len(documents)-1] {
		table, err := toml.Parse(doc)
		if err != nil {
			t.Errorf("%q: %v", doc, err)
			continue
		}
		var want map[string]any
		// The peer keeps CR LF in texts of several lines; here, as in
		// Python's tomllib, every line end is LF.
		if err := peer.Unmarshal([]byte(strings.ReplaceAll(doc, "\r\n", "\n")), &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(plain(want), plain(table)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", doc, diff)
		}
	}
	table, err := toml.Parse("\n\n[[a]]\nb = 1\n[[a]]\n")
	if err != nil {
		t.Fatal(err)
	}
	list, _ := table.Get("a").(toml.Array)
	if len(list) != 2 {
		t.Fatalf("a is %v", table.Get("a"))
	}
	if second, ok := list[1].(*toml.Table); !ok || second.Line != 5 {
		t.Errorf("the second table is %+v, want line 5", list[1])
	}
}

func TestParseRefuses(t *testing.T) {
	for _, doc := range wrong {
		table, err := toml.Parse(doc)
		var known *toml.Error
		if !errors.As(err, &known) || table != nil {
			t.Errorf("%.60q gives %v, %v", doc, plain(table), err)
		}
	}
}

// TestBoundedTime holds inputs on which common libraries take minutes or
// overflow the stack.
func TestBoundedTime(t *testing.T) {
	const n = 100_000
	var keys strings.Builder
	for i := range n {
		fmt.Fprintf(&keys, "k%d=1\n", i)
	}
	for name, doc := range map[string]string{
		"keys":   keys.String(),
		"nested": "a=" + strings.Repeat("{a=", n) + "1",
		"dots":   "a" + strings.Repeat(".a", n) + "=1",
		"inline": "a={" + strings.ReplaceAll(strings.TrimSuffix(keys.String(), "\n"), "\n", ",") + "}",
		"tables": strings.Repeat("[[a]]\nb=1\n", n),
	} {
		start := time.Now()
		_, _ = toml.Parse(doc)
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%s takes %v", name, took)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, doc := range append(documents, wrong...) {
		f.Add(doc)
	}
	f.Fuzz(func(t *testing.T, doc string) {
		table, err := toml.Parse(doc)
		if err != nil {
			if table != nil {
				t.Fatal("a table beside an error")
			}
			return
		}
		if strings.ContainsAny(doc, "_:") || strings.HasPrefix(doc, "\ufeff") || len(doc) > 1000 {
			return // the peer checks dates, takes no mark at the start, and is slow
		}
		var want map[string]any
		// The peer keeps CR LF in texts of several lines; here, as in
		// Python's tomllib, every line end is LF.
		if err := peer.Unmarshal([]byte(strings.ReplaceAll(doc, "\r\n", "\n")), &want); err != nil {
			if strings.Contains(err.Error(), "date") || strings.Contains(err.Error(), "day") || strings.Contains(err.Error(), "month") {
				return
			}
			t.Fatalf("%q is taken here, but the peer says %v", doc, err)
		}
		if diff := cmp.Diff(plain(want), plain(table)); diff != "" {
			t.Fatalf("%q (-peer +here):\n%s", doc, diff)
		}
	})
}
