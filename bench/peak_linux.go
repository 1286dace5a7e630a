package main

import (
	"os"
	"syscall"
)

// settle has the kernel write out what is still in memory only.
func settle() { syscall.Sync() }

// peakMemory is the most memory that the program had at once, in bytes
// (getrusage(2): ru_maxrss is in KiB).
func peakMemory(s *os.ProcessState) int64 {
	if r, ok := s.SysUsage().(*syscall.Rusage); ok {
		return r.Maxrss << 10
	}
	return 0
}
