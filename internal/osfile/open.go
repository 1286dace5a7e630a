package osfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

var (
	// ErrNotRegular reports a directory, pipe, device or socket where a regular
	// file is expected.
	ErrNotRegular = errors.New("it is not a regular file")
	// ErrLimit reports a file that is longer than it may be.
	ErrLimit = errors.New("limit exceeded")
)

// OpenRegular opens a regular file for reading and returns its status. Symbolic
// links are followed. What isn't a regular file is refused with
// [ErrNotRegular]: at once, even where a pipe takes the file's place between
// looking and opening, and without opening a device, which may act on that.
func OpenRegular(path string) (*os.File, fs.FileInfo, error) {
	fi, err := os.Stat(path)
	if err != nil {
		return nil, nil, err
	}
	if err := checkRegular(path, fi); err != nil {
		return nil, nil, err
	}
	f, err := os.OpenFile(path, os.O_RDONLY|NonBlock, 0)
	if err != nil {
		return nil, nil, err
	}
	fi, err = f.Stat()
	if err == nil {
		err = checkRegular(path, fi)
	}
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return f, fi, nil
}

// OpenInput opens for reading what a user names as an input: a regular file,
// or what the system and the shell offer below /dev and /proc, such as
// /dev/stdin, /dev/null and <(…). A named pipe elsewhere is refused with
// [ErrNotRegular], since there may never be a writer.
func OpenInput(path string) (*os.File, error) {
	f, _, err := OpenRegular(path)
	if errors.Is(err, ErrNotRegular) && Offered(path) {
		return os.Open(path)
	}
	return f, err
}

// Offered reports whether path is below a directory in which only the system
// makes pipes and devices.
func Offered(path string) bool {
	clean := filepath.ToSlash(filepath.Clean(path))
	if strings.HasPrefix(clean, "/dev/shm/") {
		return false
	}
	return strings.HasPrefix(clean, "/dev/") || strings.HasPrefix(clean, "/proc/")
}

// ReadBounded reads an input, opened as by [OpenInput], of at most limit bytes.
// The error wraps [ErrLimit] where there are more.
func ReadBounded(path string, limit int64) (_ []byte, err error) {
	f, err := OpenInput(path)
	if err != nil {
		return nil, WithoutPath(err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, WithoutPath(err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrLimit, limit)
	}
	return data, nil
}

// checkRegular returns an error that wraps [ErrNotRegular] and says what the
// file is instead.
func checkRegular(path string, fi fs.FileInfo) error {
	if fi.Mode().IsRegular() {
		return nil
	}
	return &fs.PathError{Op: "open", Path: path, Err: fmt.Errorf("%w, but %s", ErrNotRegular, Kind(fi.Mode()))}
}

// Kind says in words what a file is by its mode: "a directory", for example.
func Kind(mode fs.FileMode) string {
	switch {
	case mode.IsRegular():
		return "a regular file"
	case mode.IsDir():
		return "a directory"
	case mode&fs.ModeSymlink != 0:
		return "a symbolic link"
	case mode&fs.ModeNamedPipe != 0:
		return "a pipe"
	case mode&fs.ModeDevice != 0:
		return "a device"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	}
	return "a special file"
}
