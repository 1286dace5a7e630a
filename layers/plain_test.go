package layers

import (
	"bytes"
	"compress/flate"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/validate"
)

func TestCompressorBlock(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	tests := []struct {
		name    string
		in      []byte
		largest int64 // of what comes out
	}{
		{"one byte", []byte("x"), storedLength(1) + 1},
		{"text", text(rng, plainBlock), plainBlock / 3},
		{"noise", noise(1, plainBlock), storedLength(plainBlock) + 1},
		{"short noise", noise(1, 100), storedLength(100) + 1},
		{"a stored block", noise(1, maxStored), storedLength(maxStored) + 1},
		{"a byte more", noise(1, maxStored+1), storedLength(maxStored+1) + 1},
		{"zeros", make([]byte, plainBlock), 2100},
	}
	var c compressor
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out, err := c.block(tt.in)
			if err != nil {
				t.Fatal(err)
			}
			if int64(len(out)) > tt.largest {
				t.Errorf("%d bytes, more than %d", len(out), tt.largest)
			}
			// Whole blocks up to a byte boundary: another can follow.
			stream := append(bytes.Clone(out), "\x01\x01\x00\xfe\xffz"...)
			got, err := io.ReadAll(flate.NewReader(bytes.NewReader(stream)))
			if err != nil || !bytes.Equal(got, append(bytes.Clone(tt.in), 'z')) {
				t.Errorf("inflates to %d bytes, %v", len(got), err)
			}
		})
	}
}

// What goes into a spool, or stays in the recipe, has the same bytes; the
// spool's file has no name where the system allows that.
func TestSpooledLayer(t *testing.T) {
	temp := t.TempDir()
	content := noise(1, 7<<20)
	spec := specOf("models", nil, []Entry{
		{Path: "a", Mode: 0o644, Size: int64(len(content)), Open: opener(content)},
		{Path: "b", Mode: 0o644, Size: 3, Data: []byte("abc")},
		{Path: "c", Mode: 0o644, Size: int64(len(content)), Open: opener(content)},
	})
	l := buildOne(t, Options{TempDir: temp, Jobs: 3}, spec)
	check(t, validate.Layer(l))
	if l.recipe.spool.size < 10<<20 || len(l.recipe.program) > 4<<20 {
		t.Errorf("%d bytes in the spool, %d in the recipe", l.recipe.spool.size, len(l.recipe.program))
	}
	if files, _ := os.ReadDir(temp); len(files) > 0 && runtime.GOOS != "windows" {
		t.Errorf("files: %v", files)
	}
	check(t, l.Close())
	check(t, l.Close())
	if files, _ := os.ReadDir(temp); len(files) != 0 {
		t.Errorf("left behind: %v", files)
	}
	r, err := l.Compressed()
	check(t, err)
	if _, err := io.Copy(io.Discard, r); err == nil {
		t.Error("a closed layer can be read")
	}
	check(t, r.Close())
}

func TestSpoolWithoutPlace(t *testing.T) {
	content := noise(1, 7<<20)
	spec := specOf("models", nil, []Entry{{Path: "a", Mode: 0o644, Size: int64(len(content)), Open: opener(content)}})
	_, err := Build(context.Background(), []Spec{spec}, Options{TempDir: t.TempDir() + "/missing"})
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}

// A layer is read from several goroutines at once.
func TestLayerConcurrently(t *testing.T) {
	spec, _ := everyKind(t)
	l := buildOne(t, Options{TempDir: t.TempDir()}, spec)
	want := compressed(t, l)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			r, err := l.Compressed()
			if err != nil {
				t.Error(err)
				return
			}
			got, err := io.ReadAll(r)
			if err := errors.Join(err, r.Close()); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d bytes, %v", len(got), err)
			}
		})
	}
	wg.Wait()
}
