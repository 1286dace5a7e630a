package supply

import (
	"errors"
	"os"
	"path/filepath"
)

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
