package base

import (
	"slices"
	"strings"
)

// rpmLists are where RPM keeps its database, in the formats of its several
// backends (rpm's own documentation of %_dbpath and %_db_backend).
var rpmLists = []string{
	"/var/lib/rpm/rpmdb.sqlite", "/usr/lib/sysimage/rpm/rpmdb.sqlite", // since 4.16: Fedora, RHEL 9
	"/var/lib/rpm/Packages",                                         // Berkeley DB: RHEL 8
	"/var/lib/rpm/Packages.db", "/usr/lib/sysimage/rpm/Packages.db", // ndb: SUSE
}

// unreadLists are the databases of RPM that the base has, each once where one
// directory is a link to the other.
func unreadLists(t *tree) []string {
	var out []string
	for _, file := range rpmLists {
		if n := t.lookup(file); n != nil && n.kind == isFile && !slices.Contains(out, n.path) {
			out = append(out, n.path)
		}
	}
	return out
}

// WithoutLibc says, where no C library is known, what was looked at for it.
func (f *Facts) WithoutLibc() string {
	parts := []string{"there is no libc.so.6 in the directories of the dynamic loader"}
	if slices.Contains(f.Libraries, "libc.so.6") {
		parts[0] = "its libc.so.6 doesn't tell a version of glibc"
	}
	if len(f.UnreadLists) > 0 {
		parts = append(parts, "RPM's list of packages "+strings.Join(f.UnreadLists, ", ")+" isn't read")
	}
	return strings.Join(parts, ", and ")
}
