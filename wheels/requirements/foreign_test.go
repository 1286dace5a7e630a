package requirements_test

import (
	"context"
	"testing"

	"github.com/assemble-image/assemble/wheels/pep508"
	"github.com/assemble-image/assemble/wheels/requirements"
)

// A file of another tool is one problem, not one for each of its lines; uv.lock
// and pylock.toml are read as locks, but not as requirements.
func TestForeign(t *testing.T) {
	texts := map[string]string{
		"pyproject.toml":  "[project]\nname = \"x\"\n",
		"a/poetry.lock":   "[[package]]\nname = \"x\"\n",
		"uv.lock":         "version = 1\n",
		"pylock.dev.toml": "lock-version = \"1.0\"\n",
		"r.txt":           "-r pyproject.toml\nsix==1.0\n",
	}
	for path, want := range map[string]string{
		"pyproject.toml":  `pyproject.toml: it is a project description, not a requirements file`,
		"a/poetry.lock":   `a/poetry.lock: it is a Poetry lock, not a requirements file`,
		"uv.lock":         `uv.lock: it is a uv lock, not a requirements file`,
		"pylock.dev.toml": `pylock.dev.toml: it is already a lock, not a requirements file`,
		"r.txt":           `pyproject.toml: it is a project description, not a requirements file`,
	} {
		f, err := requirements.Parse(context.Background(), path, files(texts), requirements.Options{})
		if f != nil || err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", path, err, want)
		}
	}
	_, err := requirements.ReadLock(context.Background(), "a/poetry.lock", files(texts), pep508.Environment{}, requirements.Options{}, requirements.LockOptions{})
	if problems := requirements.ListProblems(err); len(problems) != 1 || problems[0].Kind != requirements.KindForeign {
		t.Errorf("as a lock: got %v", err)
	}
}
