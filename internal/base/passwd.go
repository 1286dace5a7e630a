package base

import (
	"bytes"
	"path"
	"strconv"
	"strings"
)

// The files of accounts.
const (
	passwdFile = "/etc/passwd"
	groupFile  = "/etc/group"
)

var accountFiles = []string{passwdFile, groupFile}

// unread returns the files among paths whose content was not kept, since a link
// leads to a place that it isn't looked for at, by their paths in layers.
func (t *tree) unread(paths ...string) map[string]bool {
	var out map[string]bool
	for _, p := range paths {
		if n := t.lookup(p); n != nil && n.kind == isFile && n.data == nil {
			if out == nil {
				out = map[string]bool{}
			}
			out[n.from] = true
		}
	}
	return out
}

// unreadable lists the paths that are there, if only as a link that leads
// nowhere, and have no content.
func (t *tree) unreadable(paths ...string) []string {
	var out []string
	for _, p := range paths {
		dir, name := path.Split(p)
		if at := t.lookup(dir); at != nil && at.children[name] != nil && t.file(p) == nil {
			out = append(out, p)
		}
	}
	return out
}

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
