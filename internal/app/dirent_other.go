//go:build !linux

package app

import (
	"errors"
	"io"
	"os"
)

// readNames reads the names in a directory.
func readNames(dir *os.File, n *names) error {
	for {
		list, err := dir.ReadDir(1024)
		for _, e := range list {
			n.add(e.Name(), nameTypeOf(e.Type()))
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
