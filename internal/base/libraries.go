package base

import (
	"slices"
	"strings"
)

// libDirs lists where the dynamic loader looks: what ld.so.conf names, the
// standing directories, and Debian's directory for the architecture in each.
func libDirs(t *tree, arch string) []string {
	dirs := loaderConf(t)
	for _, d := range []string{"/lib", "/usr/lib", "/usr/local/lib", "/lib64", "/usr/lib64"} {
		if triplet := triplets[arch]; triplet != "" {
			dirs = append(dirs, d+"/"+triplet)
		}
		dirs = append(dirs, d)
	}
	seen := map[string]bool{}
	var out []string
	for _, d := range dirs {
		n := t.lookup(d)
		if n == nil || n.kind != isDir || seen[n.path] {
			continue
		}
		seen[n.path] = true
		out = append(out, n.path)
	}
	return out
}

// triplets are Debian's names for the architectures of images.
var triplets = map[string]string{
	"arm64":   "aarch64-linux-gnu",
	"amd64":   "x86_64-linux-gnu",
	"arm":     "arm-linux-gnueabihf",
	"386":     "i386-linux-gnu",
	"ppc64le": "powerpc64le-linux-gnu",
	"riscv64": "riscv64-linux-gnu",
	"s390x":   "s390x-linux-gnu",
}

const loaderConfDir = "/etc/ld.so.conf.d"

// loaderConf reads the directories named in /etc/ld.so.conf and beside it.
func loaderConf(t *tree) []string {
	names := t.list(loaderConfDir)
	files := append(make([]string, 0, len(names)+1), "/etc/ld.so.conf")
	for _, name := range names {
		files = append(files, loaderConfDir+"/"+name)
	}
	var out []string
	for _, f := range files {
		for line := range strings.Lines(string(t.file(f))) {
			line, _, _ = strings.Cut(line, "#")
			if line = strings.TrimSpace(line); strings.HasPrefix(line, "/") {
				out = append(out, line)
			}
		}
	}
	return out
}

// findLibraries lists the shared libraries in dirs. A link that leads
// nowhere is no library.
func findLibraries(t *tree, dirs []string) []string {
	var out []string
	for _, d := range dirs {
		for _, name := range t.list(d) {
			if sonamePart.MatchString(name) && t.isFile(d+"/"+name) {
				out = append(out, name)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
