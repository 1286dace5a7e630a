//go:build !unix

package cache

import (
	"fmt"
	"os"
)

// checkPrivate refuses what is not a directory of its own.
func checkPrivate(dir string) error {
	fi, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if !fi.IsDir() {
		return fmt.Errorf("%q is not a directory", dir)
	}
	return nil
}
