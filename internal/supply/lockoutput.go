package supply

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/assemble-image/assemble/internal/osfile"
	"github.com/assemble-image/assemble/internal/resolve"
	"github.com/assemble-image/assemble/wheels/requirements"
	"github.com/assemble-image/assemble/wheels/tags"
)

// ErrOutput says that a lock can't be written to the file that it should be
// written to, which stays as it is.
var ErrOutput = errors.New("not a file for the lock")

// checkOutput refuses names that a lock would be written to, but not be read
// from again, as most of them hold something that nobody wants replaced, and
// whatever is there and is no file.
func checkOutput(path string) error {
	if fi, err := os.Stat(path); err == nil && !fi.Mode().IsRegular() {
		return fmt.Errorf("writing lock %q: %w: it already exists and is %s", path, ErrOutput, osfile.Kind(fi.Mode()))
	}
	switch what := requirements.Foreign(path); {
	case what != "":
		return fmt.Errorf("writing lock %q: %w: by its name, it is %s", path, ErrOutput, what)
	case strings.HasSuffix(path, ".toml") && !requirements.IsPylock(path):
		return fmt.Errorf("writing lock %q: %w: a TOML lock must be named pylock.toml or pylock.NAME.toml", path, ErrOutput)
	}
	return nil
}

// inputs opens the files that are locked, with those that they include, and
// finds the lock among them: it must not replace what it is made from.
type inputs struct {
	output os.FileInfo // nil where there is no lock yet
	found  string      // the path by which it was opened, "" if it wasn't
}

func newInputs(output string) *inputs {
	fi, err := os.Stat(output)
	if err != nil {
		return &inputs{}
	}
	return &inputs{output: fi}
}

// opener is open, which notices the lock.
func (in *inputs) opener(open requirements.Opener) requirements.Opener {
	return func(path string) (io.ReadCloser, error) {
		f, err := open(path)
		if err != nil {
			return nil, err
		}
		file, ok := f.(*os.File)
		if !ok || in.output == nil {
			return f, nil
		}
		fi, err := file.Stat()
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		if os.SameFile(fi, in.output) {
			in.found = path
		}
		return f, nil
	}
}

// check returns an error where the lock would replace a file that was opened.
func (in *inputs) check(output string) error {
	if in.found == "" {
		return nil
	}
	return fmt.Errorf("writing lock %q: %w: it is one of the requirements files", output, ErrOutput)
}

// writeLock writes the solution, and tells whether the file has changed.
func writeLock(s *resolve.Solution, to tags.Target, inputs []string, steering requirements.Steering, opt LockOptions) (bool, error) {
	header := []string{
		"Made by assemble lock " + strings.Join(inputs, " "),
		fmt.Sprintf("for Python %s, %s, glibc %s.", to.Python, to.Machine, to.Glibc),
	}
	w := resolve.WriteOptions{Header: header, AllFiles: opt.AllHashes, Steering: steering, Target: resolve.TargetMarker(to.Environment())}
	if abs, err := filepath.Abs(opt.Output); err == nil {
		w.Dir = filepath.Dir(abs)
	}
	var out bytes.Buffer
	write := s.WriteRequirements
	if strings.HasSuffix(opt.Output, ".toml") {
		write = s.WritePylock
	}
	if err := write(&out, w); err != nil {
		return false, fmt.Errorf("writing lock %q: %w", opt.Output, err)
	}
	if old, err := os.ReadFile(opt.Output); err == nil && bytes.Equal(old, out.Bytes()) {
		return false, nil
	}
	if err := osfile.Replace(opt.Output, osfile.Bytes(out.Bytes()), osfile.Options{FollowLink: true}); err != nil {
		return false, fmt.Errorf("writing lock %q: %w", opt.Output, err)
	}
	return true, nil
}
