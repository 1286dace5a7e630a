package resolve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/internal/index"
	"github.com/assemble-image/assemble/wheels"
	"github.com/assemble-image/assemble/wheels/pep508"
	"github.com/assemble-image/assemble/wheels/requirements"
)

func wish1(t *testing.T, text string) requirements.Requirement {
	t.Helper()
	r, err := pep508.ParseRequirement(text)
	if err != nil {
		t.Fatal(err)
	}
	return requirements.Requirement{Requirement: r, File: "reqs.txt", Line: 1}
}

// fakeIndex is an index client with one project.
type fakeIndex struct{ err error }

func (f fakeIndex) Project(_ context.Context, name string) (*index.Project, error) {
	switch {
	case f.err != nil:
		return nil, f.err
	case name != "app":
		return nil, fmt.Errorf("reading %q: %w", name, index.ErrNotFound)
	}
	reason := "it is bad"
	hash := func(s string) index.Hashes { return index.Hashes{SHA256: strings.Repeat(s, 64)} }
	return &index.Project{Name: "app", Files: []index.File{
		{Filename: "app-1.0-py3-none-any.whl", URL: "https://files.test/app-1.0-py3-none-any.whl", Hashes: hash("1"), Size: 7},
		{Filename: "app-1.0.tar.gz", URL: "https://files.test/app-1.0.tar.gz", Hashes: hash("2"), Size: -1},
		{Filename: "app-1.1-py3-none-any.whl", Hashes: index.Hashes{}},
		{Filename: "app-1.2-py3-none-any.whl", Hashes: hash("3"), Yanked: &reason},
		{Filename: "app-1.3-py3-none-any.whl", Hashes: hash("4")},
	}}, nil
}

func (f fakeIndex) Metadata(_ context.Context, file index.File) ([]byte, error) {
	if file.Filename == "app-1.3-py3-none-any.whl" {
		return nil, fmt.Errorf("reading it: %w", index.ErrContent)
	}
	return []byte("Metadata-Version: 2.1\nName: App\nVersion: 1.0\nRequires-Python: >=3.9\n"), nil
}

func (fakeIndex) Adopt(url string) (string, error) {
	return strings.Replace(url, "user:secret@", "", 1), nil
}

func TestIndex(t *testing.T) {
	env, ladder := testTarget(t)
	opt := Options{Provider: Index(fakeIndex{}, wheels.DigestCache{}), Env: env, Ladder: ladder}
	s, err := Resolve(t.Context(), []requirements.Requirement{wish1(t, "app")}, opt)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := s.WritePylock(&b, WriteOptions{Header: []string{"made by\na test"}, AllFiles: true, Target: TargetMarker(env)}); err != nil {
		t.Fatal(err)
	}
	want := `# made by a test
lock-version = "1.0"
environments = ["python_version == \"3.10\" and sys_platform == \"linux\" and platform_machine == \"aarch64\" and implementation_name == \"cpython\""]
created-by = "assemble"

[[packages]]
# via -r reqs.txt
name = "app"
version = "1.0"
requires-python = ">=3.9"
sdist = { name = "app-1.0.tar.gz", url = "https://files.test/app-1.0.tar.gz", hashes = { sha256 = "` + strings.Repeat("2", 64) + `" } }
wheels = [
    { name = "app-1.0-py3-none-any.whl", url = "https://files.test/app-1.0-py3-none-any.whl", size = 7, hashes = { sha256 = "` + strings.Repeat("1", 64) + `" } },
]
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	pins, err := requirements.ParsePylock("pylock.toml", &b, env, requirements.LockOptions{})
	if err != nil || len(pins) != 1 || pins[0].Version.String() != "1.0" {
		t.Errorf("reading it again: %+v, %v", pins, err)
	}
	boom := errors.New("boom")
	opt.Provider = Index(fakeIndex{boom}, wheels.DigestCache{})
	if _, err := Resolve(t.Context(), []requirements.Requirement{wish1(t, "app")}, opt); !errors.Is(err, boom) {
		t.Errorf("an index that fails: %v", err)
	}
}

func TestDirectURL(t *testing.T) {
	env, ladder := testTarget(t)
	opt := Options{Provider: Index(fakeIndex{}, wheels.DigestCache{}), Env: env, Ladder: ladder}
	digest := strings.Repeat("ab", 32)
	r := wish1(t, "app @ https://user:secret@files.test/app-1.0-py3-none-any.whl#sha256="+digest)
	s, err := Resolve(t.Context(), []requirements.Requirement{r}, opt)
	if err != nil {
		t.Fatal(err)
	}
	var b, lock bytes.Buffer
	if err := s.WriteRequirements(&b, WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	want := "app @ https://files.test/app-1.0-py3-none-any.whl \\\n    --hash=sha256:" + digest + "\n    # via -r reqs.txt\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if err := s.WritePylock(&lock, WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"requirements.txt": b.String(), "pylock.toml": lock.String()} {
		open := func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }
		pins, err := requirements.ReadPins(t.Context(), name, open, env, requirements.Options{}, requirements.LockOptions{})
		if err != nil || len(pins) != 1 || pins[0].URL != "https://files.test/app-1.0-py3-none-any.whl" {
			t.Errorf("reading %s again: %+v, %v\n%s", name, pins, err, text)
		}
	}
	for _, text := range []string{
		"app @ https://files.test/app-1.0-py3-none-any.whl",
		"app @ https://files.test/app-1.0-py3-none-any.whl#sha256=zz",
		"app @ https://files.test/app-1.0.tar.gz#sha256=" + digest,
	} {
		if _, err := Resolve(t.Context(), []requirements.Requirement{wish1(t, text)}, opt); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
}

// The first provider that knows a project answers alone, though the next has a
// newer version.
func TestParseMetadata(t *testing.T) {
	const head = "Metadata-Version: 2.1\nName: a.B\nVersion: 1.0\n"
	for text, ok := range map[string]bool{
		head + "Requires-Dist: c>=1\nProvides-Extra: X_y\n": true,
		head + "Requires-Dist: c>>1\n":                      false,
		"Name: a-b\n":                                       false,
		"Metadata-Version: 2.1\nName: c\nVersion: 1\n":      false,
		"Metadata-Version: 2.1\nName: a-b\nVersion: 2\n":    false,
		"Metadata-Version: 2.1\nName: a-b\nVersion: x\n":    false,
	} {
		m, err := ParseMetadata("a_b-1-py3-none-any.whl", text)
		if (err == nil) != ok || err != nil && !errors.Is(err, ErrBadMetadata) {
			t.Errorf("%q: %v", text, err)
		}
		if ok && (len(m.RequiresDist) != 1 || m.ProvidesExtra[0] != "x-y") {
			t.Errorf("%q: %+v", text, m)
		}
	}
}
