package configure

import (
	"bytes"
	"debug/elf"
	"io/fs"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/root"
	"github.com/assemble-image/assemble/internal/debs/shell"
	"github.com/assemble-image/assemble/internal/debs/soname"
)

// machines are the flags of a library of an architecture in ld.so.cache, and
// how its files are told (glibc, sysdeps/generic/ldconfig.h).
var machines = map[string]struct {
	flags   uint32
	machine elf.Machine
	class   elf.Class
}{
	"amd64":   {0x0303, elf.EM_X86_64, elf.ELFCLASS64},
	"arm64":   {0x0a03, elf.EM_AARCH64, elf.ELFCLASS64},
	"armhf":   {0x0903, elf.EM_ARM, elf.ELFCLASS32},
	"i386":    {0x0003, elf.EM_386, elf.ELFCLASS32},
	"ppc64el": {0x0503, elf.EM_PPC64, elf.ELFCLASS64},
	"s390x":   {0x0403, elf.EM_S390, elf.ELFCLASS64},
	"riscv64": {0x1003, elf.EM_RISCV, elf.ELFCLASS64},
}

// ldconfigTrigger is what packages with libraries activate, and libc-bin is
// interested in. A base that was made smaller may have lost that it is: its
// libraries would be found without the cache, but ctypes asks the cache alone.
const ldconfigTrigger = "ldconfig"

// ldconfig is ldconfig(8): it makes the links that libraries are asked for by,
// and writes ld.so.cache.
func (s *session) ldconfig(c *shell.Call) int {
	for i := 0; i < len(c.Args); i++ {
		switch a := c.Args[i]; a {
		case "-v", "--verbose", "-X", "-i", "--ignore-aux-cache":
		case "-r":
			if i++; i < len(c.Args) && strings.Trim(c.Args[i], "/") != "" {
				return c.Fail("another root than / is not known")
			}
		default:
			return c.Fail("the argument %s is not known", a)
		}
	}
	if err := s.writeCache(func(n int) { c.Spend(n) }); err != nil {
		c.Check(err)
		c.Fail("%v", err)
		return 1
	}
	return 0
}

func (s *session) writeCache(spend func(int)) error {
	m, known := machines[s.opt.Arch]
	if !known {
		s.warn(Warning{Package: "libc-bin", Command: "ldconfig", Consequence: "libraries of the architecture " + s.opt.Arch + " can't be entered into " + cacheFile})
		return nil
	}
	scan := &libraryScan{s: s, spend: spend, machine: uint16(m.machine), class: byte(m.class)}
	old, note := s.readCache()
	var list []library
	seen := map[string]bool{}
	for _, dir := range s.libraryDirs() {
		for _, found := range scan.dir(dir, old) {
			list = append(list, library{key: found.key, path: dir + "/" + found.key, flags: m.flags})
			seen[dir+"/"+found.key] = true
		}
	}
	// What the base's own has beside that (other machines, directories by the
	// command line, processors' variants) stays if its file does.
	for _, l := range old {
		if !seen[l.path] && s.root.Exists(l.path) && (l.flags != m.flags || l.hwcap != 0 || !scan.covers(l.path)) {
			list = append(list, l)
		}
	}
	return s.update(cacheFile, string(encodeCache(list, s.cacheNote(note))))
}

// libraryDirs are the directories of ld.so.conf, and the default ones, each
// once under its first name.
func (s *session) libraryDirs() []string {
	var dirs []string
	var infos []root.Info
	for _, dir := range append(s.confDirs("/etc/ld.so.conf", 0), "/lib", "/usr/lib") {
		i, err := s.root.Stat(dir)
		if err != nil || !i.Mode.IsDir() || slices.ContainsFunc(infos, i.Same) {
			continue
		}
		dirs, infos = append(dirs, dir), append(infos, i)
	}
	return dirs
}

func (s *session) confDirs(path string, depth int) []string {
	data, err := s.root.ReadFile(path, maxScript)
	if err != nil || depth > 5 {
		return nil
	}
	var out []string
	for line := range strings.Lines(string(data)) {
		line, _, _ = strings.Cut(line, "#")
		words := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t\n,:", r) })
		switch {
		case len(words) == 2 && words[0] == "include":
			for _, f := range s.glob(words[1]) {
				out = append(out, s.confDirs(f, depth+1)...)
			}
		case len(words) > 0 && strings.HasPrefix(words[0], "/"):
			out = append(out, strings.TrimRight(words[0], "/"))
		}
	}
	return out
}

// glob expands a pattern in a path's last element.
func (s *session) glob(pattern string) []string {
	dir := pattern[:strings.LastIndexByte(pattern, '/')+1]
	list, err := s.root.ReadDir(dir)
	if err != nil {
		return nil
	}
	var out []string
	for _, i := range list {
		if shell.Match(pattern[len(dir):], i.Name) {
			out = append(out, dir+i.Name)
		}
	}
	return out
}

// libraryScan looks for libraries in directories.
type libraryScan struct {
	s       *session
	spend   func(int)
	machine uint16
	class   byte
	dirs    []string
	known   map[string][]root.Info // by the names that the old cache has
}

// found is a library of a directory, under the name that it is asked for by.
type found struct {
	key, file string
	link      bool
}

func (l *libraryScan) covers(path string) bool {
	return slices.Contains(l.dirs, path[:max(0, strings.LastIndexByte(path, '/'))])
}

// dir finds a directory's libraries as ldconfig does (elf/ldconfig.c,
// search_dir): a name that is asked for is given by the newest file that says
// so of itself, or by a link of that name.
func (l *libraryScan) dir(dir string, old []library) []found {
	l.dirs = append(l.dirs, dir)
	entries, err := l.s.root.ReadDir(dir)
	if err != nil {
		return nil
	}
	l.known = map[string][]root.Info{}
	for _, o := range old {
		if strings.HasPrefix(o.path, dir+"/") {
			if i, err := l.s.root.Stat(o.path); err == nil && i.Changed == 0 {
				l.known[o.key] = append(l.known[o.key], i)
			}
		}
	}
	var order []string
	best := map[string]found{}
	for _, e := range entries {
		l.spend(10)
		f, ok := l.file(dir, e)
		if !ok {
			continue
		}
		b, there := best[f.key]
		if !there {
			order = append(order, f.key)
		}
		if !there || !f.link && b.link || f.link == b.link && compareLibraries(b.file, f.file) < 0 {
			best[f.key] = f
		}
	}
	out := make([]found, 0, len(order))
	for _, key := range order {
		f := best[key]
		if !f.link && f.file != f.key {
			if err := l.s.symlinkTo(dir, f); err != nil {
				continue
			}
		}
		out = append(out, f)
	}
	return out
}

func (l *libraryScan) file(dir string, e root.Info) (found, bool) {
	name := e.Name
	if !strings.Contains(name, ".so") || !strings.HasPrefix(name, "lib") && !strings.HasPrefix(name, "ld-") || strings.HasSuffix(name, ".py") {
		return found{}, false
	}
	path := dir + "/" + name
	i, err := l.s.root.Stat(path)
	if err != nil || !i.Mode.IsRegular() {
		return found{}, false
	}
	key, ok := l.soname(path, name, i)
	if !ok {
		return found{}, false
	}
	link := e.Mode&fs.ModeSymlink != 0
	if link && name != key && (!strings.HasSuffix(name, ".so") || !strings.HasPrefix(key, name)) {
		link = false // neither what is asked for nor what a linker looks for
	}
	if link {
		key = name
	}
	return found{key: key, file: name, link: link}, true
}

// maxLibrary bounds a library that must be read to know its name, in bytes.
const maxLibrary = 128 << 20

// soname is what a library calls itself, or its file's name.
func (l *libraryScan) soname(path, name string, i root.Info) (string, bool) {
	lib := i.Library
	if lib == nil {
		if key := l.remembered(i); key != "" {
			return key, true
		}
		data, err := l.s.root.ReadFile(path, maxLibrary)
		if err != nil {
			return "", false
		}
		l.spend(len(data) / 64)
		if lib, err = soname.Read(bytes.NewReader(data)); err != nil {
			return "", false
		}
	}
	if lib == nil || lib.Machine != l.machine || lib.Class != l.class {
		return "", false
	}
	if lib.Soname == "" {
		return name, true
	}
	return lib.Soname, true
}

// remembered is what the base's cache has a file for, so that the base's
// libraries needn't be read.
func (l *libraryScan) remembered(i root.Info) string {
	key := ""
	for k, list := range l.known {
		if slices.ContainsFunc(list, i.Same) && (key == "" || len(k) > len(key) || len(k) == len(key) && k < key) {
			key = k
		}
	}
	return key
}

// symlinkTo makes the link that a library is asked for by, unless a file is
// there or it leads there already.
func (s *session) symlinkTo(dir string, f found) error {
	path := dir + "/" + f.key
	i, err := s.root.Lstat(path)
	if err == nil {
		if i.Mode&fs.ModeSymlink == 0 {
			return nil
		}
		to, errTo := s.root.Stat(path)
		file, errFile := s.root.Stat(dir + "/" + f.file)
		if errTo == nil && errFile == nil && to.Same(file) {
			return nil
		}
		if err := s.root.Remove(path); err != nil {
			return err
		}
	}
	return s.root.Symlink(f.file, path)
}
