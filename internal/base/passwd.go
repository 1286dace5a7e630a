package base

import (
	"bytes"
	"strconv"
	"strings"
)

// maxID is the largest user or group number taken. containerd wrapped larger
// ones to negative numbers, and so to root (CVE-2024-40635).
const maxID = 1<<31 - 1

// parsePasswd returns what the well-formed lines of passwd(5) say. Others,
// such as those of NIS, mean nothing inside a container and are passed over.
func parsePasswd(b []byte) []User {
	var out []User
	for f := range colonLines(b) {
		if len(f) != 7 {
			continue
		}
		uid, ok1 := parseID(f[2])
		gid, ok2 := parseID(f[3])
		if f[0] != "" && ok1 && ok2 {
			out = append(out, User{Name: f[0], UID: uid, GID: gid, Home: f[5], Shell: f[6]})
		}
	}
	return out
}

// parseGroup does for group(5) what parsePasswd does for passwd(5).
func parseGroup(b []byte) []Group {
	var out []Group
	for f := range colonLines(b) {
		if len(f) != 4 {
			continue
		}
		if gid, ok := parseID(f[2]); ok && f[0] != "" {
			out = append(out, Group{Name: f[0], GID: gid})
		}
	}
	return out
}

func colonLines(b []byte) func(func([]string) bool) {
	return func(yield func([]string) bool) {
		for line := range bytes.Lines(b) {
			if !yield(strings.Split(strings.TrimRight(string(line), "\r\n"), ":")) {
				return
			}
		}
	}
}

func parseID(s string) (int, bool) {
	n, err := strconv.ParseUint(s, 10, 31)
	return int(n), err == nil
}
