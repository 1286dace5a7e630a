package configure

import (
	"github.com/assemble-image/assemble/internal/debs/control"
	"github.com/assemble-image/assemble/internal/debs/root"
)

// Package is a package that is to be unpacked and configured.
type Package struct {
	Name, Version, Arch string
	// Old is the version that is installed and replaced; empty for none.
	Old string
	// Control has the fields of the package's control file.
	Control control.Stanza
	// Files are the files of its control archive: maintainer scripts, md5sums,
	// conffiles, triggers, templates and so on. The control file may be among
	// them: status then has its lines as they are written.
	Files []ControlFile
	// Conffiles are its configuration files with their MD5, in order.
	Conffiles []Conffile
	// Paths are all paths that it ships, absolute and as they are in its
	// archive: "/bin/x" where a base has /bin as a link, too.
	Paths []string
	// Entries are what unpacking it puts into the root, Info dpkg's own files
	// about it there: those of its control archive and the list of its paths.
	Entries, Info []root.File
	// Dropped are paths of the version that is replaced that this one doesn't
	// have any more; directories after what is in them.
	Dropped []string
	// Auto says that nobody asked for the package: another one needs it. apt
	// removes it once none does.
	Auto bool
}

// ControlFile is a file of a package's control archive.
type ControlFile struct {
	Name string
	Data []byte
}

// Conffile is a configuration file (deb-conffiles(5)).
type Conffile struct {
	Path string
	// MD5 is the digest of the shipped content, in hex.
	MD5 string
	// RemoveOnUpgrade says that the package doesn't have it any more.
	RemoveOnUpgrade bool
}

// file returns a file of the control archive, or nil.
func (p *Package) file(name string) []byte {
	for _, f := range p.Files {
		if f.Name == name {
			return f.Data
		}
	}
	return nil
}

func (p *Package) same() bool { return p.Control.Get("Multi-Arch") == "same" }

const (
	adminDir = "/var/lib/dpkg"
	infoDir  = adminDir + "/info/"
)
