package doctor

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestRules: each id that the package's constants have is a rule, once, and the
// documentation has a row for it.
func TestRules(t *testing.T) {
	src, err := os.ReadFile("rules.go")
	if err != nil {
		t.Fatal(err)
	}
	docs, err := os.ReadFile("../../docs/doctor.md")
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, r := range Rules() {
		if slices.Contains(ids, r.ID) || r.Title == "" || r.Why == "" || r.Severity == "" {
			t.Errorf("%+v", r)
		}
		ids = append(ids, r.ID)
		if !strings.Contains(string(docs), "| `"+r.ID+"` | "+string(r.Severity)+" |") {
			t.Errorf("docs/doctor.md has no row for %s, %s", r.ID, r.Severity)
		}
	}
	for _, m := range regexp.MustCompile(`ID\w+ += "([a-z-]+)"`).FindAllStringSubmatch(string(src), -1) {
		if !slices.Contains(ids, m[1]) {
			t.Errorf("%s is no rule", m[1])
		}
	}
}

func TestToolchain(t *testing.T) {
	for _, name := range []string{"libc.so.6", "libm.so.6", "libstdc++.so.6", "libgcc_s.so.1", "ld-linux-aarch64.so.1", "libpthread.so.0", "libz.so.1"} {
		if !toolchain.MatchString(name) {
			t.Error(name)
		}
	}
	for _, name := range []string{"libGL.so.1", "libgomp.so.1", "libcrypto.so.3", "libmagic.so.1", "libzstd.so.1"} {
		if toolchain.MatchString(name) {
			t.Error(name)
		}
	}
}
