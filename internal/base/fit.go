package base

import (
	"fmt"
	"slices"
	"strings"
)

// Fit says what keeps layers that were made for one base from another: each line
// names something that they were made for. owned are the paths of files that the
// layers have, as far as they are known, whiteouts by what they remove.
func Fit(from, to *Facts, owned map[string]bool) []string {
	var out []string
	differ := func(what, a, b string) {
		if a != b {
			out = append(out, fmt.Sprintf("%s is %s, and was %s", what, orNone(b), orNone(a)))
		}
	}
	a, b := from.Python, to.Python
	differ("Python", a.Minor, b.Minor)
	differ("Python's program", a.Executable, b.Executable)
	differ("the directory of packages", a.SitePackages, b.SitePackages)
	differ("the directory of compiled packages", a.PlatPackages, b.PlatPackages)
	differ("the directory of scripts", a.Scripts, b.Scripts)
	differ("the directory of headers", a.Include, b.Include)
	differ("the directory of data files", a.Data, b.Data)
	differ("the C library", from.Libc.Family, to.Libc.Family)
	if compareVersions(to.Libc.Version, from.Libc.Version) < 0 {
		out = append(out, fmt.Sprintf("%s is %s, and was %s: what was built for the newer one may not start", to.Libc.Family, orNone(to.Libc.Version), from.Libc.Version))
	}
	out = append(out, fitLinks(from, to)...)
	for _, f := range []struct {
		path string
		same bool
	}{{passwdFile, string(from.Passwd) == string(to.Passwd)}, {groupFile, string(from.Group) == string(to.Group)}} {
		if owned[f.path] && !f.same {
			out = append(out, fmt.Sprintf("%s has other accounts, and the image has its own copy of what it was", f.path))
		}
	}
	if ownsBelow(owned, "/var/lib/dpkg") && !slices.Equal(packageLines(from), packageLines(to)) {
		out = append(out, "other packages are installed, and the image has its own copy of dpkg's database")
	}
	return append(out, fitDists(from, to, owned)...)
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// fitLinks compares the links to directories near the root, such as /bin: a layer
// with a directory in their place would hide what is behind them.
func fitLinks(from, to *Facts) []string {
	near := func(f *Facts) map[string]string {
		m := map[string]string{}
		for link, target := range f.Links {
			if strings.Count(link, "/") <= 2 {
				m[link] = target
			}
		}
		return m
	}
	a, b := near(from), near(to)
	var out []string
	for _, link := range []string{"/bin", "/sbin", "/lib", "/lib64", "/var/run", "/var/lock", "/usr/lib64"} {
		if a[link] != b[link] {
			out = append(out, fmt.Sprintf("%s leads to %s, and led to %s", link, orNone(b[link]), orNone(a[link])))
		}
	}
	return out
}

// fitDists compares the base's distributions that the image takes away or has
// the place of.
func fitDists(from, to *Facts, owned map[string]bool) []string {
	var out []string
	had := map[string]string{}
	for _, d := range from.Dists {
		had[d.Name] = d.Version
	}
	for _, d := range to.Dists {
		old, ok := had[d.Name]
		if ok && old == d.Version || !ok && !ownsBelow(owned, d.Dir) {
			continue
		}
		if ok && !removed(from, d.Name, owned) {
			continue // the image doesn't touch it
		}
		out = append(out, fmt.Sprintf("it has %s %s, and had %s, which the image replaces", d.Name, d.Version, orNone(old)))
	}
	return out
}

// removed reports whether the image removes files of a base's distribution.
func removed(f *Facts, name string, owned map[string]bool) bool {
	for _, d := range f.Dists {
		if d.Name == name && (owned[d.Dir] || ownsBelow(owned, d.Dir)) {
			return true
		}
	}
	return false
}

func ownsBelow(owned map[string]bool, dir string) bool {
	for p := range owned {
		if p == dir || strings.HasPrefix(p, dir+"/") {
			return true
		}
	}
	return false
}

func packageLines(f *Facts) []string {
	lines := make([]string, 0, len(f.Packages))
	for _, p := range f.Packages {
		lines = append(lines, p.Name+" "+p.Version+" "+p.Arch)
	}
	return lines
}

// compareVersions compares versions of C libraries, numbers between dots.
func compareVersions(a, b string) int {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := range max(len(x), len(y)) {
		var m, n int
		if i < len(x) {
			_, _ = fmt.Sscan(x[i], &m)
		}
		if i < len(y) {
			_, _ = fmt.Sscan(y[i], &n)
		}
		if m != n {
			return m - n
		}
	}
	return 0
}
