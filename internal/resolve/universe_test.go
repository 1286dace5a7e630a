package resolve

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/assemble-image/assemble/wheels/pep508"
	"github.com/assemble-image/assemble/wheels/requirements"
	"github.com/assemble-image/assemble/wheels/tags"
)

// universe is a provider made from a few lines of text:
//
//	name version [yanked=reason] [python=spec] [tag=…] [uploaded=date]
//	             [source] [extras=a,b] [metadata-python=spec] [broken] [refused=reason]
//	    requirement
type universe struct {
	files    map[string][]File
	metadata map[string]Metadata // by file name
	broken   map[string]bool
	// unruly makes replies late and in any order.
	unruly bool

	mu    sync.Mutex
	asked map[string]int
}

func parseUniverse(t testing.TB, text string) *universe {
	t.Helper()
	u := &universe{files: map[string][]File{}, metadata: map[string]Metadata{}, broken: map[string]bool{}, asked: map[string]int{}}
	var current string
	for _, line := range strings.Split(text, "\n") {
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0 || strings.HasPrefix(fields[0], "#"):
		case line[0] == ' ':
			r, err := pep508.ParseRequirement(strings.TrimSpace(line))
			if err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			m := u.metadata[current]
			m.RequiresDist = append(m.RequiresDist, r)
			u.metadata[current] = m
		case len(fields) == 1: // a project without releases
			u.files[fields[0]] = nil
		default:
			current = u.release(t, fields)
		}
	}
	return u
}

func (u *universe) release(t testing.TB, fields []string) string {
	t.Helper()
	name, version := fields[0], fields[1]
	stem := strings.ReplaceAll(name, "-", "_") + "-" + version
	f := File{}
	tag, ext, broken := "py3-none-any", ".whl", false
	var m Metadata
	for _, field := range fields[2:] {
		key, value, _ := strings.Cut(field, "=")
		switch key {
		case "yanked":
			f.Yanked, f.YankedReason = true, value
		case "python":
			f.RequiresPython = value
		case "metadata-python":
			m.RequiresPython = value
		case "tag":
			tag = value
		case "uploaded":
			day, err := time.Parse(time.DateOnly, value)
			if err != nil {
				t.Fatal(err)
			}
			f.UploadTime = day
		case "source":
			ext = ".tar.gz"
		case "extras":
			m.ProvidesExtra = strings.Split(value, ",")
		case "broken":
			broken = true
		case "refused":
			f.Refused = value
		default:
			t.Fatalf("unknown attribute %q", field)
		}
	}
	f.Name = stem + "-" + tag + ext
	if ext != ".whl" {
		f.Name = stem + ext
	}
	f.URL = "https://files.test/" + f.Name
	sum := sha256.Sum256([]byte(f.Name))
	f.SHA256 = hex.EncodeToString(sum[:])
	u.files[name] = append(u.files[name], f)
	u.metadata[f.Name] = m
	u.broken[f.Name] = broken
	return f.Name
}

func (u *universe) ask(what string) {
	u.mu.Lock()
	u.asked[what]++
	u.mu.Unlock()
	if u.unruly {
		time.Sleep(time.Duration(rand.IntN(300)) * time.Microsecond)
	}
}

func (u *universe) Files(_ context.Context, name string) ([]File, error) {
	u.ask("project " + name)
	files, ok := u.files[name]
	if !ok {
		return nil, ErrNoProject
	}
	files = slices.Clone(files)
	if u.unruly {
		rand.Shuffle(len(files), func(i, j int) { files[i], files[j] = files[j], files[i] })
	}
	return files, nil
}

func (u *universe) Metadata(_ context.Context, f File) (Metadata, error) {
	u.ask("metadata " + f.Name)
	if u.broken[f.Name] {
		return Metadata{}, fmt.Errorf("%w of %q: nonsense", ErrBadMetadata, f.Name)
	}
	return u.metadata[f.Name], nil
}

func (u *universe) Direct(_ context.Context, r requirements.Requirement) (File, error) {
	name := r.URL[strings.LastIndex(r.URL, "/")+1:]
	for _, f := range u.files[pep508.NormalizeName(r.Name)] {
		if f.Name == name {
			f.URL = r.URL
			return f, nil
		}
	}
	return File{}, fmt.Errorf("there is no file %q", name)
}

// testTarget is CPython 3.10 on arm64.
func testTarget(t testing.TB) (pep508.Environment, []tags.Tag) {
	t.Helper()
	target := tags.Target{Python: "3.10.19", Machine: "aarch64", Glibc: "2.36"}
	ladder, err := tags.Supported(target)
	if err != nil {
		t.Fatal(err)
	}
	return target.Environment(), ladder
}
