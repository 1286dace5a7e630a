package stage

import (
	"path"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"

	"github.com/assemble-image/assemble/internal/adopt/dockerfile"
	"github.com/assemble-image/assemble/internal/adopt/draft"
)

// fromOf are the stages that an instruction takes files from.
func fromOf(i *dockerfile.Instruction) []string {
	switch c := i.Command.(type) {
	case *instructions.CopyCommand:
		if i.Err == nil && c.From != "" {
			return []string{c.From}
		}
	case *instructions.RunCommand:
		var names []string
		if i.Err == nil {
			for _, m := range instructions.GetMounts(c) {
				if m.From != "" {
					names = append(names, m.From)
				}
			}
		}
		return names
	}
	return nil
}

// copyFiles is COPY.
func (in *interpreter) copyFiles(s *State, step *draft.Step, c *instructions.CopyCommand) {
	if c.Parents {
		leave(step, "list each directory under app: with the place that --parents gives it")
		return
	}
	if len(c.SourceContents) > 0 {
		leave(step, "write what stands here into a file beside the config, and list it under app:")
		return
	}
	sources, dest, ok := in.paths(s, step, c.SourcesAndDest)
	if !ok {
		return
	}
	chown, okOwner := in.known(s, step, c.Chown)
	chmod, okMode := in.known(s, step, c.Chmod)
	if !okOwner || !okMode {
		return
	}
	like := Copy{To: absolute(s, dest), Dir: strings.HasSuffix(dest, "/") || dest == "." || len(sources) > 1, Chown: chown, Chmod: chmod, Exclude: c.ExcludePatterns, Step: step}
	if c.From != "" {
		in.copyFrom(s, step, c.From, sources, like)
		return
	}
	in.copyContext(s, step, sources, like)
}

// paths expands sources and destination.
func (in *interpreter) paths(s *State, step *draft.Step, c instructions.SourcesAndDest) (sources []string, dest string, ok bool) {
	for _, src := range c.SourcePaths {
		src, ok := in.known(s, step, src)
		if !ok {
			return nil, "", false
		}
		sources = append(sources, src)
	}
	dest, ok = in.known(s, step, c.DestPath)
	return sources, dest, ok
}

// copyContext takes files of the build context.
func (in *interpreter) copyContext(s *State, step *draft.Step, sources []string, like Copy) {
	carry(step, "app")
	for _, src := range sources {
		c := like
		c.FromDir = strings.HasSuffix(src, "/") || src == "."
		c.From = path.Clean(strings.TrimLeft(path.Join("/", src), "/")) // as BuildKit cuts off what leads out
		if c.From == "" {
			c.From = "."
		}
		s.Copies = append(s.Copies, c)
		if strings.HasSuffix(c.From, ".whl") {
			s.wheels = append(s.wheels, c.To)
		}
	}
}

// copyFrom takes files of another stage or image.
func (in *interpreter) copyFrom(s *State, step *draft.Step, name string, sources []string, like Copy) {
	i := in.stageOf(name, len(in.states))
	if i < 0 || in.states[i] == nil {
		in.copyImage(step, name, sources)
		return
	}
	from := in.states[i]
	if len(in.file.Stages[i].Instructions) == 0 && from.Base != "" {
		in.copyImage(step, from.Base, sources)
		return
	}
	carry(step, "app")
	var lost []string
	for _, src := range sources {
		src = path.Join("/", src)
		switch {
		case from.hasPackages(src):
			carry(step, "lock")
			s.keepPlaces(from, src, like.To)
		case from.hasWheels(src):
			carry(step, "lock")
			s.wheels = append(s.wheels, like.To)
		case in.fromContext(s, from, src, like):
		default:
			lost = append(lost, src)
		}
	}
	if len(lost) > 0 {
		leave(step, "stage "+name+" makes "+strings.Join(lost, ", ")+": make it beforehand here, and list the directory under app: {from: …, to: "+like.To+"}")
	}
}

// copyImage takes files of an image that is no stage.
func (in *interpreter) copyImage(step *draft.Step, name string, sources []string) {
	for _, src := range sources {
		if base := path.Base(src); base != "uv" && base != "uvx" && !strings.Contains(name, "astral-sh/uv") {
			leave(step, "files of another image: take them out of it beforehand (crane export), and list them under app:; or look for a Debian package that has them")
			return
		}
	}
	skip(step, "packages are installed without uv")
}

// hasPackages reports whether a path of a stage is where its Python packages are.
func (s *State) hasPackages(p string) bool {
	p = strings.TrimSuffix(p, "/.")
	if strings.Contains(p, "/site-packages") || strings.Contains(p, "/dist-packages") {
		return true
	}
	for _, dir := range s.venvs {
		if p == dir || strings.HasPrefix(p, dir+"/") {
			return true
		}
	}
	switch path.Base(p) {
	case ".venv", "venv", ".local":
		return true
	}
	return p == "/usr/local" || p == "/usr/local/bin" || hasPrefixAny(p, "/usr/local/lib", "/usr/local/bin/")
}

// keepPlaces remembers where the packages go, for PATH and for programs.
func (s *State) keepPlaces(from *State, src, dest string) {
	s.venvs = append(s.venvs, dest)
	if slices.Contains(from.venvs, src) {
		s.venvs = append(s.venvs, src)
	}
}

// hasWheels reports whether a path of a stage has wheels that it made.
func (s *State) hasWheels(p string) bool {
	if strings.HasSuffix(p, ".whl") {
		return true
	}
	return slices.ContainsFunc(s.wheels, func(dir string) bool { return p == dir || strings.HasPrefix(p, dir+"/") })
}

// fromContext traces files of a stage back to the build context, where the stage
// has them from there.
func (in *interpreter) fromContext(s, from *State, src string, like Copy) bool {
	found := false
	for _, c := range from.Copies {
		whole := path.Clean(c.To) == src
		if c.Dir && !in.isDir(c.From) {
			whole = path.Join(c.To, path.Base(c.From)) == src
		}
		next := like
		next.Unpack, next.Exclude = c.Unpack, c.Exclude
		rest, under := strings.CutPrefix(src, strings.TrimSuffix(c.To, "/")+"/")
		above, over := strings.CutPrefix(c.To, strings.TrimSuffix(src, "/")+"/")
		switch {
		case whole:
			next.From, next.FromDir = c.From, c.FromDir
			next.Dir = like.Dir && !in.isDir(c.From)
		case under && in.exists(path.Join(c.From, rest)):
			next.From = path.Join(c.From, rest)
		case over:
			next.From, next.FromDir, next.To, next.Dir = c.From, c.FromDir, path.Join(like.To, above), c.Dir
		default:
			continue
		}
		found = true
		s.Copies = append(s.Copies, next)
	}
	return found
}

// addFiles is ADD.
func (in *interpreter) addFiles(s *State, step *draft.Step, c *instructions.AddCommand) {
	if len(c.SourceContents) > 0 {
		leave(step, "write what stands here into a file beside the config, and list it under app:")
		return
	}
	sources, dest, ok := in.paths(s, step, c.SourcesAndDest)
	chown, okOwner := in.known(s, step, c.Chown)
	chmod, okMode := in.known(s, step, c.Chmod)
	sum, okSum := in.known(s, step, c.Checksum)
	if !ok || !okOwner || !okMode || !okSum {
		return
	}
	like := Copy{
		To: absolute(s, dest), Dir: strings.HasSuffix(dest, "/") || dest == "." || len(sources) > 1, Chown: chown, Chmod: chmod, Exclude: c.ExcludePatterns, Step: step,
	}
	for _, src := range sources {
		switch {
		case hasPrefixAny(src, "git@", "git://") || strings.HasSuffix(src, ".git"):
			leave(step, "clone it beforehand, at a commit that you name, and list the directory under app:")
		case strings.Contains(src, "://"):
			in.addURL(s, step, src, strings.TrimPrefix(sum, "sha256:"), like)
		case isArchive(src) && c.Unpack == nil || c.Unpack != nil && *c.Unpack:
			next := like
			next.Unpack = true
			in.copyContext(s, step, []string{src}, next)
		default:
			in.copyContext(s, step, []string{src}, like)
		}
		if step.Status == draft.Left {
			return
		}
	}
}

// addURL is ADD of a file from elsewhere, which goes in by its digest.
func (in *interpreter) addURL(s *State, step *draft.Step, src, sum string, like Copy) {
	clean, _ := withoutPassword(src)
	switch {
	case clean == "":
		leave(step, "download it beforehand, and list the file under app:")
	case len(sum) != 64 || !draft.Knows("app[].sha256"):
		leave(step, "app takes it by its digest: {from: "+clean+", to: "+like.To+", sha256: …}, as curl -L … | sha256sum tells it")
	default:
		like.From, like.SHA256 = clean, sum
		s.Copies = append(s.Copies, like)
		carry(step, "app")
	}
}

// isArchive reports whether ADD would unpack a file, by its name.
func isArchive(name string) bool {
	for _, ext := range []string{".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".tbz2", ".tar.zst"} {
		if strings.HasSuffix(strings.ToLower(name), ext) {
			return true
		}
	}
	return false
}
