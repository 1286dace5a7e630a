package base

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// What setuptools and distutils wrote before there was .dist-info: a directory
// or, from distutils, a file. See pip's and setuptools' own documentation of
// "egg information"; no PEP describes it.
const (
	eggInfo        = ".egg-info"
	installedFiles = "installed-files.txt"
	topLevel       = "top_level.txt"
	namespaces     = "namespace_packages.txt"
)

// eggPython is the end of "six-1.16.0-py3.10".
var eggPython = regexp.MustCompile(`-py[0-9.]+$`)

// readEgg reads a .egg-info. Its files are those that installed-files.txt
// lists or, as pip takes it, what bears a name of top_level.txt that isn't a
// namespace. A .egg-info that is a file lists nothing.
func readEgg(t *tree, dir, name string) (Dist, error) {
	at := join(dir, name)
	stem := eggPython.ReplaceAllString(strings.TrimSuffix(name, eggInfo), "")
	if !t.isDir(at) {
		return namedDist(t.file(at), stem), nil
	}
	d := namedDist(t.file(at+"/PKG-INFO"), stem)
	for line := range strings.Lines(string(t.file(at + "/" + installedFiles))) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if !path.IsAbs(line) {
			line = at + "/" + line
		}
		d.Files = append(d.Files, path.Clean(line))
	}
	if len(d.Files) == 0 {
		d.Files = topLevelFiles(t, dir, at)
	}
	if d.Recorded = len(d.Files) > 0; d.Recorded {
		d.Files = append(d.Files, filesBelow(t, at)...)
	}
	return d, nil
}

func topLevelFiles(t *tree, dir, egg string) []string {
	shared := strings.Fields(string(t.file(egg + "/" + namespaces)))
	var out []string
	for _, name := range strings.Fields(string(t.file(egg + "/" + topLevel))) {
		if slices.Contains(shared, name) || name != path.Base(name) || name == "." || name == ".." {
			continue
		}
		out = append(out, filesBelow(t, join(dir, name))...)
		if module := join(dir, name) + ".py"; t.isFile(module) {
			out = append(out, module)
		}
	}
	return out
}

// filesBelow lists what is no directory below the directory at p.
func filesBelow(t *tree, p string) []string {
	n := t.lookup(p)
	if n == nil {
		return nil
	}
	var out []string
	n.each(func(n *node) {
		if n.kind != isDir {
			out = append(out, n.path)
		}
	})
	return out
}
