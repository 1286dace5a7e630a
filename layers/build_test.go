package layers

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// manySpecs returns layers of different sizes, one of them with several runs.
func manySpecs(t testing.TB) []Spec {
	var specs []Spec
	for i, n := range []int{3, 40, 100, 1, 12} {
		name := fmt.Sprintf("w%d.whl", i)
		source, entries := newWheel(t, name, mixed(uint64(i), n, 60_000)...)
		big := bytes.Repeat(noise(uint64(i), 100_000), 10*i+1)
		more, slices := newWheel(t, "big-"+name, zipFile{name: "pkg1/big.so", data: big})
		entries = append(entries, slices...)
		entries = append(entries, Entry{Path: "pkg1/plain", Mode: 0o644, Size: int64(len(big)), Open: opener(big)})
		spec := specOf(name, []*Source{source, more}, entries)
		spec.Size = source.Size + more.Size
		spec.Key = NewKey(source.Digest(), more.Digest())
		specs = append(specs, spec)
	}
	return specs
}

func digests(t testing.TB, ls []*Layer) []string {
	t.Helper()
	var all []string
	for _, l := range ls {
		d, _ := l.Digest()
		id, _ := l.DiffID()
		all = append(all, l.Name(), d.Hex, id.Hex)
	}
	return all
}

// Neither the number of cores nor that of jobs shows in the layers.
func TestBuildIsDeterministic(t *testing.T) {
	specs := manySpecs(t)
	var want []string
	for _, cores := range []int{1, 2, 4} {
		for _, jobs := range []int{1, 2, 3, 16} {
			old := runtime.GOMAXPROCS(cores)
			ls, err := Build(context.Background(), specs, Options{Jobs: jobs, TempDir: t.TempDir()})
			runtime.GOMAXPROCS(old)
			if err != nil {
				t.Fatal(err)
			}
			got := digests(t, ls)
			if want == nil {
				want = got
				for _, l := range ls {
					if err := validate.Layer(l); err != nil {
						t.Errorf("%s: %v", l.Name(), err)
					}
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%d cores, %d jobs: (-want +got)\n%s", cores, jobs, diff)
			}
			for _, l := range ls {
				check(t, l.Close())
			}
		}
	}
}

// The order in which entries are given doesn't show either.
func TestBuildIgnoresOrder(t *testing.T) {
	spec, _ := everyKind(t)
	first := digests(t, []*Layer{buildOne(t, Options{}, spec)})
	entries, _ := spec.Entries()
	for i, j := 0, len(entries)-1; i < j; i, j = i+1, j-1 {
		entries[i], entries[j] = entries[j], entries[i]
	}
	if diff := cmp.Diff(first, digests(t, []*Layer{buildOne(t, Options{}, spec)})); diff != "" {
		t.Error(diff)
	}
}

func TestBuildReportsLayers(t *testing.T) {
	specs := manySpecs(t)
	var mu sync.Mutex
	ready := map[int]*Layer{}
	var packing, packed int
	ls, err := Build(context.Background(), specs, Options{
		Jobs: 3, TempDir: t.TempDir(),
		OnLayer: func(i int, l *Layer) {
			mu.Lock()
			defer mu.Unlock()
			ready[i] = l
		},
		Progress: func(e Event) { // called one at a time
			switch e.Kind {
			case EventPacking:
				packing++
				if e.Bytes > e.Total || e.Bytes <= 0 {
					t.Errorf("%d of %d bytes", e.Bytes, e.Total)
				}
			case EventPacked:
				packed++
			case EventStarted:
			case EventCached:
				t.Error("cached")
			case EventNote:
				t.Errorf("note: %v", e.Err)
			}
		},
	})
	check(t, err)
	for i, l := range ls {
		if ready[i] != l || l.Name() != specs[i].Name {
			t.Errorf("layer %d is %q, reported was %v", i, l.Name(), ready[i])
		}
		check(t, l.Close())
	}
	if packed != len(specs) || packing == 0 {
		t.Errorf("%d layers reported, progress told %d times", packed, packing)
	}
}

func TestBuildNothing(t *testing.T) {
	if ls, err := Build(context.Background(), nil, Options{}); err != nil || len(ls) != 0 {
		t.Errorf("%v, %v", ls, err)
	}
}

func TestBuildOptions(t *testing.T) {
	for _, at := range []time.Time{time.Unix(-1, 0), time.Unix(1, 1), time.Unix(1<<33, 0)} {
		if _, err := Build(context.Background(), nil, Options{ModTime: at}); err == nil {
			t.Errorf("%v is taken", at)
		}
	}
}

func TestBuildCancelled(t *testing.T) {
	specs := manySpecs(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Build(ctx, specs, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("before: %v", err)
	}
	for _, jobs := range []int{1, 8} {
		ctx, cancel = context.WithCancel(context.Background())
		_, err := Build(ctx, specs, Options{Jobs: jobs, TempDir: t.TempDir(), Progress: func(e Event) {
			if e.Kind == EventPacking {
				cancel()
			}
		}})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("meanwhile: %v", err)
		}
	}
}

// After an error nothing is left: no file, no goroutine that goes on.
func TestBuildCleansUp(t *testing.T) {
	store, temp := newMemStore(t), t.TempDir()
	big := noise(1, 5<<20)
	entries := []Entry{
		{Path: "a", Mode: 0o644, Size: int64(len(big)), Open: opener(big)},
		{Path: "b", Mode: 0o644, Size: int64(len(big)) + 1, Open: opener(big), Owner: "app"},
	}
	before := runtime.NumGoroutine()
	for _, key := range []Key{{}, NewKey("a")} {
		spec := specOf("app", nil, entries)
		spec.Key = key
		err := buildError(t, Options{Jobs: 4, Store: store, TempDir: temp}, spec)
		var entry *EntryError
		if !errors.Is(err, ErrContent) || !errors.As(err, &entry) || entry.Path != "b" || entry.Owner != "app" {
			t.Errorf("error %v", err)
		}
	}
	for _, dir := range []string{store.dir, temp} {
		if files, _ := os.ReadDir(dir); len(files) != 0 {
			t.Errorf("left behind: %v", files)
		}
	}
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, before %d", runtime.NumGoroutine(), before)
		}
	}
}

func TestBuildRemembers(t *testing.T) {
	store := newMemStore(t)
	specs := manySpecs(t)
	opt := Options{Store: store, TempDir: t.TempDir()}
	ls, err := Build(context.Background(), specs, opt)
	check(t, err)
	want := digests(t, ls)
	var bytesWant [][]byte
	for _, l := range ls {
		bytesWant = append(bytesWant, compressed(t, l))
		check(t, l.Close())
	}
	for i := range specs {
		specs[i].Entries = func() ([]Entry, error) { return nil, errors.New("asked for entries") }
	}
	again, err := Build(context.Background(), specs, opt)
	check(t, err)
	if diff := cmp.Diff(want, digests(t, again)); diff != "" {
		t.Error(diff)
	}
	for i, l := range again {
		if !l.Cached() || l.Key() != specs[i].Key {
			t.Errorf("layer %d: cached %v, key %v", i, l.Cached(), l.Key())
		}
		if !bytes.Equal(compressed(t, l), bytesWant[i]) {
			t.Errorf("layer %d has other bytes", i)
		}
		data, _ := store.Get(KindRecipe, specs[i].Key.String())
		if h, err := ParseHead(data[:HeadSize]); err != nil || h != l.Head() {
			t.Errorf("head %+v, %v", h, err)
		}
		check(t, l.Close())
	}
	if files, _ := filepath.Glob(filepath.Join(store.dir, "temp-*")); len(files) != 0 {
		t.Errorf("left in the store: %v", files)
	}
	// Another time is another layer.
	opt.ModTime = time.Unix(1e9, 0)
	if _, err := Build(context.Background(), specs, opt); err == nil || !strings.Contains(err.Error(), "asked for entries") {
		t.Errorf("another time: %v", err)
	}
}

// A store that has lost, damaged or mixed up what it was given costs time only.
func TestBuildHeals(t *testing.T) {
	specs := manySpecs(t)
	specs = specs[3:] // the first has a spool
	spec := &specs[0]
	key, otherKey := spec.Key.String(), NewKey("other")
	spoolPath := func(s *memStore) string {
		files, _ := filepath.Glob(filepath.Join(s.dir, KindSpool+"-*"))
		if len(files) != 1 {
			t.Fatalf("spools: %v", files)
		}
		return files[0]
	}
	tests := []struct {
		name   string
		damage func(s *memStore)
		cached bool // the recipe still serves
		notes  int
	}{
		{"recipe flipped", func(s *memStore) { s.data[KindRecipe+"/"+key][HeadSize+50] ^= 1 }, false, 1},
		{"recipe cut", func(s *memStore) { s.data[KindRecipe+"/"+key] = s.data[KindRecipe+"/"+key][:HeadSize+3] }, false, 1},
		{"recipe empty", func(s *memStore) { s.data[KindRecipe+"/"+key] = nil }, false, 1},
		{"other's recipe", func(s *memStore) {
			s.data[KindRecipe+"/"+key] = s.data[KindRecipe+"/"+otherKey.String()]
		}, false, 1},
		{"spool lost", func(s *memStore) { check(t, os.Remove(spoolPath(s))) }, false, 0},
		{"spool flipped", func(s *memStore) { flip(t, spoolPath(s), 1000) }, true, 1},
		{"spool cut", func(s *memStore) { check(t, os.Truncate(spoolPath(s), 1000)) }, true, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			store := newMemStore(t)
			two := []Spec{specs[0]}
			first, err := Build(context.Background(), []Spec{specs[0]}, Options{Store: store})
			check(t, err)
			if tt.name == "other's recipe" {
				other := specs[0]
				other.Key = otherKey
				more, err := Build(context.Background(), []Spec{other}, Options{Store: store})
				check(t, err)
				check(t, more[0].Close())
			}
			want := compressed(t, first[0])
			check(t, first[0].Close())
			tt.damage(store)
			notes := 0
			opt := Options{Store: store, Progress: func(e Event) {
				if e.Kind == EventNote {
					notes++
				}
			}}
			second, err := Build(context.Background(), two, opt)
			check(t, err)
			if second[0].Cached() != tt.cached {
				t.Errorf("cached: %v", second[0].Cached())
			}
			if !bytes.Equal(compressed(t, second[0]), want) {
				t.Error("other bytes")
			}
			if notes != tt.notes {
				t.Errorf("%d notes, want %d", notes, tt.notes)
			}
			check(t, second[0].Close())
			// It has healed.
			third, err := Build(context.Background(), two, opt)
			check(t, err)
			if !third[0].Cached() || !bytes.Equal(compressed(t, third[0]), want) || notes != tt.notes {
				t.Error("not healed")
			}
			check(t, third[0].Close())
		})
	}
}

func TestBuildWithFailingStore(t *testing.T) {
	store := newMemStore(t)
	store.fail = true
	specs := manySpecs(t)
	notes := 0
	temp := t.TempDir()
	ls, err := Build(context.Background(), specs, Options{Store: store, TempDir: temp, Progress: func(e Event) {
		if e.Kind == EventNote {
			notes++
		}
	}})
	check(t, err)
	if notes != len(specs) {
		t.Errorf("%d notes for %d layers", notes, len(specs))
	}
	for _, l := range ls {
		if err := validate.Layer(l); err != nil {
			t.Error(err)
		}
		check(t, l.Close())
	}
	for _, dir := range []string{store.dir, temp} {
		if files, _ := os.ReadDir(dir); len(files) != 0 {
			t.Errorf("left behind: %v", files)
		}
	}
}

// A layer whose recipe is known needs no file to be named in a manifest, only to
// be read.
func TestBuildAbsentSource(t *testing.T) {
	opt := Options{Store: newMemStore(t)}
	source, entries := newWheel(t, "a.whl", mixed(1, 5, 1000)...)
	spec := specOf("a", []*Source{source}, entries)
	spec.Key = NewKey("absent")
	want := buildOne(t, opt, spec).Head()
	spec.Sources = []*Source{{Name: source.Name, SHA256: source.SHA256, Size: source.Size}}
	l := buildOne(t, opt, spec)
	if l.Head() != want || !l.Cached() {
		t.Errorf("head %+v, want %+v", l.Head(), want)
	}
	r, err := l.Compressed()
	check(t, err)
	if _, err := io.Copy(io.Discard, r); !errors.Is(err, ErrSourceAbsent) {
		t.Errorf("reading it: %v", err)
	}
	check(t, r.Close())
}

// A recipe doesn't run against a wheel that is not the one it was made from.
func TestBuildOtherSource(t *testing.T) {
	store := newMemStore(t)
	source, entries := newWheel(t, "a.whl", mixed(1, 5, 1000)...)
	spec := specOf("a", []*Source{source}, entries)
	spec.Key = NewKey("same key")
	first := buildOne(t, Options{Store: store}, spec)
	other, entries := newWheel(t, "a.whl", mixed(2, 5, 1000)...)
	again := specOf("a", []*Source{other}, entries)
	again.Key = spec.Key
	second := buildOne(t, Options{Store: store}, again)
	if second.Cached() || first.Head().Digest == second.Head().Digest {
		t.Error("the recipe of another wheel was used")
	}
	check(t, validate.Layer(second))
}

func TestLimits(t *testing.T) {
	source, entries := newWheel(t, "bomb.whl",
		zipFile{name: "zeros", data: make([]byte, 40<<20)}, zipFile{name: "small", data: []byte("x")})
	tests := []struct {
		name   string
		limits Limits
		want   *LimitError
		path   string
	}{
		{"ratio", Limits{}, &LimitError{"Ratio", DefaultMaxRatio, entries[0].Size / entries[0].Slice.Length}, "zeros"},
		{"total", Limits{Ratio: -1, Total: 40 << 20}, &LimitError{"Total", 40 << 20, 40<<20 + 1}, "small"},
		{"entries", Limits{Ratio: -1, Entries: 1}, &LimitError{"Entries", 1, 2}, ""},
		{"none", Limits{Ratio: -1}, nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Build(context.Background(), []Spec{specOf("bomb", []*Source{source}, entries)}, Options{Limits: tt.limits})
			if tt.want == nil {
				check(t, err)
				return
			}
			var limit *LimitError
			if !errors.As(err, &limit) || *limit != *tt.want || !errors.Is(err, ErrLimit) {
				t.Fatalf("error %v", err)
			}
			var entry *EntryError
			if errors.As(err, &entry) != (tt.path != "") || entry != nil && (entry.Path != tt.path || entry.Owner != "bomb.whl") {
				t.Errorf("error %v", err)
			}
		})
	}
}

// 100,000 entries: sorted, with their directories, in one layer.
func TestManyEntries(t *testing.T) {
	const n = 100_000
	source := newSource(t, "many.whl", []byte("\x4b\x04\x00"))
	sum := sha256.Sum256([]byte("a"))
	entries := make([]Entry, n)
	for i := range entries {
		entries[i] = Entry{
			Path: fmt.Sprintf("d%d/e%d/f%d", i%10, i%1000, i), Mode: 0o644, Size: 1, SHA256: sum[:],
			Slice: &Slice{Source: source, Length: 3, Deflated: true, CRC32: 0xe8b7be43},
		}
	}
	l := buildOne(t, Options{}, specOf("many", []*Source{source}, entries))
	h := l.Head()
	if h.Entries != n+10+1000 || h.Size > 60*n {
		t.Errorf("%d entries in %d bytes", h.Entries, h.Size)
	}
	r, err := l.Uncompressed()
	check(t, err)
	if size, err := io.Copy(io.Discard, r); err != nil || size != h.TarSize {
		t.Errorf("%d bytes, %v", size, err)
	}
	check(t, r.Close())
}

func TestEntriesError(t *testing.T) {
	boom := errors.New("boom")
	err := buildError(t, Options{}, Spec{Name: "numpy", Entries: func() ([]Entry, error) { return nil, boom }})
	if !errors.Is(err, boom) || !strings.Contains(err.Error(), `"numpy"`) {
		t.Errorf("error %v", err)
	}
}

func TestExists(t *testing.T) {
	spec := specOf("x", nil, []Entry{
		{Path: "usr/local/lib/new/file", Mode: 0o644},
		{Path: "usr/local/bin", Mode: fs.ModeDir | 0o700},
	})
	spec.Exists = func(dir string) bool { return dir == "usr" || dir == "usr/local" || dir == "usr/local/lib" }
	l := buildOne(t, Options{}, spec)
	var names []string
	for _, e := range list(t, readAll(t, l.Uncompressed)) {
		names = append(names, fmt.Sprint(e.Name, " ", e.Mode))
	}
	want := []string{"usr/local/bin/ drwx------", "usr/local/lib/new/ drwxr-xr-x", "usr/local/lib/new/file -rw-r--r--"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
}
