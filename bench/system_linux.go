package main

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// settle has the kernel write out what is still in memory only.
func settle() { syscall.Sync() }

// freeSpace is how many bytes there is room for at dir.
func freeSpace(dir string) int64 {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		return 0
	}
	return int64(fs.Bavail) * fs.Bsize
}

// unmount ends the mount at dir, if there is one.
func unmount(dir string) error {
	if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil && !errors.Is(err, syscall.EINVAL) {
		return fmt.Errorf("unmounting %q: %w", dir, err)
	}
	return nil
}

// peakMemory is the most memory that the program had at once, in bytes
// (getrusage(2): ru_maxrss is in KiB).
func peakMemory(s *os.ProcessState) int64 {
	if r, ok := s.SysUsage().(*syscall.Rusage); ok {
		return r.Maxrss << 10
	}
	return 0
}
