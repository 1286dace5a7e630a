package base

import (
	"slices"
	"strings"
)

// Facts is what must be known of a base to build upon it.
type Facts struct {
	// Format is the version of this structure in the cache.
	Format int
	// Config is the digest of the configuration that they were read for.
	Config string

	OS     OSRelease
	Python Python
	Libc   Libc
	// Passwd and Group are /etc/passwd and /etc/group, nil where there is
	// none; Users and Groups are what their well-formed lines say.
	// A link is followed, inside of the image; Unreadable lists those of the two
	// that are there and no file that can be read.
	Passwd, Group []byte
	Unreadable    []string
	Users         []User
	Groups        []Group
	// Packages are those that dpkg or apk has installed, sorted by name.
	Packages []Package
	// UnreadLists are the lists of packages, of RPM, that are there and aren't
	// read: what is installed by them isn't in Packages.
	UnreadLists []string `json:",omitempty"`
	// Programs has the names of the files, directly or by links, in each
	// directory of the image's PATH and of the usual one, by its real path.
	Programs map[string][]string
	// Libraries are the names of shared libraries that the dynamic loader
	// finds ("libz.so.1"), sorted.
	Libraries []string
	// Dists are the Python distributions in Python.Paths, sorted by name.
	Dists []Dist
	// Site has the names of what is no directory in each directory of
	// Python's site-packages, by the directory's real path.
	Site map[string][]string
	// Pip is where the image's own pip finds packages.
	Pip Pip
	// Dirs are the directories, absolute and sorted.
	Dirs []string
	// Links maps each symbolic link that leads to a directory to its target,
	// as it is written there.
	Links map[string]string
}

// OSRelease is what os-release(5) says of the system.
type OSRelease struct {
	ID, VersionID, Codename, PrettyName string
	// Like are the systems that it is made from, ID_LIKE.
	Like string `json:",omitempty"`
}

// Python is the interpreter that the image starts, and where it looks.
type Python struct {
	// Version is "3.10.19", or the same as Minor where nothing in the image
	// tells more; VersionSource says what told it.
	Version, VersionSource string
	// Minor is "3.10".
	Minor string
	// Executable is what scripts must name ("/usr/local/bin/python3.10").
	Executable string
	// Prefix is what installing starts from ("/usr/local").
	Prefix string
	// SitePackages, Scripts and Include are where pip would put modules,
	// commands and headers.
	SitePackages, Scripts, Include string
	// PlatPackages is where compiled modules go where that is another
	// directory, as on Fedora ("/usr/local/lib64/python3.12/site-packages").
	PlatPackages string `json:",omitempty"`
	// Data is what the data files of wheels are relative to.
	Data string
	// Paths are the directories that hold distributions, SitePackages first.
	Paths []string
	// Debian says that it is the distribution's own Python, which keeps its
	// modules apart from those that pip installs.
	Debian bool
}

// Libc is the image's C library; its zero value means that none was found.
type Libc struct {
	// Family is "glibc" or "musl".
	Family string
	// Version is "2.36", or empty where it could not be told.
	Version string
}

// User is a line of passwd(5).
type User struct {
	Name        string
	UID, GID    int
	Home, Shell string
}

// Group is a line of group(5).
type Group struct {
	Name string
	GID  int
}

// Package is an installed package of the distribution.
type Package struct {
	// Type is "deb" or "apk".
	Type                string
	Name, Version, Arch string
	// Source and SourceVersion are what it was built from, where that
	// differs from Name and Version.
	Source, SourceVersion string `json:",omitempty"`
	Maintainer            string `json:",omitempty"`
	// Provides are the names of virtual packages, without versions.
	Provides []string `json:",omitempty"`
}

// Dist is an installed Python distribution.
type Dist struct {
	// Name is normalized by PEP 503.
	Name, Version string
	// Dir is its .dist-info or .egg-info, absolute.
	Dir string
	// Files are what it lists as its own and is there, absolute and sorted.
	Files []string
	// Recorded says that it lists its files, in RECORD or what setuptools
	// wrote in its place.
	Recorded bool
}

// maxLinks is how many symbolic links a path may lead through; Linux stops
// at the same number.
const maxLinks = 40

// HasDir reports whether the image has a directory of that name, reached
// through symbolic links or not ("/lib" in a merged-usr Debian). The leading
// slash may be left out.
func (f *Facts) HasDir(path string) bool {
	resolved, ok := f.Resolve(path)
	return ok && f.isDir(resolved)
}

func (f *Facts) isDir(path string) bool {
	if path == "/" {
		return true
	}
	_, found := slices.BinarySearch(f.Dirs, path)
	return found
}

// HasFile reports whether the image is known to have a file, and no directory,
// of that name. Facts don't list every file: they know the accounts, the
// interpreter, and what Python's distributions record.
func (f *Facts) HasFile(path string) bool {
	resolved, ok := f.Resolve(path)
	if !ok || f.isDir(resolved) {
		return false
	}
	switch resolved {
	case passwdFile:
		return f.Passwd != nil
	case groupFile:
		return f.Group != nil
	case f.Python.Executable:
		return true
	}
	return slices.ContainsFunc(f.Dists, func(d Dist) bool { return slices.Contains(d.Files, resolved) })
}

// Resolve returns where a path really lies, with every symbolic link to a
// directory followed, in the last element too. Elements that the image
// doesn't have stay as they are. It reports false for a loop.
func (f *Facts) Resolve(path string) (string, bool) {
	todo := strings.Split(path, "/")
	at, links := "/", 0
	for len(todo) > 0 {
		var elem string
		elem, todo = todo[0], todo[1:]
		switch elem {
		case "", ".":
			continue
		case "..":
			at = parent(at)
			continue
		}
		next := join(at, elem)
		target, isLink := f.Links[next]
		if !isLink {
			at = next
			continue
		}
		if links++; links > maxLinks {
			return "", false
		}
		if strings.HasPrefix(target, "/") {
			at = "/"
		}
		todo = append(strings.Split(target, "/"), todo...)
	}
	return at, true
}

func join(dir, elem string) string {
	if dir == "/" {
		return "/" + elem
	}
	return dir + "/" + elem
}

func parent(dir string) string {
	i := strings.LastIndexByte(dir, '/')
	if i <= 0 {
		return "/"
	}
	return dir[:i]
}
