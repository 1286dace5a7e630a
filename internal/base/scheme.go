package base

import (
	"slices"
	"strings"
)

// debianPackages is where Debian's own Python has what dpkg installs.
const debianPackages = "/usr/lib/python3/dist-packages"

// scheme fills in where pip would install. The Pythons of distributions that
// keep what their package manager installs below /usr let pip write below
// /usr/local: Debian's (sysconfig's scheme posix_local) into dist-packages, that
// of Fedora and its kin into site-packages, with compiled modules in lib64.
func (p *Python) scheme(t *tree, packages []Package) {
	name := "python" + p.Minor
	prefix := p.Prefix
	wide := t.lookup(join(prefix, "lib64/"+name+"/os.py"))
	isWide := wide != nil && wide.kind == isFile && below(wide.path, join(prefix, "lib64"))
	if p.Debian = p.isDebian(t, packages); p.Debian || isWide && prefix == "/usr" {
		prefix = "/usr/local"
	}
	p.Scripts, p.Include, p.Data = join(prefix, "bin"), join(prefix, "include/"+name), prefix
	if p.Debian {
		p.SitePackages = "/usr/local/lib/" + name + "/dist-packages"
		p.Paths = []string{p.SitePackages, debianPackages}
		return
	}
	p.SitePackages = join(prefix, "lib/"+name+"/site-packages")
	p.Paths = []string{p.SitePackages}
	if !isWide {
		return
	}
	if at := join(prefix, "lib64/"+name+"/site-packages"); !t.same(at, p.SitePackages) {
		p.PlatPackages = at
		p.Paths = []string{at, p.SitePackages}
	}
	if prefix != p.Prefix {
		p.Paths = append(p.Paths, join(p.Prefix, "lib64/"+name+"/site-packages"), join(p.Prefix, "lib/"+name+"/site-packages"))
	}
}

// same reports whether the directories, which need not be there, are one by the
// links on the way.
func (t *tree) same(a, b string) bool { return t.realDir(a) == t.realDir(b) }

// realDir is the path with the links of the part of it that is there followed.
func (t *tree) realDir(p string) string {
	if n := t.lookup(p); n != nil {
		return n.path
	}
	if p == "/" {
		return p
	}
	return join(t.realDir(parent(p)), p[strings.LastIndexByte(p, '/')+1:])
}

// isDebian reports whether the interpreter is that of Debian or a distribution
// made from it: the package that owns it says so. Where dpkg's list is silent,
// as in images that leave it out, the layout decides, and where there is no
// list at all the system's name.
func (p *Python) isDebian(t *tree, packages []Package) bool {
	if p.Prefix != "/usr" || !below(p.Executable, "/usr") {
		return false
	}
	var dpkg, another bool
	for _, pkg := range packages {
		if pkg.Type != "deb" {
			continue
		}
		dpkg = true
		minor, ok := strings.CutPrefix(strings.TrimPrefix(pkg.Name, "lib"), "python")
		minor, isMinimal := strings.CutSuffix(minor, "-minimal")
		if !ok || !strings.HasPrefix(minor, "3.") || !isMinimal {
			continue
		}
		if minor == p.Minor {
			return true
		}
		another = true
	}
	if another || t.isDir("/usr/lib/python"+p.Minor+"/site-packages") {
		return false
	}
	if t.isDir(debianPackages) || t.isDir("/usr/local/lib/python"+p.Minor+"/dist-packages") {
		return true
	}
	os := osRelease(t)
	like := append(strings.Fields(os.Like), os.ID)
	return !dpkg && (slices.Contains(like, "debian") || slices.Contains(like, "ubuntu"))
}
