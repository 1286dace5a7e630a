package shell

import (
	"strings"
	"testing"
)

// print writes commands in short: unknown words in angle brackets, reasons in
// parentheses.
func print(list []Command) string {
	var out []string
	for _, c := range list {
		var words []string
		for _, a := range c.Args {
			text := a.Text
			if !a.Known {
				text = "<" + text + ">"
			}
			words = append(words, text)
		}
		text := strings.Join(words, " ")
		if c.Why != "" {
			text = "(" + c.Why + ")"
		}
		for i, p := range c.Pipeline {
			text += []string{"", "| "}[min(i, 1)] + p.Text + " "
		}
		if c.Writes {
			text += " >" + c.To.Text
		}
		out = append(out, text)
	}
	return strings.Join(out, "; ")
}

func TestParse(t *testing.T) {
	vars := map[string]string{"A": "x", "LIST": "b c", "UID": "0"}
	for script, want := range map[string]string{
		"a && b; c":                                        "a; b; c",
		"apt-get update -y || true":                        "apt-get update -y",
		"a || b":                                           "(only running it tells which side of || runs)",
		"curl x | sh":                                      "curl | sh ",
		"a x | b y | c > /f":                               "a | b | c  >/f",
		"(a) | b":                                          " | b ",
		"(cd /x && make)":                                  "cd /x; make",
		"{ a; b; }":                                        "a; b",
		"{ a; b; } > /f":                                   "(it writes a file) >/f",
		"echo 'a b' \"$A\" $A/y ${A:-z}":                   "echo a b x x/y x",
		"i ${NO:-d} ${NO} ${A:+y} ${NO+q}e":                "i d y e",
		"i $LIST \"$LIST\" p$LIST":                         "i b c b c pb c",
		"i $(uname -m) `x` $((1+1))":                       "i <$(uname -m)> <`x`> <$((1+1))>",
		"X=1 Y=$A cmd $X":                                  "cmd",
		"X=1; Y=$X$A; cmd $Y":                              ":; :; cmd 1x",
		"export X=v && cmd $X":                             "export; cmd v",
		"X=$(date); cmd $X":                                ":; cmd <$(date)>",
		"echo hi >> /etc/f 2>&1":                           "echo hi >/etc/f",
		"a > /dev/null 2>&1":                               "a",
		"for i in 1 2; do x; done":                         "(it is a loop)",
		"while x; do y; done":                              "(it is a loop)",
		"f() { x; }; f":                                    "(it defines a function); f",
		"case $A in x) y;; esac":                           "(only running it tells which case it is)",
		"if [ \"$A\" = x ]; then a; else b; fi":            "a",
		"if [ \"$A\" != x ]; then a; else b; fi":           "b",
		"if [ $UID -ne 0 ]; then a; fi":                    ":",
		"if [ -z \"$NO\" ] && test $UID -eq 0; then a; fi": "a",
		"if ! [ -n \"$NO\" ]; then a; elif x; then b; fi":  "a",
		"if [ -f /x ]; then a; fi":                         "(only running it tells which branch it takes)",
		"if which x; then a; else b; fi":                   "(only running it tells which branch it takes)",
		"! a":                                              "(only running it tells whether it fails)",
		"a *.py \\*.py '?'":                                "a *.py *.py ?",
		"a $? $1 $@":                                       "a <> <> <>",
		"a ${A#x} ${A//x/y} ${#A} ${!A}":                   "a <> <${A//x/y}> <${#A}> <${!A}>",
		"":                                                 "",
		"> /f":                                             ": >/f",
		"a <<EOF\nx\nEOF\nb":                               "a; b",
		"[[ -d x ]] && a":                                  "[[; a",
	} {
		got, err := Parse(script, func(n string) (string, bool) { v, ok := vars[n]; return v, ok })
		if text := print(got); err != nil || text != want {
			t.Errorf("%q: %q, %v; want %q", script, text, err, want)
		}
	}
}

func TestPlaces(t *testing.T) {
	script := "set -e\nmake all; \\\n  make  install\n"
	got, err := Parse(script, nil)
	if err != nil || len(got) != 3 {
		t.Fatal(got, err)
	}
	for i, want := range []string{"set -e", "make all", "make  install"} {
		if got[i].Text != want || !strings.HasPrefix(script[got[i].Offset:], want) {
			t.Errorf("%d: %q at %d, want %q", i, got[i].Text, got[i].Offset, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, script := range []string{"if x", "a && ", "\"x", strings.Repeat("(", 5000), strings.Repeat("a;", maxCommands+1), strings.Repeat("a", maxText+1)} {
		if got, err := Parse(script, nil); err == nil || got != nil {
			t.Errorf("%.20q: %d commands, %v", script, len(got), err)
		}
	}
}

// FuzzParse holds that every script ends in commands with a place in it, or in
// one line of an error.
func FuzzParse(f *testing.F) {
	f.Add("set -eux; apt-get update && apt-get install -y a=1 \"$X\" | tee /f || true")
	f.Add("if [ \"$A\" = x ]; then (a); else { b; } > c; fi; for i in $(x); do y; done")
	f.Add("a <<EOF\n$X\nEOF\nX=${A:-${B:+\"c $D\"}} b ${x//y/z}; case x in a) b;; esac")
	f.Fuzz(func(t *testing.T, script string) {
		list, err := Parse(script, func(n string) (string, bool) { return n + n, n != "X" })
		if err != nil && (list != nil || strings.Contains(err.Error(), "\n")) {
			t.Fatalf("%d commands and %q", len(list), err)
		}
		for _, c := range list {
			if c.Offset < 0 || c.Offset > len(script) || !strings.Contains(script, c.Text) {
				t.Fatalf("%+v", c)
			}
			if n := len(c.Args) + len(c.Pipeline); (c.Why == "") != (n > 0) && c.Why != "" {
				t.Fatalf("%+v", c)
			}
		}
	})
}
