package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// commandsIn are the commands of assemble in a manifest: lists of arguments, or a
// script's lines.
func commandsIn(v any, found func([]string)) {
	switch v := v.(type) {
	case map[string]any:
		for _, inner := range v {
			commandsIn(inner, found)
		}
	case []any:
		if len(v) > 2 && v[0] == "pack" {
			args := make([]string, len(v))
			for i := range v {
				args[i], _ = v[i].(string)
			}
			found(args)
			return
		}
		for _, inner := range v {
			commandsIn(inner, found)
		}
	case string:
		if rest, ok := strings.CutPrefix(strings.TrimSpace(v), "assemble "); ok {
			found(strings.Fields(strings.ReplaceAll(strings.ReplaceAll(rest, "$((CI_NODE_INDEX - 1))", "0"), `"`, "")))
		}
	}
}

// TestDeployManifests holds that the commands in deploy/ have verbs and flags that
// exist, and that what runs there has no rights that it doesn't need.
func TestDeployManifests(t *testing.T) {
	flagName := regexp.MustCompile(`^--([a-z-]+)`)
	for name, want := range map[string]int{"kubernetes.yaml": 1, "tekton.yaml": 1, "github.yaml": 2, "gitlab.yaml": 2} {
		data, err := os.ReadFile(filepath.Join("..", "..", "deploy", name))
		if err != nil {
			t.Fatal(err)
		}
		var doc map[string]any
		if err := yaml.Unmarshal(data, &doc); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := 0
		commandsIn(doc, func(args []string) {
			got++
			flags := map[string]bool{}
			for _, c := range newApp(&environment{}).Commands {
				if c.Name != args[0] {
					continue
				}
				for _, f := range c.Flags {
					for _, n := range f.Names() {
						flags[n] = true
					}
				}
			}
			for _, a := range args[1:] {
				if m := flagName.FindStringSubmatch(a); m != nil && !flags[m[1]] {
					t.Errorf("%s: %s has no flag --%s", name, args[0], m[1])
				}
			}
		})
		if got != want {
			t.Errorf("%s: %d commands, want %d", name, got, want)
		}
		if name == "kubernetes.yaml" || name == "tekton.yaml" {
			for _, must := range []string{
				"runAsNonRoot: true", "readOnlyRootFilesystem: true", "allowPrivilegeEscalation: false", "drop: [ALL]",
				"type: RuntimeDefault", "requests:", "limits:", "@sha256:",
			} {
				if !strings.Contains(string(data), must) {
					t.Errorf("%s lacks %q", name, must)
				}
			}
		}
		if name == "kubernetes.yaml" && !strings.Contains(string(data), "automountServiceAccountToken: false") {
			t.Errorf("%s mounts a service account's token", name)
		}
	}
}
