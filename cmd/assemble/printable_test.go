package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode"

	"github.com/assemble-image/assemble/internal/report"
)

// hostile has one of each kind of what must not reach a terminal: cursor
// movement, a title, C1 controls in both forms, DEL, marks that turn text
// around or hide it, bytes that are no text, and private use beyond the BMP.
const hostile = "a\x1b[2Jb\x1b]0;t\x07c\u009b1md\x9be\x7ff\u202eg\u2066h\u200bi\xffj\r\u2028k\U000F0000l"

// TestNothingUnprintableLeavesTheProgram holds that for whatever way text takes
// to standard output or standard error.
func TestNothingUnprintableLeavesTheProgram(t *testing.T) {
	for name, print := range map[string]func(*environment) error{
		"result":        func(e *environment) error { _, err := io.WriteString(e.stdout, hostile); return err },
		"message":       func(e *environment) error { _, err := io.WriteString(e.stderr, hostile); return err },
		"error":         func(e *environment) error { printError(e.stderr, errors.New(hostile)); return nil },
		"JSON":          func(e *environment) error { return printJSON(e.stdout, map[string]string{hostile: hostile}) },
		"byte for byte": func(e *environment) error { return writeBytes(e.stdout, hostile) },
		"plain":         func(e *environment) error { return show(e, "plain", false) },
		"verbose":       func(e *environment) error { return show(e, "plain", true) },
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := print(newEnvironment(nil, &out, &out)); err != nil {
				t.Fatal(err)
			}
			for _, r := range out.String() {
				if r != '\n' && !unicode.IsPrint(r) {
					t.Fatalf("wrote %q, with %U", out.String(), r)
				}
			}
			if !strings.Contains(out.String(), "b") || !strings.Contains(out.String(), "l") {
				t.Errorf("wrote %q: text is lost", out.String())
			}
		})
	}
}

func writeBytes(w io.Writer, s string) error {
	for i := range len(s) {
		if _, err := w.Write([]byte{s[i]}); err != nil {
			return err
		}
	}
	return nil
}

func show(e *environment, mode string, verbose bool) error {
	display, err := newUI(e.stderr, mode, verbose)
	if err != nil {
		return err
	}
	for _, event := range []report.Event{
		{Note: hostile},
		{Stage: "wheels", Begin: true, Text: hostile},
		{Stage: "wheels", Text: hostile},
		{Stage: "wheels", End: true, Text: hostile},
	} {
		display.event(event)
	}
	display.close()
	return nil
}

// TestANoteIsOneLine holds that a text can't forge a line of its own.
func TestANoteIsOneLine(t *testing.T) {
	var out bytes.Buffer
	display, err := newUI(&out, "plain", false)
	if err != nil {
		t.Fatal(err)
	}
	display.event(report.Event{Note: "wheel x\nassemble: sign   signed"})
	if n := strings.Count(out.String(), "\n"); n != 1 {
		t.Errorf("wrote %d lines: %q", n, out.String())
	}
}

// TestPrintJSON holds that escapes change nothing of the result.
func TestPrintJSON(t *testing.T) {
	want := strings.ToValidUTF8(hostile, "\uFFFD")
	var out bytes.Buffer
	if err := printJSON(&out, hostile); err != nil {
		t.Fatal(err)
	}
	var got string
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || got != want {
		t.Errorf("read %q (%v), want %q", got, err, want)
	}
}

func TestTextKeepsWhatIsText(t *testing.T) {
	const text = "größe\t→ 日本\n━━ e\u0301\n"
	var out bytes.Buffer
	if err := writeBytes(&textWriter{w: &out}, text); err != nil || out.String() != text {
		t.Errorf("wrote %q (%v), want %q", out.String(), err, text)
	}
}
