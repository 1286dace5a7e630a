//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package fetch

import "os"

const noFollow = 0

// tryLock does nothing: the hash tells whether two have written to one part.
func tryLock(*os.File) (bool, error) { return true, nil }
