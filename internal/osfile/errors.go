package osfile

import (
	"errors"
	"io/fs"
	"os"
)

// WithoutPath takes the path out of a file's error, for a message that names
// the file already. Other errors, and nil, are returned as they are.
func WithoutPath(err error) error {
	var pe *fs.PathError
	var le *os.LinkError
	switch {
	case errors.As(err, &pe):
		return pe.Err
	case errors.As(err, &le):
		return le.Err
	}
	return err
}
