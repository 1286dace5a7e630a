package base

import "slices"

// listPrograms lists the files in the directories of a PATH and the usual one.
// Whether they may be executed isn't looked at.
func listPrograms(t *tree, envPath string) map[string][]string {
	out := map[string][]string{}
	for _, dir := range searchPath(envPath) {
		n := t.lookup(dir)
		if n == nil || n.kind != isDir {
			continue
		}
		if _, done := out[n.path]; done {
			continue
		}
		out[n.path] = slices.DeleteFunc(t.list(dir), func(name string) bool { return !t.isFile(join(n.path, name)) })
	}
	return out
}

// HasProgram reports whether the directory has a file of that name; known is
// false where the base has the directory, but what is in it isn't known.
func (f *Facts) HasProgram(dir, name string) (has, known bool) {
	real, ok := f.Resolve(dir)
	if !ok {
		return false, true
	}
	names, listed := f.Programs[real]
	_, has = slices.BinarySearch(names, name)
	return has, listed || !f.isDir(real)
}

// SearchPath returns the absolute directories of a PATH, the usual ones where it
// is empty.
func SearchPath(envPath string) []string {
	if envPath == "" {
		envPath = defaultPath
	}
	return pathDirs(envPath)
}
