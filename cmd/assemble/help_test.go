package main

import (
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"github.com/assemble-image/assemble/internal/config"
)

func testApp() (*environment, *cli.App) {
	env := &environment{stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard, binary: io.Discard}
	return env, newApp(env)
}

// TestHelpOfVerbs holds that help has one line for each flag on a terminal of 80
// columns, names its value behind it, and has examples that can be typed.
func TestHelpOfVerbs(t *testing.T) {
	_, app := testApp()
	seen := 0
	eachVerb(app.Commands, nil, func(path []string, c *cli.Command) {
		name := strings.Join(path, " ")
		page := &helpPage{width: usualWidth}
		page.verb(c, path)
		text := page.text.String()
		for line := range strings.Lines(text) {
			if runes(strings.TrimRight(line, "\n")) > usualWidth {
				t.Errorf("%s: %q is wider than %d", name, line, usualWidth)
			}
		}
		for _, f := range c.Flags {
			seen++
			h := describeFlag(f)
			if isBeside(name, categoryOf(f)) {
				continue
			}
			if !slices.ContainsFunc(strings.Split(text, "\n"), func(line string) bool {
				left, rest, _ := strings.Cut(strings.TrimSpace(line), "  ")
				return left == strings.TrimSpace(h.left()) && strings.TrimSpace(rest) == h.text
			}) {
				t.Errorf("%s: no single line for %q, %q", name, h.left(), h.text)
			}
			if strings.Contains(h.text, ", "+h.value) && categoryOf(f) != "" && h.value == "ITEM" {
				t.Errorf("%s: the value's name is in the text: %q", name, h.text)
			}
		}
		checkExamples(t, app, name)
	})
	if seen < 100 {
		t.Errorf("only %d flags were seen", seen)
	}
}

// checkExamples holds that a verb's examples call it, by flags that it has.
func checkExamples(t *testing.T, app *cli.App, name string) {
	t.Helper()
	if len(examples[name]) == 0 {
		t.Errorf("%s has no examples", name)
	}
	for _, e := range examples[name] {
		if !strings.Contains(e, "assemble "+name) {
			t.Errorf("%s: the example %q is of something else", name, e)
		}
		command := e[strings.Index(e, "assemble "):]
		command, _, _ = strings.Cut(command, "#")
		command, _, _ = strings.Cut(command, "|")
		command, _, _ = strings.Cut(command, ")")
		at := position{flags: app.Flags, commands: app.Commands}
		for _, word := range strings.Fields(command)[1:] {
			if at.pending == "" && strings.HasPrefix(word, "-") {
				flag, _, _ := strings.Cut(strings.TrimLeft(word, "-"), "=")
				if !slices.ContainsFunc(at.flags, func(f cli.Flag) bool { return slices.Contains(f.Names(), flag) }) {
					t.Errorf("%s: the example %q has an unknown flag %s", name, e, word)
				}
			}
			at.pass(word)
		}
	}
}

// TestHelpIsOnOneLine holds that the overview has a line for each verb.
func TestHelpIsOnOneLine(t *testing.T) {
	_, app := testApp()
	page := &helpPage{width: usualWidth}
	page.overview(app)
	for _, c := range app.Commands {
		if !strings.Contains(page.text.String(), c.Usage+"\n") {
			t.Errorf("%s: no single line for %q", c.Name, c.Usage)
		}
		if !slices.Contains([]string{verbsImages, verbsWheels, verbsTrust, verbsOther}, c.Category) {
			t.Errorf("%s has the category %q, which help doesn't show", c.Name, c.Category)
		}
	}
}

// TestHelpFollowsTheTerminal holds that text is no wider than the terminal, as
// far as its words allow.
func TestHelpFollowsTheTerminal(t *testing.T) {
	_, app := testApp()
	for _, width := range []int{leastWidth, 60, usualWidth, mostWidth} {
		page := &helpPage{width: width}
		page.verb(find(app.Commands, "push"), []string{"push"})
		page.document(documents[0])
		for line := range strings.Lines(page.text.String()) {
			line = strings.TrimRight(line, "\n")
			if runes(line) > width && !strings.HasPrefix(line, "  ") && !strings.HasPrefix(line, "http") && !strings.HasPrefix(line, "Usage") {
				t.Errorf("%d columns: %q", width, line)
			}
		}
	}
}

// TestDocumentsAsText holds that every document is shown whole, without marks
// that only Markdown needs.
func TestDocumentsAsText(t *testing.T) {
	_, app := testApp()
	for _, d := range documents {
		page := &helpPage{width: usualWidth}
		if err := page.topic(app, []string{d.name}); err != nil {
			t.Fatal(err)
		}
		text := page.text.String()
		if len(text) < 1000 {
			t.Errorf("%s has %d bytes", d.name, len(text))
		}
		for _, mark := range []string{"\n## ", "\n|", "](", "<!--", "\n```"} {
			if d.name != "schema" && strings.Contains(text, mark) {
				t.Errorf("%s shows %q", d.name, mark)
			}
		}
	}
}

// TestHelpOfFields holds that each field has help under its path and its flag.
func TestHelpOfFields(t *testing.T) {
	_, app := testApp()
	for _, f := range config.Fields() {
		names := []string{f.Path}
		if f.Flag != "" {
			names = append(names, "--"+f.Flag)
		}
		for _, name := range names {
			page := &helpPage{width: usualWidth}
			if err := page.topic(app, []string{name}); err != nil {
				t.Errorf("%s: %v", name, err)
			} else if text := page.text.String(); !strings.Contains(text, "Usage: ") && (!strings.Contains(text, f.Path+" (") || !strings.Contains(text, docsURL)) {
				t.Errorf("%s: %s", name, text)
			}
		}
	}
}

// TestManPages holds that groff takes the pages, where it is there.
func TestManPages(t *testing.T) {
	_, app := testApp()
	pages := manPages(app)
	if len(pages) < 15 {
		t.Fatalf("%d pages", len(pages))
	}
	_, err := exec.LookPath("groff")
	for _, p := range pages {
		for line := range strings.Lines(p.text) {
			if strings.HasPrefix(line, "'") || strings.HasPrefix(line, ". ") {
				t.Errorf("%s: %q is read as a request", p.file(), line)
			}
		}
		if err != nil {
			continue
		}
		cmd := exec.CommandContext(t.Context(), "groff", "-man", "-ww", "-Tutf8", "-z")
		cmd.Stdin = strings.NewReader(p.text)
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s: %v %s", p.file(), err, out)
		}
	}
}
