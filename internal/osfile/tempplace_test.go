package osfile

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
)

func TestNoPlaceForTemporaryFiles(t *testing.T) {
	t.Setenv("TMPDIR", "/nothere")
	_, err := firstPlace(func(place string) error {
		return &fs.PathError{Op: "mkdir", Path: place + "/x", Err: fs.ErrPermission}
	})
	if !errors.Is(err, ErrNoTemp) || !errors.Is(err, fs.ErrPermission) {
		t.Fatal(err)
	}
	if text := err.Error(); strings.Contains(text, "\n") || !strings.Contains(text, `"/nothere": permission denied`) {
		t.Error(text)
	}
}
