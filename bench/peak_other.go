//go:build !linux

package main

import "os"

func settle() {}

// peakMemory is 0: not known here.
func peakMemory(*os.ProcessState) int64 { return 0 }
