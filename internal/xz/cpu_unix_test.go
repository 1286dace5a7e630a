//go:build unix

package xz

import (
	"syscall"
	"time"
)

// cpuTime is the processor time that the process has used. Unlike the time on
// the wall it says something on a machine that others use too.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
