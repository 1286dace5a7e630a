package config

import (
	"errors"
	"testing"
)

func TestAddPackages(t *testing.T) {
	add := []string{"libgl1", "libsm6"}
	for name, tt := range map[string][2]string{
		"none":             {"# mine\nbase: x # why\n", "# mine\nbase: x # why\npackages:\n  - libgl1\n  - libsm6\n"},
		"no last line end": {"base: x", "base: x\npackages:\n  - libgl1\n  - libsm6\n"},
		"empty file":       {"", "packages:\n  - libgl1\n  - libsm6\n"},
		"flow":             {"packages: [curl] # for probes\nbase: x\n", "packages: [curl, libgl1, libsm6] # for probes\nbase: x\n"},
		"flow, empty":      {"packages: []\n", "packages: [libgl1, libsm6]\n"},
		"flow, spaces":     {"packages: [ curl, git ]\n", "packages: [ curl, git, libgl1, libsm6 ]\n"},
		"flow, lines":      {"packages: [\n  curl, # a\n  git\n]\n", "packages: [\n  curl, # a\n  git\n, libgl1, libsm6]\n"},
		"block":            {"packages:\n  - curl # a\n  # b\n  - git\nbase: x\n", "packages:\n  - curl # a\n  # b\n  - git\n  - libgl1\n  - libsm6\nbase: x\n"},
		"block, flush":     {"packages:\n- 'curl=7.*'\nbase: x\n", "packages:\n- 'curl=7.*'\n- libgl1\n- libsm6\nbase: x\n"},
		"block, no end":    {"packages:\n  - curl", "packages:\n  - curl\n  - libgl1\n  - libsm6\n"},
		"mapping":          {"packages:\n  install: [curl]\n  recommends: true\n", "packages:\n  install: [curl, libgl1, libsm6]\n  recommends: true\n"},
		"mapping, block":   {"packages:\n  recommends: true\n  install:\n    - curl\nbase: x\n", "packages:\n  recommends: true\n  install:\n    - curl\n    - libgl1\n    - libsm6\nbase: x\n"},
		"one is there":     {"packages: [libsm6]\n", "packages: [libsm6, libgl1]\n"},
		"both are":         {"packages: [libsm6, libgl1]\n", "packages: [libsm6, libgl1]\n"},
		"umlauts before":   {"packages: [curl] # ü\nlabels: {ä: ö}\n", "packages: [curl, libgl1, libsm6] # ü\nlabels: {ä: ö}\n"},
	} {
		got, err := AddPackages("a.yaml", []byte(tt[0]), add)
		if err != nil || string(got) != tt[1] {
			t.Errorf("%s: got %v\n%s\nwant\n%s", name, err, got, tt[1])
		}
	}
	for name, text := range map[string]string{
		"alias": "labels: {a: &x b}\npackages: &p [curl]\n", "null": "packages: null\n",
	} {
		got, err := AddPackages("a.yaml", []byte(text), add)
		if err != nil && !errors.Is(err, ErrNotEdited) {
			t.Errorf("%s: %v", name, err)
		}
		t.Logf("%s: %q", name, got)
	}
}
