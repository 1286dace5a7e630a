package adopt

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/assemble-image/assemble/internal/adopt/draft"
	"github.com/assemble-image/assemble/internal/config"
)

var update = flag.Bool("update", false, "write testdata/vision.yaml")

// unpack writes an archive's files into a directory; scripts are executable.
func unpack(t testing.TB, archive *txtar.Archive) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range archive.Files {
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		mode := os.FileMode(0o644)
		if bytes.HasPrefix(f.Data, []byte("#!")) {
			mode = 0o755
		}
		if err := os.WriteFile(path, f.Data, mode); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func shape(t testing.TB, name string) string {
	t.Helper()
	archive, err := txtar.ParseFile(filepath.Join("testdata", "shapes", name+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	return unpack(t, archive)
}

// TestShapes says how much of each shape of Dockerfile is carried over: steps that
// are in the config, that need nothing, and that are left to the user. The shapes
// are those of public projects' Dockerfiles, in our own words.
func TestShapes(t *testing.T) {
	total, listed := [3]int{}, map[string]bool{}
	for _, tt := range []struct {
		name  string
		steps [3]int // carried, unneeded, left
	}{
		{"bookshelf", [3]int{9, 14, 2}},
		{"cloud-stack", [3]int{29, 24, 16}},
		{"conditions", [3]int{16, 24, 6}},
		{"datasets", [3]int{4, 7, 1}},
		{"django-celery", [3]int{17, 12, 3}},
		{"flask-venv", [3]int{17, 17, 2}},
		{"flower", [3]int{16, 4, 2}},
		{"frontend-heredoc", [3]int{12, 25, 6}},
		{"frontend-wheel", [3]int{24, 29, 9}},
		{"incidents", [3]int{16, 28, 7}},
		{"index-server", [3]int{6, 34, 6}},
		{"papers", [3]int{20, 18, 15}},
		{"poetry-in-system", [3]int{7, 5, 0}},
		{"server-image", [3]int{12, 0, 1}},
		{"site-jessie", [3]int{10, 6, 6}},
		{"site-packages", [3]int{13, 4, 0}},
		{"slim-root", [3]int{9, 4, 0}},
		{"socket-server", [3]int{10, 3, 0}},
		{"static-django", [3]int{17, 13, 3}},
		{"streamlit", [3]int{9, 2, 0}},
		{"template-dev", [3]int{11, 6, 0}},
		{"tickets", [3]int{20, 9, 9}},
		{"user-local", [3]int{12, 4, 0}},
		{"uv-bind-mounts", [3]int{11, 4, 0}},
		{"uv-managed", [3]int{11, 9, 1}},
		{"vision", [3]int{18, 10, 0}},
		{"vision-research", [3]int{3, 3, 4}},
		{"wheels-mount", [3]int{14, 12, 4}},
	} {
		listed[tt.name] = true
		t.Run(tt.name, func(t *testing.T) {
			dir := shape(t, tt.name)
			r, err := Directory(dir, Options{})
			if err != nil {
				t.Fatal(err)
			}
			got := [3]int{r.Count(draft.Carried), r.Count(draft.Unneeded), r.Count(draft.Left)}
			if got != tt.steps {
				t.Errorf("%v steps, not %v\n%s", got, tt.steps, r.Config)
			}
			for i, n := range got {
				total[i] += n
			}
			checkResult(t, dir, r)
		})
	}
	if files, err := filepath.Glob("testdata/shapes/*.txtar"); err != nil || len(files) != len(listed) {
		t.Errorf("%d shapes are listed, %d are there: %v", len(listed), len(files), err)
	}
	t.Logf("of %d steps %d are carried over, %d need nothing, %d are left", total[0]+total[1]+total[2], total[0], total[1], total[2])
}

// checkResult holds what holds of every result: the config is valid, each step
// has a place and says what became of it, what is left stands in the config, and
// the same comes out twice.
func checkResult(t *testing.T, dir string, r *Result) {
	t.Helper()
	if _, err := config.Parse(filepath.Join(dir, "assemble.yaml"), r.Config); err != nil {
		t.Errorf("%v\n%s", err, r.Config)
	}
	for _, s := range r.Steps {
		switch {
		case s.Place.File == "" || s.Text == "":
			t.Errorf("a step without a place or a text: %+v", s)
		case s.Status == draft.Carried && s.Field == "", s.Status != draft.Carried && s.Note == "":
			t.Errorf("nothing says what became of %+v", s)
		case s.Status == draft.Left && !bytes.Contains(r.Config, []byte("# "+s.Place.String()+"  "+draft.Line(s.Text)+"\n")):
			t.Errorf("%s isn't in the config: %s", s.Place, s.Text)
		}
	}
	again, err := Directory(dir, Options{})
	if err != nil || !bytes.Equal(again.Config, r.Config) {
		t.Errorf("another config the second time: %v", err)
	}
}

// TestConfig holds the whole config of the kind of Dockerfile that is usual.
func TestConfig(t *testing.T) {
	r, err := Directory(shape(t, "vision"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("testdata/vision.yaml", r.Config, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/vision.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if string(r.Config) != string(want) {
		t.Errorf("got:\n%s\nwant:\n%s", r.Config, want)
	}
	next := strings.Join(r.Next, "\n")
	if next != "assemble lock requirements.prod.txt\nassemble plan\nassemble check\nassemble push registry.example.com/team/app:1.0" {
		t.Errorf("next: %s", next)
	}
}
