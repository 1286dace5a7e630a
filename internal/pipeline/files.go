package pipeline

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// openText opens a file of requirements. A pipe with a name is refused, since
// it may be waited for forever; a shell's <(…) has a writer.
func openText(path string) (*os.File, error) {
	if fi, err := os.Stat(path); err == nil && fi.Mode()&os.ModeNamedPipe != 0 && !strings.HasPrefix(path, "/dev/") {
		return nil, &os.PathError{Op: "open", Path: path, Err: errors.New("it is not a regular file")}
	}
	return os.Open(path)
}

// readBounded reads a small file.
func readBounded(path string, limit int64) (_ []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, withoutPath(err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, withoutPath(err)
	}
	if int64(len(data)) > limit {
		err = fmt.Errorf("limit of %d bytes exceeded", limit)
	}
	return data, err
}

// withoutPath takes the path out of a file's error: the message around it
// names the file as the user does.
func withoutPath(err error) error {
	var pe *os.PathError
	var le *os.LinkError
	switch {
	case errors.As(err, &pe):
		return pe.Err
	case errors.As(err, &le):
		return le.Err
	}
	return err
}

// WriteFile writes a file that must not be there yet, whole or not at all:
// it appears under its name once it is on the disk.
func WriteFile(path string, data []byte, mode os.FileMode) (err error) {
	temp, err := writeTemp(path, data, mode)
	if err != nil {
		return err
	}
	// A link, unlike a rename, never replaces what is there.
	if err := os.Link(temp, path); err != nil {
		return errors.Join(withoutPath(err), os.Remove(temp))
	}
	return os.Remove(temp)
}

// replaceFile writes a file, whole or not at all, in place of what is there:
// where that is a link, in place of what it leads to.
func replaceFile(path string, data []byte) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	mode := os.FileMode(0o644)
	if fi, err := os.Stat(path); err == nil {
		if mode = fi.Mode().Perm(); fi.IsDir() {
			return errIsDirectory
		}
	}
	temp, err := writeTemp(path, data, mode)
	if err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		return errors.Join(withoutPath(err), os.Remove(temp))
	}
	return nil
}

var errIsDirectory = errors.New("it is a directory")

// writeTemp writes a file beside path, on the disk, and returns its name.
func writeTemp(path string, data []byte, mode os.FileMode) (string, error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return "", withoutPath(err)
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return "", errors.Join(withoutPath(err), os.Remove(f.Name()))
	}
	return f.Name(), nil
}
