package smoke

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

const (
	// prefix starts the name of everything that a run creates.
	prefix       = "assemble-smoke-"
	ownerLabel   = "assemble.smoke/owner"
	expiresLabel = "assemble.smoke/expires"
)

// newID returns a new name for a run.
func newID() string {
	var b [6]byte
	rand.Read(b[:]) // never fails: it crashes the program instead
	return prefix + hex.EncodeToString(b[:])
}

// An owner identifies one process, even across boots and PID namespaces, where
// the PID alone means nothing.
type owner struct {
	boot, pidns string
	pid         int
	start       string // clock ticks since boot
}

// self returns this process as an owner. What can't be read from /proc stays
// empty and never matches another owner.
func self() owner {
	o := owner{pid: os.Getpid(), start: startTime("/proc/self/stat")}
	if b, err := os.ReadFile("/proc/sys/kernel/random/boot_id"); err == nil {
		o.boot = strings.TrimSpace(string(b))
	}
	o.pidns, _ = os.Readlink("/proc/self/ns/pid")
	return o
}

// startTime is field 22 of /proc/PID/stat (proc_pid_stat(5)); the second field
// may hold anything but ends with the last parenthesis.
func startTime(stat string) string {
	b, err := os.ReadFile(stat)
	if err != nil {
		return ""
	}
	_, after := cutLast(string(b), ")")
	fields := strings.Fields(after)
	if len(fields) < 20 {
		return ""
	}
	return fields[19]
}

// cutLast cuts at the last separator; without one, all of s comes before it.
func cutLast(s, sep string) (before, after string) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):]
	}
	return s, ""
}

func (o owner) String() string {
	return fmt.Sprintf("%s/%s/%d/%s", o.boot, o.pidns, o.pid, o.start)
}

func parseOwner(s string) (owner, bool) {
	parts := strings.Split(s, "/")
	if len(parts) != 4 {
		return owner{}, false
	}
	pid, err := strconv.Atoi(parts[2])
	if err != nil || pid <= 0 {
		return owner{}, false
	}
	return owner{parts[0], parts[1], pid, parts[3]}, true
}

// gone reports whether the process has certainly exited, as seen by self. start
// returns the start time of a process by its PID.
func (o owner) gone(self owner, start func(pid int) string) bool {
	switch {
	case o.boot == "" || self.boot == "":
		return false
	case o.boot != self.boot:
		return true
	case o.pidns == "" || o.pidns != self.pidns:
		return false
	}
	return start(o.pid) != o.start
}

// labels mark what a run creates. After expires it counts as abandoned even if
// its process can't be looked up.
func labels(o owner, expires time.Time) map[string]string {
	return map[string]string{ownerLabel: o.String(), expiresLabel: expires.UTC().Format(time.RFC3339)}
}

// abandoned reports, by an object's labels, whether its run is over. Without our
// labels it is not ours.
func abandoned(labels map[string]string, self owner, now time.Time) bool {
	o, ok := parseOwner(labels[ownerLabel])
	if !ok {
		return false
	}
	if expires, err := time.Parse(time.RFC3339, labels[expiresLabel]); err == nil && now.After(expires) {
		return true
	}
	return o.gone(self, func(pid int) string { return startTime(fmt.Sprintf("/proc/%d/stat", pid)) })
}
