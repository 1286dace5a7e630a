package pipeline

import (
	"errors"
	"os"
)

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
