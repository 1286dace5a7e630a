package stage

import (
	"path"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/adopt/draft"
)

func cd(c *command) {
	if o := parse(c.args, ""); len(o.rest) == 1 && !c.unknown {
		*c.cwd = c.here(o.rest[0])
	}
	skip(c.step, "it is for the commands after it")
}

// mkdir makes directories that the image has; those that it would have anyway
// are told apart later.
func mkdir(c *command) {
	o := parse(c.args, "-m --mode")
	if c.unknown || len(o.rest) == 0 {
		leave(c.step, "only running it tells which directories; list them under dirs:")
		return
	}
	carry(c.step, "dirs")
	c.dirs(o.rest, o.first("-m", "--mode"))
}

// dirs records directories, as far as they are more than a place to work in.
func (c *command) dirs(list []string, mode string) {
	kept := false
	for _, text := range list {
		for _, dir := range braces(text, c.s.bash()) {
			dir = c.here(dir)
			if dir == "/" || isScratch(dir) || strings.ContainsAny(dir, "{}*?") {
				continue
			}
			kept = true
			c.s.Dirs = append(c.s.Dirs, Dir{Path: dir, Mode: mode, Step: c.step})
		}
	}
	switch {
	case c.building:
		skip(c.step, "it is for the stage that only builds")
	case !kept:
		skip(c.step, "it is for building alone")
	}
}

// isScratch reports whether a directory is but for building, or the base's.
func isScratch(dir string) bool {
	return dir == "/tmp" || dir == "/root" || hasPrefixAny(dir, "/usr/share/man", "/root/.cache", "/root/.ssh", "/var/lib/apt", "/var/cache/apt", "/etc/apt", "/wheels", "/root/.config/pip", "/root/.pip")
}

func (s *State) bash() bool { return len(s.shell) > 0 && path.Base(s.shell[0]) == "bash" }

// braces expands {a,b} as bash does, up to 64 words; others take it as it is.
func braces(text string, bash bool) []string {
	list := []string{text}
	for bash && len(list) < 64 {
		next := make([]string, 0, len(list))
		for _, word := range list {
			next = append(next, firstBrace(word)...)
		}
		if len(next) == len(list) {
			break
		}
		list = next
	}
	return list
}

// firstBrace expands the first {a,b} without one in it, if there is one.
func firstBrace(word string) []string {
	closing := strings.IndexByte(word, '}')
	if closing < 0 {
		return []string{word}
	}
	opening := strings.LastIndexByte(word[:closing], '{')
	if opening < 0 || !strings.Contains(word[opening:closing], ",") {
		return []string{word}
	}
	var list []string
	for part := range strings.SplitSeq(word[opening+1:closing], ",") {
		list = append(list, word[:opening]+part+word[closing+1:])
	}
	return list
}

// install is install -d DIR…; other uses copy files.
func install(c *command) {
	o := parse(c.args, "-m --mode -o --owner -g --group -t --target-directory")
	if !o.has("-d", "--directory") || c.unknown {
		leave(c.step, "list the file under app: at the place where it is wanted")
		return
	}
	carry(c.step, "dirs")
	c.dirs(o.rest, o.first("-m", "--mode"))
	if owner := o.first("-o", "--owner"); owner != "" {
		for _, dir := range o.rest {
			c.s.Owners = append(c.s.Owners, Owner{Path: c.here(dir), User: owner, Step: c.step})
		}
	}
}

func chmod(c *command) {
	o := parse(c.args, "--reference")
	if len(c.args) > 1 && strings.HasPrefix(c.args[0], "-") && strings.ContainsAny(c.args[0], "rwxX") { // chmod -w FILE
		o.rest = append([]string{c.args[0]}, o.rest...)
	}
	if c.unknown || len(o.rest) < 2 {
		leave(c.step, "only running it tells the files; app: keeps who may execute a file here")
		return
	}
	carry(c.step, "app")
	for _, p := range o.rest[1:] {
		c.s.Modes = append(c.s.Modes, Mode{Path: c.here(p), Mode: o.rest[0], Recursive: o.has("-R", "--recursive"), Step: c.step})
	}
	if c.building {
		skip(c.step, "it is for the stage that only builds")
	}
}

func chown(c *command) {
	o := parse(c.args, "--from --reference")
	if c.unknown || len(o.rest) < 2 {
		leave(c.step, "only running it tells the owner; app: belongs to root, dirs: to the user")
		return
	}
	carry(c.step, "dirs")
	owner := o.rest[0]
	if c.name == "chgrp" {
		owner = ":" + owner
	}
	for _, text := range o.rest[1:] {
		c.s.Owners = append(c.s.Owners, Owner{Path: c.here(text), User: strings.Replace(owner, ".", ":", 1), Recursive: o.has("-R", "--recursive"), Step: c.step})
	}
	if c.building {
		skip(c.step, "it is for the stage that only builds")
	}
}

// ln is ln -s TARGET… LINK.
func ln(c *command) {
	o := parse(c.args, "-t --target-directory -S --suffix")
	if c.unknown || len(o.rest) < 1 || len(o.rest) > 2 || !o.has("-s", "--symbolic") || o.has("-t", "--target-directory") {
		leave(c.step, "list the file under app: at the place where it is wanted")
		return
	}
	target := o.rest[0]
	at := c.here(path.Base(target))
	if len(o.rest) == 2 {
		at = c.here(o.rest[1])
		if strings.HasSuffix(o.rest[1], "/") || o.rest[1] == "." {
			at = path.Join(at, path.Base(target))
		}
	}
	switch {
	case c.building:
		skip(c.step, "it is for the stage that only builds")
	case at == "/etc/localtime":
		zone, ok := strings.CutPrefix(target, "/usr/share/zoneinfo/")
		if !ok || !draft.Knows("timezone") {
			leave(c.step, "timezone: NAME sets the time zone; the package tzdata has the zones")
			return
		}
		c.s.Zone = Setting{Value: zone, Step: c.step}
		carry(c.step, "timezone")
	default:
		c.s.Links = set(c.s.Links, Setting{Key: at, Value: target, Step: c.step})
		carry(c.step, "links")
	}
}

// rm removes what was left of building, or files of the image.
func rm(c *command) {
	o := parse(c.args, "")
	for _, p := range o.rest {
		if at := c.here(p); c.unmake(at) || isToolBin(at) {
			continue
		}
		if !isLeftover(c.here(p)) && !c.building {
			leave(c.step, "what app: brings there is left out by a pattern in .assembleignore; what the base has stays: "+draft.Line(p))
			return
		}
	}
	skip(c.step, "nothing is left over from building")
}

func isLeftover(p string) bool {
	return hasPrefixAny(p, "/var/lib/apt", "/var/cache", "/var/apt", "/tmp", "/var/tmp", "/root/.cache", "/root/.npm", "/var/lib/dpkg", "/var/log", "/usr/share/doc", "/usr/share/man", "/wheels", "/install", "/var/lib/{") ||
		strings.Contains(p, "/.cache") || strings.HasSuffix(p, ".whl") || strings.Contains(p, "__pycache__") || strings.Contains(p, "requirements") || strings.HasSuffix(p, "/~")
}

// find is find … -delete and its like, which cleans up.
func find(c *command) {
	text := strings.Join(c.args, " ")
	if strings.Contains(text, "pyc") || strings.Contains(text, "__pycache__") || strings.Contains(text, "tests") || strings.Contains(text, ".pyo") {
		skip(c.step, "no compiled modules are in the image")
		return
	}
	leave(c.step, "see which files it means; a pattern in .assembleignore leaves files of app: out")
}

func touch(c *command) {
	if isLeftover(c.here(append(c.args, "/tmp")[0])) || c.building {
		skip(c.step, "it is for building alone")
		return
	}
	if c.unknown || !draft.Knows("empty_files") {
		leave(c.step, "make the empty file beforehand, and list it under app:")
		return
	}
	for _, p := range parse(c.args, "-d -t -r").rest {
		c.s.Touched = append(c.s.Touched, Setting{Key: c.here(p), Value: c.here(p), Step: c.step})
		carry(c.step, "empty_files")
	}
}

// certificates is update-ca-certificates.
func certificates(c *command) {
	c.s.Certs = true
	skip(c.step, "the base's and the packages' certificates need no program")
}

// unmake forgets a directory that was made, and reports whether there is one.
func (c *command) unmake(at string) bool {
	n := len(c.s.Dirs)
	c.s.Dirs = slices.DeleteFunc(c.s.Dirs, func(d Dir) bool { return d.Path == at })
	return len(c.s.Dirs) < n
}

// cp copies a file. One that came from the context goes to the new place as
// well.
func cp(c *command) {
	o := parse(c.args, "-t --target-directory -S --suffix")
	const how = "copy it beforehand, and list it under app: at the place where it is wanted"
	if c.unknown || len(o.rest) != 2 {
		leave(c.step, how)
		return
	}
	from, ok := c.source(o.rest[0])
	if !ok || !c.in.exists(from) {
		leave(c.step, how)
		return
	}
	carry(c.step, "app")
	c.s.Copies = append(c.s.Copies, Copy{From: from, To: c.here(o.rest[1]), Dir: strings.HasSuffix(o.rest[1], "/") || o.rest[1] == ".", Step: c.step})
	if c.building {
		skip(c.step, "it is for the stage that only builds")
	}
}

// sed changes a file; what mends Windows' line ends is known.
func sed(c *command) {
	if strings.Contains(strings.Join(c.args, " "), `s/\r`) {
		leave(c.step, "let its lines end in LF here (in .gitattributes: *.sh text eol=lf)")
		return
	}
	leave(c.step, "change the file beforehand, and list it under app:")
}
