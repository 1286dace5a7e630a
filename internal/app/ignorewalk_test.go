package app

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Each row's answer is BuildKit's, which decides about a path by what its
// parents' patterns said on the way down; see e2e/dockerignore.
func TestIgnoreDownTheWalk(t *testing.T) {
	tests := []struct {
		name, ignore string
		files, want  string
	}{
		{"an exception for a directory that no pattern leaves out", "**/*.log|!src/logs", "src/logs/x.log src/logs/y src/z.log", "src src/logs src/logs/y"},
		{"the same at the top", "**/*.log|!logs", "logs/x.log logs/y", "logs logs/y"},
		{"an exception for a directory that is left out", "src|!src/logs|**/*.log", "src/logs/x.log src/logs/y src/z", "src src/logs src/logs/y"},
		{"an exception for what is in it", "**/*.log|!src/logs/*", "src/logs/x.log src/logs/y", "src src/logs src/logs/x.log src/logs/y"},
		{"everything but", "*|!src|**/*.log|!src/logs", "src/logs/x.log src/logs/y src/z.log t", "src src/logs src/logs/y"},
		{"a directory that a file's pattern takes too", "**/logs|!src/logs|src/logs/b", "src/logs/a src/logs/b logs/a", "src src/logs src/logs/a"},
		{"deep, where a parent is left out later", "a/b|!a|a/b/c", "a/b/c/x a/b/y a/z", "a a/z"},
		{"an exception for a parent", "a/*|!a/b/c", "a/b/c/x a/b/y a/z", "a a/b a/b/c a/b/c/x"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := build(t, t.TempDir(), strings.Fields(tt.files)...)
			build(t, dir, ".dockerignore "+tt.ignore)
			if diff := cmp.Diff(strings.Fields(tt.want), pathsIn(t, walk(t, dir, "/a", Options{Dir: dir}))); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
	// An app below the config's directory: the way there counts, too.
	root := build(t, t.TempDir(), "src/logs/x.log", "src/logs/y", ".dockerignore **/*.log|!src/logs")
	for from, want := range map[string][]string{"src": {"logs", "logs/y"}, "src/logs": {"y"}} {
		got := pathsIn(t, walk(t, filepath.Join(root, from), "/a", Options{Dir: root}))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -want +got\n%s", from, diff)
		}
	}
}
