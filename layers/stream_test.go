package layers

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// streamOf gives the entries as they are, then the error unless it is nil.
func streamOf(entries []Entry, err error) func() iter.Seq2[Entry, error] {
	return func() iter.Seq2[Entry, error] {
		return func(yield func(Entry, error) bool) {
			for _, e := range entries {
				if !yield(e, nil) {
					return
				}
			}
			if err != nil {
				yield(Entry{}, err)
			}
		}
	}
}

// plainTree returns n small files in directories whose names sort around the
// slash, sorted, with the directories if those are wanted.
func plainTree(seed uint64, n int, dirs bool) []Entry {
	rng := rand.New(rand.NewPCG(seed, 7))
	byPath := map[string]Entry{}
	names := []string{"a", "a-b", "a.c", "a0", "a/b", "a/b-", "a!/x", "é", strings.Repeat("long", 30)}
	for i := range n {
		data := text(rng, rng.IntN(3000))
		sum := sha256.Sum256(data)
		p := fmt.Sprintf("%s/%s/f%d", names[rng.IntN(len(names))], names[rng.IntN(len(names))], i)
		byPath[p] = Entry{Path: p, Mode: 0o644, Size: int64(len(data)), SHA256: sum[:], Open: opener(data), Owner: "src"}
		for dir := parent(p); dirs && dir != ""; dir = parent(dir) {
			byPath[dir] = Entry{Path: dir, Mode: fs.ModeDir | 0o755, Owner: "src"}
		}
	}
	var list []Entry
	for _, e := range byPath {
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b Entry) int { return strings.Compare(a.Path, b.Path) })
	return list
}

// A stream gives the layer that a list gives, on any number of cores.
func TestStream(t *testing.T) {
	for seed := range uint64(3) {
		entries := plainTree(seed, 4000, true)
		want := buildOne(t, Options{TempDir: t.TempDir(), Jobs: 1}, specOf("list", nil, entries))
		for _, jobs := range []int{1, 3, 8} {
			spec := Spec{Name: "stream", Stream: streamOf(entries, nil)}
			got := buildOne(t, Options{TempDir: t.TempDir(), Jobs: jobs}, spec)
			if got.recipe.Digest != want.recipe.Digest || got.recipe.DiffID != want.recipe.DiffID || got.recipe.Entries != want.recipe.Entries {
				t.Fatalf("seed %d, %d jobs: another layer", seed, jobs)
			}
			if jobs == 3 {
				check(t, validate.Layer(got))
			}
		}
	}
}

// Only parents of the first path may be missing.
func TestStreamAddsParents(t *testing.T) {
	entries := []Entry{{Path: "usr/new/b", Mode: 0o644}, {Path: "usr/new/c", Mode: 0o644}}
	exists := func(dir string) bool { return dir == "usr" }
	list, stream := specOf("list", nil, entries), Spec{Name: "stream", Stream: streamOf(entries, nil)}
	list.Exists, stream.Exists = exists, exists
	if a, b := buildOne(t, Options{}, list), buildOne(t, Options{}, stream); a.recipe.Digest != b.recipe.Digest || b.recipe.Entries != 3 {
		t.Errorf("%d entries", b.recipe.Entries)
	}
}

func TestBadStreams(t *testing.T) {
	boom := errors.New("boom")
	file := func(p string) Entry { return Entry{Path: p, Mode: 0o644, Owner: "src"} }
	dir := func(p string) Entry { return Entry{Path: p, Mode: fs.ModeDir | 0o755, Owner: "src"} }
	many := plainTree(1, 3000, true)
	source := newSource(t, "x.whl", []byte("x"))
	tests := []struct {
		name    string
		entries []Entry
		err     error
		want    error
		text    string
	}{
		{"an error", many, boom, boom, "boom"},
		{"twice", []Entry{file("a"), file("a")}, nil, ErrDuplicatePath, "a"},
		{"not sorted", []Entry{file("b"), file("a")}, nil, nil, `after "b"`},
		{"sorted by name", []Entry{dir("a"), file("a/x"), file("a-b")}, nil, nil, `after "a/x"`},
		{"a file above", []Entry{file("a"), file("a-b"), file("a/b")}, nil, ErrNotDirectory, "a"},
		{"a directory that comes too late", []Entry{file("a-b"), file("a/b")}, nil, nil, "directory comes after"},
		{"a bad path", []Entry{file("a"), file("b/../c")}, nil, nil, "element"},
		{"no source of its", []Entry{{Path: "a", Mode: 0o644, Size: 1, Slice: &Slice{Source: source, Length: 1}}}, nil, nil, "not one of the layer's"},
		{"too many", many, nil, ErrLimit, "Entries"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			temp := t.TempDir()
			opt := Options{TempDir: temp, Jobs: 3, Limits: Limits{Entries: int64(len(many)) - 10}}
			if tt.err != nil {
				opt.Limits.Entries = 0
			}
			err := buildError(t, opt, Spec{Name: "app", Stream: streamOf(tt.entries, tt.err)})
			if err == nil || tt.want != nil && !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("error %v", err)
			}
			if files, _ := os.ReadDir(temp); len(files) > 0 {
				t.Errorf("left behind: %v", files)
			}
		})
	}
}

// The recipe of many small files doesn't grow with them.
func TestStreamedRecipeIsSmall(t *testing.T) {
	store := newMemStore(t)
	entries := make([]Entry, 60_000)
	for i := range entries {
		entries[i] = Entry{Path: fmt.Sprintf("f%06d-%x", i, sha256.Sum256([]byte{byte(i), byte(i >> 8)})), Mode: 0o644}
	}
	spec := Spec{Name: "app", Key: NewKey("app"), Stream: streamOf(entries, nil)}
	first := buildOne(t, Options{Store: store}, spec)
	if n := len(first.recipe.program); n > maxInlinePlain+64 || first.recipe.spool.size < 1<<20 {
		t.Errorf("%d bytes of program, %d of spool", n, first.recipe.spool.size)
	}
	check(t, validate.Layer(first))
	second := buildOne(t, Options{Store: store}, spec)
	if !second.Cached() {
		t.Error("it is not remembered")
	}
	check(t, validate.Layer(second))
}

// A spool that is too large for the store is made again when it is needed.
func TestLargeSpoolIsNotKept(t *testing.T) {
	store := newMemStore(t)
	content := noise(1, 1<<20)
	size := int64(12 << 20)
	opened := 0
	e := Entry{Path: "model", Mode: 0o644, Size: size, Open: func() (io.ReadCloser, error) {
		opened++
		return repeat(content, size), nil
	}}
	spec := Spec{Name: "model", Key: NewKey("model"), Stream: streamOf([]Entry{e}, nil)}
	first := buildOne(t, Options{Store: store, maxKept: 8 << 20}, spec)
	check(t, first.Close())
	if files, _ := filepath.Glob(filepath.Join(store.dir, "*")); len(files) > 0 {
		t.Errorf("in the store: %v", files)
	}
	second := buildOne(t, Options{Store: store}, spec)
	if !second.Cached() || opened != 1 {
		t.Fatalf("cached %v, opened %d times", second.Cached(), opened)
	}
	check(t, validate.Layer(second))
	if opened != 2 {
		t.Errorf("opened %d times", opened)
	}
	check(t, second.Close())
	// What is no longer the same is noticed.
	content[5] ^= 1
	third := buildOne(t, Options{Store: store}, spec)
	r, err := third.Compressed()
	check(t, err)
	if _, err := io.Copy(io.Discard, r); !errors.Is(err, ErrSourceChanged) {
		t.Errorf("error %v", err)
	}
	check(t, r.Close())
	check(t, third.Close())
}

// order and arrange agree about what they both see whole.
func FuzzOrder(f *testing.F) {
	f.Add("a a/b a-b a/b/c")
	f.Add("a-b a/b")
	f.Add("x xx x/x x!/y")
	f.Fuzz(func(t *testing.T, list string) {
		var entries []Entry
		for p := range strings.FieldsSeq(list) {
			e := Entry{Path: strings.TrimSuffix(p, "/"), Mode: 0o644}
			if strings.HasSuffix(p, "/") {
				e.Mode = fs.ModeDir | 0o755
			}
			entries = append(entries, e)
		}
		slices.SortStableFunc(entries, func(a, b Entry) int { return strings.Compare(a.Path, b.Path) })
		want, wantErr := arrange(entries, nil)
		var got []*Entry
		var gotErr error
		var o order
		for i := range entries {
			var more []*Entry
			if more, gotErr = o.next(&entries[i]); gotErr != nil {
				break
			}
			got = append(got, more...)
		}
		if gotErr != nil {
			late := strings.Contains(gotErr.Error(), "comes after")
			if wantErr == nil && !late && !errors.Is(gotErr, ErrDuplicatePath) {
				t.Errorf("only the stream is refused: %v", gotErr)
			}
			return
		}
		if wantErr != nil {
			t.Fatalf("only the list is refused: %v", wantErr)
		}
		if !slices.EqualFunc(want, got, func(a, b *Entry) bool { return a.Path == b.Path && a.Mode == b.Mode }) {
			t.Errorf("not the same entries of %q", list)
		}
	})
}

// repeat gives the content again and again, size bytes in all.
func repeat(content []byte, size int64) io.ReadCloser {
	return io.NopCloser(io.LimitReader(&repeater{content: content}, size))
}

type repeater struct {
	content []byte
	at      int
}

func (r *repeater) Read(p []byte) (int, error) {
	n := copy(p, r.content[r.at:])
	r.at = (r.at + n) % len(r.content)
	return n, nil
}

// failing fails after n bytes.
type failing struct{ n int }

func (f *failing) Write(p []byte) (int, error) {
	if f.n -= len(p); f.n < 0 {
		return 0, errors.New("full")
	}
	return len(p), nil
}

// A large layer goes out while it is packed, and nothing of it is put aside.
func TestTee(t *testing.T) {
	content := noise(2, 1<<20)
	size := int64(16 << 20)
	e := Entry{Path: "model", Mode: 0o644, Size: size, Open: func() (io.ReadCloser, error) { return repeat(content, size), nil }}
	spec := Spec{Name: "model", Key: NewKey("model"), Size: size, Stream: streamOf([]Entry{e}, nil)}
	small := Spec{Name: "small", Stream: streamOf([]Entry{{Path: "x", Mode: 0o644}}, nil)}
	for _, fails := range []bool{false, true} {
		store, temp := newMemStore(t), t.TempDir()
		sum := sha256.New()
		opt := Options{Store: store, TempDir: temp, maxKept: 8 << 20, Tee: func(i int) io.Writer {
			if i != 1 {
				t.Errorf("layer %d is teed", i)
			}
			if fails {
				return &failing{n: 1 << 20}
			}
			return sum
		}}
		ls, err := Build(t.Context(), []Spec{small, spec}, opt)
		check(t, err)
		l := ls[1]
		if got := [sha256.Size]byte(sum.Sum(nil)); !fails && got != l.head.Digest {
			t.Error("other bytes went out")
		}
		for _, dir := range []string{store.dir, temp} {
			if files, _ := os.ReadDir(dir); len(files) > 0 {
				t.Errorf("put aside: %v", files)
			}
		}
		// Read after all, it is packed again.
		r, err := l.Compressed()
		check(t, err)
		if n, err := io.Copy(io.Discard, r); err != nil || n != l.head.Size {
			t.Errorf("%d bytes, %v", n, err)
		}
		check(t, errors.Join(r.Close(), l.Close(), ls[0].Close()))
		if files, _ := os.ReadDir(store.dir); len(files) > 0 {
			t.Errorf("left behind: %v", files)
		}
	}
}
