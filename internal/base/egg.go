package base

import (
	"path"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/lazyregexp"
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

// What easy_install and "setup.py develop" wrote before there was pip: a
// directory or a zip with a project, that a .pth file puts on the path before
// all else, and the name of a directory where one is developed.
const (
	egg         = ".egg"
	eggLink     = ".egg-link"
	insideEgg   = "EGG-INFO"
	entryPoints = "entry_points.txt"
	developed   = "(in development)"
)

// eggPython is the end of "six-1.16.0-py3.10" and "yaml-6.0-py3.10-linux-aarch64".
var eggPython = lazyregexp.New(`-py[0-9.]+(-[A-Za-z0-9_.-]+)?$`)

// readWholeEgg reads a .egg in a directory or a zip, whose files are all its
// own. Of the scripts that were made of it, it has the names.
func readWholeEgg(t *tree, dir, name, scripts string) (Dist, error) {
	at := join(dir, name)
	d := namedDist(t.file(at+"/"+insideEgg+"/PKG-INFO"), eggPython.ReplaceAllString(strings.TrimSuffix(name, egg), ""))
	d.Recorded = true
	d.Files = filesBelow(t, at)
	commands := scriptNames(t.file(at + "/" + insideEgg + "/" + entryPoints))
	for _, name := range append(commands, t.list(at+"/"+insideEgg+"/scripts")...) {
		if name == path.Base(name) {
			d.Files = append(d.Files, join(scripts, name))
		}
	}
	return d, nil
}

// readEggLink reads a .egg-link. What it leads to is left alone: it comes after
// site-packages on the path.
func readEggLink(_ *tree, _, name string) (Dist, error) {
	d := namedDist(nil, strings.TrimSuffix(name, eggLink)+"-"+developed)
	d.Recorded = true
	return d, nil
}

// scriptNames returns the names of the commands in an entry_points.txt.
func scriptNames(b []byte) []string {
	var out []string
	in := false
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			in = line == "[console_scripts]" || line == "[gui_scripts]"
			continue
		}
		name, _, ok := strings.Cut(line, "=")
		if name = strings.TrimSpace(name); in && ok && name != "" {
			out = append(out, name)
		}
	}
	return out
}

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
