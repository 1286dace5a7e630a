package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// memoryGoal is where the garbage collector begins to work harder, in bytes.
// What is in use stays well below, however large the image; but without a goal,
// as much garbage would be left to lie around. Opening a signing key takes
// 64 MiB for a moment.
const memoryGoal = 40 << 20

// The collector leaves room to garbage in proportion to what is in use: the
// more there is, the more each of its runs costs. It is half as much again, and
// memoryRoom bytes at least.
const (
	memoryRoom  = 16 << 20
	memoryShare = 2
)

// gcPercent keeps the collector from running while there is little to collect:
// it would take a tenth of a push with nothing new. The goal bounds what that
// costs.
const gcPercent = 400

// boundMemory sets the goal, unless the user has set one, and keeps it above
// what is in use.
func boundMemory() {
	if os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	debug.SetMemoryLimit(memoryGoal)
	afterCollection(memoryGoal)
}

// afterCollection adapts the goal, which is now, each time the collector has run.
func afterCollection(now int64) {
	runtime.AddCleanup(new([64]byte), func(now int64) {
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(live)
		use := int64(live[0].Value.Uint64())
		goal := max(memoryGoal, use+max(memoryRoom, use/memoryShare))
		if goal != now {
			debug.SetMemoryLimit(goal)
		}
		afterCollection(goal)
	}, now)
}
