//go:build linux

package main

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
)

// known are the differences that are accepted. A line of the list has a kind
// of difference (several apart by commas, or "any") and a pattern: an asterisk
// stands for anything but a slash, two of them for anything. A comment says why;
// it holds for the lines up to the next empty line. The
// first paragraph says so, too.
type known struct {
	lines []pattern
	used  map[string]bool
}

type pattern struct {
	text   string
	kinds  []string
	match  *regexp.Regexp
	reason string
}

func readKnown(list string) (*known, error) {
	data, err := os.ReadFile(list)
	if err != nil {
		return nil, err
	}
	k := &known{used: map[string]bool{}}
	reason := ""
	_, text, _ := strings.Cut(string(data), "\n\n") // the head says what the list is
	n := strings.Count(string(data[:len(data)-len(text)]), "\n")
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(line)
		if line == "" {
			reason = ""
			continue
		}
		if text, ok := strings.CutPrefix(line, "# "); ok {
			reason = strings.TrimSpace(reason + " " + text)
			continue
		}
		kinds, glob, ok := strings.Cut(line, " ")
		if !ok || reason == "" {
			return nil, fmt.Errorf("%s:%d: no kind and pattern, or nothing that says why", list, n)
		}
		k.lines = append(k.lines, pattern{text: line, kinds: strings.Split(kinds, ","), match: compile(glob), reason: reason})
	}
	return k, nil
}

func compile(glob string) *regexp.Regexp {
	text := regexp.QuoteMeta(glob)
	text = strings.ReplaceAll(text, `/\*\*`, `(/.*)?`)
	text = strings.ReplaceAll(text, `\*\*`, `.*`)
	text = strings.ReplaceAll(text, `\*`, `[^/]*`)
	return regexp.MustCompile("^" + text + "$")
}

func (k *known) has(d difference) bool {
	for _, p := range k.lines {
		if (p.kinds[0] == "any" || slices.Contains(p.kinds, d.kind)) && p.match.MatchString(d.path) {
			k.used[p.text] = true
			return true
		}
	}
	return false
}

// noteUsed appends the patterns that a difference matched to a file.
func (k *known) noteUsed(file string) error {
	if file == "" {
		return nil
	}
	old, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	for line := range strings.Lines(string(old)) {
		k.used[strings.TrimSpace(line)] = true
	}
	lines := slices.Sorted(maps.Keys(k.used))
	return os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o600)
}

// unused fails with the patterns of the list that no difference of any set
// matched: what isn't different any more must not stay in it.
func unused(list, file string) error {
	k, err := readKnown(list)
	if err != nil {
		return err
	}
	if err := k.noteUsed(file); err != nil {
		return err
	}
	var idle []string
	for _, p := range k.lines {
		if !k.used[p.text] {
			idle = append(idle, p.text)
		}
	}
	if len(idle) > 0 {
		return fmt.Errorf("%s lists what is no difference: %s", list, strings.Join(idle, "; "))
	}
	return nil
}
