package loader

import (
	"debug/elf"
	"path"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/doctor/image"
	"github.com/assemble-image/assemble/internal/doctor/object"
)

// Options say what a process of the image starts with.
type Options struct {
	// LibraryPath is LD_LIBRARY_PATH.
	LibraryPath string
	// Executable is the path of the program that loads what isn't loaded by a
	// program of its own: the interpreter.
	Executable string
}

// Loader finds libraries in a tree, which must not change any more.
type Loader struct {
	tree    *image.Tree
	cache   map[string][]string // nil where the image has none
	path    []string
	exe     *object.File
	exeDir  string
	loaders map[string][]string        // of each file: those that load it
	loaded  map[string]map[string]bool // the names that each of these has found
}

// cacheFile is what the loader asks before the default directories.
const cacheFile = "/etc/ld.so.cache"

// New prepares a loader.
func New(t *image.Tree, opt Options) *Loader {
	l := &Loader{tree: t, path: split(opt.LibraryPath), loaders: map[string][]string{}, loaded: map[string]map[string]bool{}}
	if n := t.Lookup(cacheFile); n != nil {
		l.cache = parseCache(n.Data)
	}
	if n := t.Lookup(opt.Executable); n != nil && n.Note != nil && n.Note.Object != nil {
		l.exe, l.exeDir = n.Note.Object, path.Dir(n.Path)
	}
	return l
}

// triplets are Debian's and Ubuntu's names for machines, in the paths of
// libraries.
var triplets = map[elf.Machine]string{
	elf.EM_AARCH64: "aarch64-linux-gnu",
	elf.EM_X86_64:  "x86_64-linux-gnu",
	elf.EM_386:     "i386-linux-gnu",
	elf.EM_ARM:     "arm-linux-gnueabihf",
	elf.EM_PPC64:   "powerpc64le-linux-gnu",
	elf.EM_RISCV:   "riscv64-linux-gnu",
	elf.EM_S390:    "s390x-linux-gnu",
}

// defaultDirs are those that the loader has built in: a distribution has either
// kind, and the other's aren't there.
func defaultDirs(m elf.Machine) []string {
	dirs := make([]string, 0, 6)
	if t := triplets[m]; t != "" {
		dirs = append(dirs, "/lib/"+t, "/usr/lib/"+t)
	}
	return append(dirs, "/lib64", "/usr/lib64", "/lib", "/usr/lib")
}

func split(list string) []string {
	if list == "" {
		return nil
	}
	return strings.FieldsFunc(list, func(r rune) bool { return r == ':' || r == ';' })
}

// Find returns the file that the loader takes for a name that an object needs, nil
// for none. Where the object lies is dir.
func (l *Loader) Find(name string, o *object.File, at string) *image.Node {
	if strings.Contains(name, "/") {
		return l.fits(l.expand(name, at, o), o)
	}
	dirs := slices.Clone(l.path)
	if o.Runpath == "" {
		dirs = slices.Concat(l.dirs(o.Rpath, at, o), l.exeRpath(), dirs)
	}
	dirs = append(dirs, l.dirs(o.Runpath, at, o)...)
	for _, dir := range dirs {
		if n := l.fits(path.Join(dir, name), o); n != nil {
			return n
		}
	}
	for _, file := range l.cache[name] {
		if o.NoDefault && slices.Contains(defaultDirs(o.Machine), path.Dir(file)) {
			continue
		}
		if n := l.fits(file, o); n != nil {
			return n
		}
	}
	if o.NoDefault {
		return nil
	}
	for _, dir := range defaultDirs(o.Machine) {
		if n := l.fits(path.Join(dir, name), o); n != nil {
			return n
		}
	}
	return nil
}

// exeRpath is where the program that loads everything has libraries looked for.
func (l *Loader) exeRpath() []string {
	if l.exe == nil || l.exe.Runpath != "" {
		return nil
	}
	return l.dirs(l.exe.Rpath, path.Join(l.exeDir, "program"), l.exe)
}

// dirs are the directories of DT_RPATH or DT_RUNPATH of the object at a path.
func (l *Loader) dirs(list, at string, o *object.File) []string {
	parts := split(list)
	for i, p := range parts {
		parts[i] = l.expand(p, at, o)
	}
	return parts
}

// expand replaces what ld.so(8) calls dynamic string tokens.
func (l *Loader) expand(p, at string, o *object.File) string {
	lib := "lib"
	if t := triplets[o.Machine]; t != "" {
		lib = "lib/" + t
	}
	platform := map[elf.Machine]string{elf.EM_AARCH64: "aarch64", elf.EM_X86_64: "x86_64"}[o.Machine]
	origin := path.Dir(at)
	return strings.NewReplacer("${ORIGIN}", origin, "$ORIGIN", origin, "${LIB}", lib, "$LIB", lib, "${PLATFORM}", platform, "$PLATFORM", platform).Replace(p)
}

// fits returns the file at a path if an object can be linked with it: the loader
// passes over those of other machines and classes.
func (l *Loader) fits(p string, o *object.File) *image.Node {
	n := l.tree.Lookup(p)
	if n == nil || !n.Mode.IsRegular() || n.Note == nil {
		return nil
	}
	f := n.Note.Object
	if f == nil { // it is a library as far as can be told
		if n.Note.Broken == "" {
			return nil
		}
		return n
	}
	if f.Machine != o.Machine || f.Class != o.Class {
		return nil
	}
	return n
}
