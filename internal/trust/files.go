package trust

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

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
