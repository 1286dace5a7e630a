package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"github.com/assemble-image/assemble/internal/config"
)

// readmes are the texts that users read, by their path from the module's root.
func readmes(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, pattern := range []string{"*.md", "docs/*.md", "examples/*/*.md"} {
		paths, err := filepath.Glob(filepath.Join("..", "..", pattern))
		if err != nil || len(paths) == 0 {
			t.Fatalf("%s: %v, %v", pattern, paths, err)
		}
		for _, path := range paths {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			rel, err := filepath.Rel(filepath.Join("..", ".."), path)
			if err != nil {
				t.Fatal(err)
			}
			texts[filepath.ToSlash(rel)] = string(data)
		}
	}
	return texts
}

var (
	fenced   = regexp.MustCompile("(?ms)^```(\\w*)\n(.*?)^```$")
	codeSpan = regexp.MustCompile("`([^`\n]+)`")
	longFlag = regexp.MustCompile(`(?:^|[ \[(])(--[a-z][a-z-]+)`)
)

// codeOf returns what a text has as code: the lines of its blocks, and its spans.
func codeOf(text string) []string {
	var code []string
	for _, m := range fenced.FindAllStringSubmatch(text, -1) {
		code = append(code, strings.Split(strings.ReplaceAll(m[2], "\\\n", " "), "\n")...)
	}
	for _, m := range codeSpan.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
		code = append(code, m[1])
	}
	return code
}

// TestDocsNameCommandsThatExist holds that each `assemble VERB` in the documents
// is one, with flags that it has.
func TestDocsNameCommandsThatExist(t *testing.T) {
	_, app := testApp()
	seen := 0
	for name, text := range readmes(t) {
		for _, code := range codeOf(text) {
			for part := range strings.SplitSeq(code, "|") {
				_, command, ok := strings.Cut(" "+part, " assemble ")
				if !ok || strings.Contains(code, "./cmd/assemble") {
					continue
				}
				command, _, _ = strings.Cut(command, " #")
				words := strings.Fields(strings.NewReplacer("…", "", "\"", "").Replace(command))
				if len(words) == 0 || words[0] == "help" || words[0] == "VERB" || words[0] == "COMMAND" {
					continue
				}
				seen++
				checkWords(t, name, app, words)
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d commands were seen", seen)
	}
}

func checkWords(t *testing.T, where string, app *cli.App, words []string) {
	t.Helper()
	if find(app.Commands, words[0]) == nil {
		t.Errorf("%s: there is no assemble %s", where, words[0])
		return
	}
	at := position{flags: app.Flags, commands: app.Commands}
	for _, word := range words {
		if at.pending == "" && strings.HasPrefix(word, "-") && len(word) > 1 {
			flag, _, _ := strings.Cut(strings.TrimLeft(word, "-"), "=")
			if !slices.ContainsFunc(at.flags, func(f cli.Flag) bool { return slices.Contains(f.Names(), flag) }) {
				t.Errorf("%s: %q has a flag that doesn't exist: %s", where, "assemble "+strings.Join(words, " "), word)
			}
		}
		at.pass(word)
	}
}

// otherFlags are those of other programs and files that the documents name by
// themselves.
var otherFlags = strings.Fields(`--hash --index-ur --no-cache-dir --index-url --extra-index-url --trusted-host --pre --all-releases --only-final
	--only-binary --no-binary --prefer-binary --require-hashes --no-require-hashes --use-feature --config-settings
	--local-image --generate-hashes --platform --no-emit-project --delete-untagged --target --no-deps --wheel-dir --constraint
	--requirement --editable --python-version --implementation --abi`)

// TestDocsNameFlagsThatExist holds that a flag which stands by itself is one of
// some verb, or of another program that we know to have it.
func TestDocsNameFlagsThatExist(t *testing.T) {
	_, app := testApp()
	known := slices.Clone(otherFlags)
	eachVerb(app.Commands, nil, func(_ []string, c *cli.Command) {
		for _, f := range c.Flags {
			known = append(known, describeFlag(f).names...)
		}
	})
	for name, text := range readmes(t) {
		for _, m := range codeSpan.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
			for _, f := range longFlag.FindAllStringSubmatch(m[1], -1) {
				if !slices.Contains(known, f[1]) && strings.HasPrefix(m[1], "--") {
					t.Errorf("%s: `%s`: there is no flag %s", name, m[1], f[1])
				}
			}
		}
	}
}

// TestDocsHaveConfigsThatParse holds that each YAML block which is an
// assemble.yaml, or fields of one, is right.
func TestDocsHaveConfigsThatParse(t *testing.T) {
	seen := 0
	for name, text := range readmes(t) {
		for _, m := range fenced.FindAllStringSubmatch(text, -1) {
			body := m[2]
			if _, rest, ok := strings.Cut(body, "assemble.yaml <<'EOF'\n"); ok {
				body, _, _ = strings.Cut(rest, "\nEOF\n")
			} else if m[1] != "yaml" || strings.Contains(body, "jobs:") || strings.Contains(body, "before_script:") {
				continue
			}
			seen++
			if _, err := config.Parse("assemble.yaml", []byte(body)); err != nil {
				t.Errorf("%s: %v in\n%s", name, err, body)
			}
		}
	}
	if seen < 4 {
		t.Errorf("only %d configs were seen", seen)
	}
}

// TestDocsLinkToWhatExists holds that links lead to files and headings that are
// there.
func TestDocsLinkToWhatExists(t *testing.T) {
	texts := readmes(t)
	anchors := map[string][]string{}
	for name, text := range texts {
		for line := range strings.Lines(fenced.ReplaceAllString(text, "")) {
			if strings.HasPrefix(line, "#") {
				anchors[name] = append(anchors[name], anchorOf(strings.TrimSpace(strings.TrimLeft(line, "#"))))
			}
		}
	}
	for name, text := range texts {
		for _, m := range link.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
			target, anchor, _ := strings.Cut(m[2], "#")
			if strings.Contains(target, "://") {
				continue
			}
			path := name
			if target != "" {
				path = filepath.ToSlash(filepath.Join(filepath.Dir(name), filepath.FromSlash(target)))
			}
			if _, err := os.Stat(filepath.Join("..", "..", path)); err != nil {
				t.Errorf("%s: link to %q: %v", name, m[2], err)
			}
			if anchor != "" && !slices.Contains(anchors[path], anchor) {
				t.Errorf("%s: link to %q: there is no such heading", name, m[2])
			}
		}
	}
}

// TestReadmeShowsTheExample holds that README has all of the example's config.
func TestReadmeShowsTheExample(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "examples", "pepgmp-backend", "assemble.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(data), "assemble.schema.json\n")
	if len(example) < 100 || !strings.Contains(readmes(t)["README.md"], "```yaml\n"+example+"```\n") {
		t.Errorf("README.md doesn't show\n%s", example)
	}
}

var testName = regexp.MustCompile(`\b(?:Test|Fuzz)[A-Z][A-Za-z0-9]+`)

// TestDocsNameTestsThatExist holds that whoever follows the documents to a test
// finds it.
func TestDocsNameTestsThatExist(t *testing.T) {
	var code strings.Builder
	err := filepath.WalkDir(filepath.Join("..", ".."), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		data, err := os.ReadFile(path)
		code.Write(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range readmes(t) {
		for _, test := range testName.FindAllString(text, -1) {
			if !strings.Contains(code.String(), "func "+test) {
				t.Errorf("%s names %s, which isn't there", name, test)
			}
		}
	}
}

// environmentUse finds where a program asks for a variable by name.
var environmentUse = regexp.MustCompile(`(?:[gG]etenv|LookupEnv)\("([A-Z_]+)"\)|= "((?:ASSEMBLE|COSIGN)_[A-Z_]+)"`)

// TestEnvironmentIsDocumented holds that docs/configuration.md names each
// variable that the program asks for.
func TestEnvironmentIsDocumented(t *testing.T) {
	text := readmes(t)["docs/configuration.md"]
	_, section, _ := strings.Cut(text, "\n## Environment variables\n")
	section, _, _ = strings.Cut(section, "\n## ")
	seen := map[string]bool{}
	err := filepath.WalkDir(filepath.Join("..", ".."), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && len(d.Name()) > 2 || slices.Contains([]string{"testdata", "bench", "debs", "vectors", "debtest", "scripttest"}, d.Name())) {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		data, err := os.ReadFile(path)
		for _, m := range environmentUse.FindAllStringSubmatch(string(data), -1) {
			seen[m[1]+m[2]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if !seen["ASSEMBLE_CACHE"] || !seen["SOURCE_DATE_EPOCH"] {
		t.Errorf("seen: %v", seen)
	}
	for name := range seen {
		if !strings.Contains(section, "`"+name+"`") {
			t.Errorf("%s is not among the environment variables of docs/configuration.md", name)
		}
	}
}
