package config

import (
	"slices"
	"testing"
)

// maxBrief is how much of a line is left beside a flag.
const maxBrief = 56

// TestTopicsAreComplete holds that each field with a flag is in one topic, with
// a line that fits a terminal.
func TestTopicsAreComplete(t *testing.T) {
	var listed []string
	for _, topic := range Topics() {
		for _, b := range topic.Fields {
			listed = append(listed, b.Path)
			f, ok := fieldAt(b.Path)
			if !ok {
				t.Errorf("%s: %q has no flag", topic.Title, b.Path)
				continue
			}
			if (b.Value == "") != (f.Form == FormBool) {
				t.Errorf("%s: value %q of a field of form %s", b.Path, b.Value, f.Form)
			}
			if b.Text == "" || len(b.Text) > maxBrief {
				t.Errorf("%s: %d characters, of 1 to %d", b.Path, len(b.Text), maxBrief)
			}
		}
	}
	for _, f := range Fields() {
		if n := len(slices.DeleteFunc(slices.Clone(listed), func(p string) bool { return p != f.Path })); f.Flag != "" && n != 1 {
			t.Errorf("%s is in %d topics of topics.go, not in one", f.Path, n)
		}
	}
}
