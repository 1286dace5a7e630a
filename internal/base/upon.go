package base

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Upon is what is different about a base once packages are installed on it, as
// far as facts tell: see [Facts.With].
type Upon struct {
	Passwd, Group []byte
	Packages      []Package
	Programs      map[string][]string
	Libraries     []string
	Dirs          []string
	Links         map[string]string
}

// NeedsData reports whether [NewUpon] wants the content of the file at path.
func NeedsData(path string) bool {
	return slices.Contains([]string{passwdFile, groupFile, "/etc/ld.so.conf", "/var/lib/dpkg/status"}, path) || strings.HasPrefix(path, loaderConfDir+"/")
}

// NewUpon draws from all paths of a base with packages on it what the facts about
// the base alone don't know. The files are as [Files] lists them, parents first,
// with the Data of those that [NeedsData] names. cf is the base's configuration.
func NewUpon(files []File, cf *v1.ConfigFile) (*Upon, error) {
	t := newTree()
	for i := range files {
		if err := t.put(1, files[i].entry()); err != nil {
			return nil, fmt.Errorf("entry %q: %w", shorten(files[i].Path), err)
		}
	}
	packages, err := findPackages(t)
	if err != nil {
		return nil, err
	}
	u := &Upon{
		Passwd: t.file(passwdFile), Group: t.file(groupFile), Packages: packages,
		Programs: listPrograms(t, environment(cf.Config.Env)["PATH"]), Libraries: findLibraries(t, libDirs(t, cf.Architecture)),
	}
	u.Dirs, u.Links = t.places()
	return u, nil
}

// With returns the facts with what packages have changed. Python and the C
// library are the base's.
func (f *Facts) With(u *Upon) *Facts {
	g := *f
	g.Passwd, g.Group, g.Users, g.Groups = u.Passwd, u.Group, parsePasswd(u.Passwd), parseGroup(u.Group)
	g.Packages, g.Programs, g.Libraries, g.Dirs, g.Links = u.Packages, u.Programs, u.Libraries, u.Dirs, u.Links
	return &g
}

// entry is a file as a layer has it.
func (f *File) entry() entry {
	e := entry{path: f.Path, from: f.From, link: f.Link, data: f.Data, size: f.Size, uid: f.UID, gid: f.GID, mode: f.Mode &^ fs.ModeType}
	switch {
	case f.Mode.IsDir():
		e.kind = isDir
	case f.Mode.Type() == fs.ModeSymlink:
		e.kind = isSymlink
	case f.Mode.IsRegular():
		e.kind = isFile
	}
	return e
}
