package dockerfile

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	f, err := Parse([]byte("# escape=`\r\nARG V=3.12\r\nFROM python:${V} AS app\r\nRUN a && `\r\n# why\r\n    b\r\nBOGUS x\r\nCOPY a\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Args) != 1 || len(f.Stages) != 1 || f.Stages[0].Name != "app" || f.Stages[0].Base != "python:${V}" || f.Escape != '`' {
		t.Fatalf("%+v", f)
	}
	in := f.Stages[0].Instructions
	if len(in) != 3 || in[1].Err == nil || in[2].Err == nil {
		t.Fatalf("%+v", in)
	}
	s := in[0].Script()
	if at := s.LineAt(strings.Index(s.Text, "b")); at != 6 {
		t.Errorf("b of %q is in line %d, not 6", s.Text, at)
	}
}

func TestScripts(t *testing.T) {
	for _, tt := range []struct {
		text, find, shell string
		line              int
		args              bool
	}{
		{"FROM a\nRUN x\n", "x", "", 2, false},
		{"FROM a\nRUN --mount=type=cache,target=/c \\\n  pip install x\n", "pip", "", 3, false},
		{"FROM a\nRUN <<EOF\nset -e\nmake\nEOF\n", "make", "", 4, false},
		{"FROM a\nRUN <<-EOF\n\tset -e\n\tmake\n\tEOF\n", "make", "", 4, false},
		{"FROM a\nRUN <<EOF\n#!/usr/bin/env python3\nprint()\nEOF\n", "print", "/usr/bin/env python3", 4, false},
		{"FROM a\nRUN python3 <<EOF\nprint()\nEOF\n", "print", "python3", 3, false},
		{"FROM a\nRUN [\"make\", \"all\"]\n", "", "", 2, true},
	} {
		f, err := Parse([]byte(tt.text))
		if err != nil {
			t.Errorf("%q: %v", tt.text, err)
			continue
		}
		s := f.Stages[0].Instructions[0].Script()
		if s.Shell != tt.shell || (s.Args != nil) != tt.args || s.LineAt(strings.Index(s.Text, tt.find)) != tt.line {
			t.Errorf("%q: %+v, line %d", tt.text, s, s.LineAt(strings.Index(s.Text, tt.find)))
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                       "no instructions",
		"# only\n":               "no instructions",
		"RUN x\n":                "line 1: RUN stands before the first FROM",
		"FROM\n":                 "line 1: ",
		"FROM a AS 1x\n":         "line 1: ",
		"ARG A\n":                "it has no FROM",
		"FROM a\nRUN <<EOF\nx\n": "unterminated heredoc",
		"\x00":                   "not text",
		"# escape=x\nFROM a\n":   "invalid escape token",
		"FROM a\n" + strings.Repeat("#", MaxSize):                "larger than",
		"FROM a\n" + strings.Repeat("USER a\n", maxInstructions): "instructions, more than",
		"FROM a\nRUN " + strings.Repeat("x", 70_000):             "line greater than",
	} {
		_, err := Parse([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.20q: %v, want %q", text, err, want)
		}
	}
}

// FuzzParse holds that any file ends in stages or in one line of an error, and
// that every instruction and every part of a script has a line of the file.
func FuzzParse(f *testing.F) {
	f.Add([]byte("ARG V=3\nFROM a:${V} AS b\nRUN <<EOF\nx\nEOF\nCOPY --from=b a b\nHEALTHCHECK CMD x\n"))
	f.Add([]byte("# escape=`\nFROM a\nRUN x `\n # c\n y\n"))
	f.Add([]byte("\ufeffFROM a\r\nENV A=b \\\r\n\r\n C=d\r\n"))
	f.Add([]byte("FROM a\nRUN 3<<A 4<<-B cat\nx\nA\n\ty\n\tB\nONBUILD RUN <<EOF\nEOF\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Parse(data)
		if err != nil {
			if file != nil || strings.Contains(err.Error(), "\n") {
				t.Fatalf("%v and %q", file, err)
			}
			return
		}
		last := strings.Count(string(data), "\n") + 1
		for _, s := range file.Stages {
			for _, in := range s.Instructions {
				if in.Line < 1 || in.End > last || in.Line > in.End {
					t.Fatalf("%q: lines %d to %d of %d", in.Text, in.Line, in.End, last)
				}
				script := in.Script()
				if at := script.LineAt(len(script.Text)); at < 1 || at > last {
					t.Fatalf("%q: its end is in line %d of %d", script.Text, at, last)
				}
			}
		}
	})
}
