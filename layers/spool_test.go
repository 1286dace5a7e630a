package layers

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"
)

// fullStore is a store on a full disk: files can be made and not written.
type fullStore struct {
	*memStore
	told int
}

// TempFile returns a file that takes nothing, for it is open for reading only.
func (s *fullStore) TempFile() (*os.File, error) {
	f, err := s.memStore.TempFile()
	if err != nil {
		return nil, err
	}
	return os.Open(f.Name())
}

func (s *fullStore) WriteFailed(err error) error {
	s.told++
	return errors.Join(errStore, err)
}

// A store without room costs time, and neither the layer nor its bytes.
func TestStoreWithoutRoom(t *testing.T) {
	content := noise(1, 7<<20)
	spec := specOf("models", nil, []Entry{
		{Path: "a", Mode: 0o644, Size: int64(len(content)), Open: opener(content)},
		{Path: "b", Mode: 0o644, Size: int64(len(content)), Open: opener(content)},
	})
	spec.Key[0] = 1
	want := compressed(t, buildOne(t, Options{TempDir: t.TempDir()}, spec))
	store := &fullStore{memStore: newMemStore(t)}
	temp := t.TempDir()
	var notes []error
	l := buildOne(t, Options{TempDir: temp, Store: store, Progress: func(e Event) {
		if e.Kind == EventNote {
			notes = append(notes, e.Err)
		}
	}}, spec)
	if !bytes.Equal(compressed(t, l), want) {
		t.Error("other bytes")
	}
	if store.told != 1 || len(notes) != 1 || !errors.Is(notes[0], errStore) {
		t.Errorf("the store was told %d times; notes %v", store.told, notes)
	}
	check(t, l.Close())
	for _, dir := range []string{temp, store.dir} {
		if files, _ := os.ReadDir(dir); len(files) != 0 {
			t.Errorf("left behind: %v", files)
		}
	}
}

// What was written before the store ran out of room isn't lost.
func TestSpoolMovesWithWhatItHas(t *testing.T) {
	store := newMemStore(t)
	s, err := newSpool(store, t.TempDir(), 1<<30)
	check(t, err)
	content := noise(2, 3<<20)
	check(t, s.write(content[:1<<20]))
	check(t, s.flush())
	// From now on, the store's file can only be read.
	f, err := os.Open(s.path)
	check(t, err)
	_, err = f.Seek(0, io.SeekEnd)
	check(t, err)
	check(t, s.file.Close())
	s.file = f
	check(t, s.write(content[1<<20:]))
	check(t, s.flush())
	got, err := io.ReadAll(io.NewSectionReader(s.file, 0, s.size))
	check(t, err)
	if !bytes.Equal(got, content) {
		t.Error("other content")
	}
	if s.keep(store) == nil {
		t.Error("the store was handed a spool that is elsewhere")
	}
	if files, _ := os.ReadDir(store.dir); len(files) != 0 {
		t.Errorf("left in the store: %v", files)
	}
	check(t, s.close())
}
