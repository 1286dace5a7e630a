package control_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/internal/debs/control"
)

func TestParse(t *testing.T) {
	const file = "\n\nPackage: libc6\nversion:2.36-9 \nDepends:  libgcc-s1,\n libcrypt1 (>= 1:4.4.10-10~)\nConffiles:\n /etc/ld.so.conf abc\n /etc/x def\nHomepage: https://x.org/a:b\nEmpty:\n" +
		"Description: GNU C\n Text.\n .\n  More.\n\n\nPackage: b\r\nVersion: 1\r\n\r\nPackage: last"
	got, err := control.Parse([]byte(file), control.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []control.Stanza{
		{Line: 3, Fields: []control.Field{
			{Name: "Package", Value: "libc6", Line: 3},
			{Name: "version", Value: "2.36-9", Line: 4},
			{Name: "Depends", Value: "libgcc-s1,\n libcrypt1 (>= 1:4.4.10-10~)", Line: 5},
			{Name: "Conffiles", Value: "\n /etc/ld.so.conf abc\n /etc/x def", Line: 7},
			{Name: "Homepage", Value: "https://x.org/a:b", Line: 10},
			{Name: "Empty", Line: 11},
			{Name: "Description", Value: "GNU C\n Text.\n .\n  More.", Line: 12},
		}},
		{Line: 18, Fields: []control.Field{{Name: "Package", Value: "b", Line: 18}, {Name: "Version", Value: "1", Line: 19}}},
		{Line: 21, Fields: []control.Field{{Name: "Package", Value: "last", Line: 21}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if v := got[0].Get("VERSION"); v != "2.36-9" {
		t.Errorf("Get is by case: %q", v)
	}
	if f, _ := got[0].Lookup("depends"); f.Folded() != "libgcc-s1, libcrypt1 (>= 1:4.4.10-10~)" {
		t.Errorf("folded: %q", f.Folded())
	}
}

func TestComments(t *testing.T) {
	const file = "# first\nTypes: deb\n# within\nURIs: http://a\n \n http://b\n"
	got, err := control.Parse([]byte(file), control.Options{Comments: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || got[0].Get("URIs") != "http://a\n http://b" || got[0].Line != 2 {
		t.Errorf("got %+v", got)
	}
}

func TestRefused(t *testing.T) {
	for name, tt := range map[string]struct{ file, want string }{
		"twice":            {"A: 1\nB: 2\na: 3\n", `line 3: the field "a" is there twice, first in line 1`},
		"no colon":         {"A: 1\nB\n", `line 2: "B" is not of the form "Field: value"`},
		"no field":         {" A: 1\n", `line 1: " A: 1" begins with a blank, but continues no field`},
		"line of blanks":   {"A: 1\n  \nB: 1\n", "line 2: a line of blanks"},
		"no name":          {": 1\n", "line 1: a field has no name"},
		"blank in name":    {"A b: 1\n", "line 1: the field's name has the character ' '"},
		"hyphen":           {"-A: 1\n", "line 1: a field's name can't begin with '-'"},
		"comment":          {"#A: 1\n", "line 1: a field's name can't begin with '#'"},
		"not ASCII":        {"Ä: 1\n", "line 1: the field's name has the character"},
		"NUL":              {"A: 1\x00\n", "line 1: it has a NUL character"},
		"too large":        {"A: 1\n\nB: 1\n" + strings.Repeat(" xxxxxxxx\n", 2<<20/10), "the stanza has more than 1048576 bytes"},
		"too large a line": {"A: 1\nB:" + strings.Repeat("x", 2<<20), "line 2: the stanza has more than 1048576 bytes"},
		"many fields":      {manyFields(600), "line 513: the stanza has more than 512 fields"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := control.Parse([]byte(tt.file), control.Options{})
			var syntax *control.SyntaxError
			if !errors.As(err, &syntax) || !strings.Contains(err.Error(), tt.want) || got != nil {
				t.Errorf("got %v, %v, want %q", got, err, tt.want)
			}
		})
	}
}

func manyFields(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("F")
		b.WriteString(strings.Repeat("x", i))
		b.WriteString(": 1\n")
	}
	return b.String()
}

func TestOne(t *testing.T) {
	for file, want := range map[string]string{"": "it is empty", "\n\n": "it is empty", "A: 1\n\nB: 1\n": "line 3: a second stanza begins"} {
		if _, err := control.ParseOne([]byte(file), control.Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", file, err, want)
		}
	}
	if s, err := control.ParseOne([]byte("\nA: 1\n\n"), control.Options{}); err != nil || s.Get("a") != "1" {
		t.Errorf("got %+v, %v", s, err)
	}
}

func TestReaderStops(t *testing.T) {
	broken := errors.New("broken disk")
	r := control.NewReader(io.MultiReader(strings.NewReader("A: 1\n\nB: 2\n"), iotest.ErrReader(broken)), control.Options{})
	if s, err := r.Next(); err != nil || s.Get("A") != "1" {
		t.Fatalf("first: %v, %v", s, err)
	}
	for range 2 {
		if s, err := r.Next(); !errors.Is(err, broken) || s.Fields != nil {
			t.Errorf("got %v, %v", s, err)
		}
	}
}

func TestAppend(t *testing.T) {
	var s control.Stanza
	s.Set("Package", "a")
	s.Set("Conffiles", "\n /etc/a 1\n /etc/b 2")
	s.Set("package", "b")
	s.Set("Gone", "x")
	s.Delete("gone")
	s.Set("Empty", "")
	b, err := s.Append([]byte("X\n"))
	if want := "X\nPackage: b\nConffiles:\n /etc/a 1\n /etc/b 2\nEmpty:\n"; err != nil || string(b) != want {
		t.Errorf("got %q, %v", b, err)
	}
	for _, f := range []control.Field{
		{Name: "A", Value: "1\nB: 2"},
		{Name: "A", Value: "1\n\n 2"},
		{Name: "A", Value: "1\n"},
		{Name: "A", Value: " 1"},
		{Name: "A", Value: "1\n "},
		{Name: "A", Value: "1\r"},
		{Name: "", Value: "1"},
		{Name: "A:", Value: "1"},
		{Name: "A\nB", Value: "1"},
		{Name: "#A", Value: "1"},
	} {
		if b, err := (&control.Stanza{Fields: []control.Field{f}}).Append(nil); err == nil {
			t.Errorf("%+v was written: %q", f, b)
		}
	}
	if _, err := (&control.Stanza{Fields: []control.Field{{Name: "A"}, {Name: "a"}}}).Append(nil); err == nil {
		t.Error("a field was written twice")
	}
	if _, err := (&control.Stanza{}).Append(nil); err == nil {
		t.Error("a stanza without fields was written")
	}
}

// What is read can be written, and reads the same again, with its lines at
// other places at most.
func FuzzParse(f *testing.F) {
	f.Add([]byte("Package: a\nDepends:\n b,\n c\n\n#x\nB: 1"), true)
	f.Add([]byte("A:1\r\n\r\nB :2\n\tc\n"), false)
	f.Fuzz(func(t *testing.T, data []byte, comments bool) {
		all, err := control.Parse(data, control.Options{Comments: comments})
		if err != nil {
			if all != nil {
				t.Fatal("stanzas and an error")
			}
			return
		}
		var out []byte
		for i := range all {
			if out, err = all[i].Append(out); err != nil {
				t.Fatalf("%q was read but can't be written: %v", data, err)
			}
			out = append(out, '\n')
		}
		again, err := control.Parse(out, control.Options{})
		if err != nil {
			t.Fatalf("%q: written as %q: %v", data, out, err)
		}
		if diff := cmp.Diff(values(all), values(again)); diff != "" {
			t.Fatal(diff)
		}
		if bytes.Count(out, []byte("\n\n")) != len(all) {
			t.Fatalf("%d stanzas written as %q", len(all), out)
		}
	})
}

func values(all []control.Stanza) [][][2]string {
	var out [][][2]string
	for _, s := range all {
		var fields [][2]string
		for _, f := range s.Fields {
			fields = append(fields, [2]string{f.Name, f.Value})
		}
		out = append(out, fields)
	}
	return out
}
