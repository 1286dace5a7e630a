package requirements_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/internal/vectors"
	"github.com/assemble-image/assemble/wheels/pep508"
	"github.com/assemble-image/assemble/wheels/requirements"
	"github.com/assemble-image/assemble/wheels/tags"
)

var arm64 = tags.Target{Python: "3.10.19", Machine: "aarch64", Glibc: "2.36"}.Environment()

func pins(t *testing.T, texts map[string]string) ([]requirements.Pin, error) {
	t.Helper()
	f, err := parse(texts, requirements.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return requirements.Pins(f, arm64)
}

func TestPins(t *testing.T) {
	got, err := pins(t, map[string]string{"r.txt": strings.Join([]string{
		"PyJWT[crypto]==2.10.1 ; python_version < '3.11' \\", "    --hash=" + hashA + " \\", "    --hash=" + long,
		"    # via", "    #   -r requirements.prod.txt", "    #   other",
		"# a heading",
		"gone==1 ; sys_platform == 'win32'",
		"torch @ https://h/torch-2.9.0%2Bcpu-cp310-cp310-linux_aarch64.whl --hash=" + hashA + "  # inline",
		"./w/app-1.0-py3-none-any.whl --hash=" + hashB,
		"x===1.0 --hash=" + hashB,
		"-r twice.txt", "-r twice.txt",
	}, "\n"), "twice.txt": "y==1 --hash=" + hashA})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, p := range got {
		lines = append(lines, fmt.Sprintf("%s:%d %s %s %s %v %d %s|%s|%q", p.File, p.Line, p.Normalized, p.Version, p.VersionText,
			p.Extras, len(p.Hashes), p.URL, p.Path, p.Comment))
	}
	want := []string{
		`r.txt:1 pyjwt 2.10.1 2.10.1 [crypto] 2 ||"via\n  -r requirements.prod.txt\n  other"`,
		`r.txt:9 torch 2.9.0+cpu 2.9.0+cpu [] 1 https://h/torch-2.9.0%2Bcpu-cp310-cp310-linux_aarch64.whl||"inline"`,
		`r.txt:10 app 1.0 1.0 [] 1 |./w/app-1.0-py3-none-any.whl|""`,
		`r.txt:11 x 1.0 1.0 [] 1 ||""`,
		`twice.txt:1 y 1 1 [] 1 ||""`,
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("pins (-want +got):\n%s", diff)
	}
}

func TestPinsListWhatIsMissing(t *testing.T) {
	_, err := pins(t, map[string]string{"r.txt": strings.Join([]string{
		"a>=1 --hash=" + hashA, "b==1", "c==1.* --hash=" + hashA, "d==1 --hash=" + long, "e==1 --hash=" + hashA,
		"E==1 --hash=" + hashA, "f; os_name ~= 'x'", "g",
	}, "\n")})
	want := `r.txt:1: "a>=1": not pinned to one version with ==
r.txt:2: "b==1": no --hash
r.txt:3: "c==1.*": not pinned to one version with ==
r.txt:6: "E==1": e is already listed at r.txt:5
r.txt:7: "f; os_name ~= 'x'": evaluating marker "os_name ~= \"x\"": undefined comparison: "posix" ~= "x"
r.txt:8: "g": not pinned to one version with ==`
	if err == nil {
		t.Fatal("no error")
	}
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
}

func TestConstraints(t *testing.T) {
	for constraint, want := range map[string]string{
		"a<2":                    "",
		"a<1":                    "c.txt:1: \"a<1\": r.txt:1 pins a to 1.5",
		"a<1; os_name=='nt'":     "",
		"A==1.5 --hash=" + hashB: "",
		"a==1.5 --hash=sha256:" + strings.Repeat("9", 64): "c.txt:1: \"a==1.5\": shares no hash with r.txt:1",
		"b==2": "",
	} {
		got, err := pins(t, map[string]string{"r.txt": "a==1.5 --hash=" + hashA + " --hash=" + hashB + "\n-c c.txt", "c.txt": constraint})
		text := ""
		if err != nil {
			text = err.Error()
		}
		if text != want {
			t.Errorf("%q gives %q, want %q", constraint, text, want)
		}
		if strings.Contains(constraint, hashB) && (len(got) != 1 || len(got[0].Hashes) != 1 || got[0].Hashes[0] != hashB) {
			t.Errorf("%q leaves %v", constraint, got)
		}
	}
}

// TestSeedLock reads the lock of the project that this program was made for.
func TestSeedLock(t *testing.T) {
	path := vectors.Seed(t, "requirements.prod.lock")
	open := func(path string) (io.ReadCloser, error) { return os.Open(path) }
	start := time.Now()
	f, err := requirements.Parse(context.Background(), path, open, requirements.Options{})
	if err != nil {
		t.Fatal(err)
	}
	list, err := requirements.Pins(f, arm64)
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(start)
	if len(list) != 98 {
		t.Errorf("the seed's lock has %d pins, want 98", len(list))
	}
	if took > 200*time.Millisecond { // ten times what it takes on a busy machine
		t.Errorf("reading the seed's lock took %v", took)
	}
	t.Logf("%d pins in %v", len(list), took)

	var b strings.Builder
	if err := requirements.Write(&b, list, requirements.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	again, err := pins(t, map[string]string{"r.txt": b.String()})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(list, again, samePin); diff != "" {
		t.Errorf("written and read again (-want +got):\n%s", diff)
	}
}

// samePin compares pins but for where they stand.
var samePin = cmp.Comparer(func(a, b requirements.Pin) bool {
	return describePin(a) == describePin(b)
})

func describePin(p requirements.Pin) string {
	marker := ""
	if p.Marker != nil {
		marker = p.Marker.String()
	}
	hashes := strings.Join(sorted(p.Hashes), " ")
	return fmt.Sprintf("%s|%s|%v|%s|%s|%s|%s|%s", p.Name, p.Version, p.Extras, hashes, marker, p.URL, p.Path, p.Comment)
}

func BenchmarkSeedLock(b *testing.B) {
	path := vectors.Seed(b, "requirements.prod.lock")
	open := func(path string) (io.ReadCloser, error) { return os.Open(path) }
	for b.Loop() {
		f, err := requirements.Parse(context.Background(), path, open, requirements.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := requirements.Pins(f, pep508.Environment{PythonVersion: "3.10"}); err != nil {
			b.Fatal(err)
		}
	}
}

func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return list
}
