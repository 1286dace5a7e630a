// Package adopt makes a first assemble.yaml of what a directory has: a
// Dockerfile, requirements and locks, a Compose file, and the code's framework.
// Start with [Directory]. Its packages are
//
//   - draft: the config in the making, and the steps that were read;
//   - dockerfile, shell, stage: a Dockerfile's instructions, the commands in its
//     RUNs, and what they come to;
//   - compose, project: what other files say;
//   - write: the config's text.
//
// Nothing is run, and nothing is asked of a network.
package adopt

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/assemble-image/assemble/internal/adopt/compose"
	"github.com/assemble-image/assemble/internal/adopt/dockerfile"
	"github.com/assemble-image/assemble/internal/adopt/draft"
	"github.com/assemble-image/assemble/internal/adopt/project"
	"github.com/assemble-image/assemble/internal/adopt/stage"
	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/internal/osfile"
)

// Options are what Directory takes beside the directory.
type Options struct {
	// Dockerfile is the file's path, "" for Dockerfile or Containerfile in the
	// directory if there is one.
	Dockerfile string
	// Target is the stage that becomes the image, "" for the last.
	Target string
	// Args are build arguments.
	Args map[string]string
	// Platform is what the image is for, "" for what the Dockerfile says, or the
	// config's default.
	Platform string
}

// Result is a config with what was read for it.
type Result struct {
	*draft.Draft
	// Config is the text of assemble.yaml; it is a valid one.
	Config []byte
	// Dockerfile is the name of the one that was read, "" for none.
	Dockerfile string
}

// FileError is what is wrong with a file that was read.
type FileError struct {
	Name string
	Err  error
}

// Error implements error.
func (e *FileError) Error() string { return fmt.Sprintf("reading %q: %v", e.Name, e.Err) }

// Unwrap returns what is wrong.
func (e *FileError) Unwrap() error { return e.Err }

// builder gathers what the files say.
type builder struct {
	dir     fs.FS
	name    string // the directory's
	opt     Options
	draft   *draft.Draft
	project *project.Project
	service *compose.Service
	// composeName is the Compose file's name.
	composeName string
	// entries are the files of the app.
	entries []*entry
	// installed are packages that are installed beside what files list.
	installed []string
}

// Directory makes a config for a directory. What is wrong with a file that was
// named, or with a Dockerfile, is a [*FileError].
func Directory(dir string, opt Options) (*Result, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("opening directory %q: %w", dir, osfile.WithoutPath(err))
	}
	defer func() { _ = root.Close() }() // nothing was written
	b := &builder{dir: root.FS(), name: dir, opt: opt, draft: draft.New()}
	b.project = project.Read(b.dir)
	name, file, err := b.dockerfile(dir)
	if err != nil {
		return nil, err
	}
	b.compose(relativeTo(dir, name))
	if err := b.build(name, file); err != nil {
		return nil, err
	}
	text, err := settle(filepath.Join(dir, config.DefaultFile), b.draft)
	if err != nil {
		return nil, err
	}
	return &Result{Draft: b.draft, Config: text, Dockerfile: name}, nil
}

// dockerfile reads the Dockerfile, if there is one.
func (b *builder) dockerfile(dir string) (name string, f *dockerfile.File, err error) {
	names := []string{"Dockerfile", "Containerfile", "dockerfile"}
	if b.opt.Dockerfile != "" {
		names = []string{b.opt.Dockerfile}
	}
	for _, name := range names {
		p := name
		if b.opt.Dockerfile == "" {
			p = filepath.Join(dir, name)
		}
		data, err := osfile.ReadBounded(p, dockerfile.MaxSize)
		switch {
		case errors.Is(err, fs.ErrNotExist) && b.opt.Dockerfile == "":
			continue
		case errors.Is(err, osfile.ErrLimit):
			err = fmt.Errorf("it is larger than %d bytes", dockerfile.MaxSize)
		}
		if err == nil {
			f, err = dockerfile.Parse(data)
		}
		if err != nil {
			return "", nil, &FileError{Name: p, Err: osfile.WithoutPath(err)}
		}
		return filepath.ToSlash(name), f, nil
	}
	return "", nil, nil
}

// build puts the draft together.
func (b *builder) build(name string, f *dockerfile.File) error {
	b.platform()
	var image *stage.Result
	if f != nil {
		args := b.args()
		target := b.opt.Target
		if target == "" && b.service != nil {
			target = b.service.Target
		}
		var err error
		image, err = stage.Follow(f, stage.Options{Name: name, Context: b.dir, Args: args, Target: target, Platform: b.draft.Get("platform")})
		if err != nil {
			return &FileError{Name: name, Err: err}
		}
		b.read(name, "base, packages, files, user, environment, start")
		if len(image.Unused) > 0 {
			b.read(name, "not of it: the stages "+strings.Join(image.Unused, ", ")+", which the image isn't made of")
		}
		b.image(image)
	} else {
		b.plainBase()
	}
	b.composed(f != nil)
	b.wheels(image)
	b.framework(f != nil)
	b.files(image)
	if image != nil {
		for _, step := range image.Steps {
			b.draft.Step(*step)
		}
	}
	b.notes()
	b.next()
	return nil
}

// read records that a file was taken into account.
func (b *builder) read(name, what string) {
	b.draft.Read = append(b.draft.Read, draft.Pair{Key: name, Value: what})
}

// left records something to do that no step of a Dockerfile stands for.
func (b *builder) left(file string, line int, text, how string) {
	b.draft.Step(draft.Step{Place: draft.Place{File: file, Line: line}, Text: text, Status: draft.Left, Note: how})
}

// args are build arguments: those of the Compose file, and over them those that
// were given.
func (b *builder) args() map[string]string {
	args := map[string]string{}
	if b.service != nil {
		for _, a := range b.service.Args {
			if a.Set && !strings.Contains(a.Value, "$") {
				args[a.Name] = a.Value
			}
		}
	}
	for name, value := range b.opt.Args {
		args[name] = value
	}
	return args
}

// platform is what was asked for, or what the Compose file or the config's
// default says.
func (b *builder) platform() {
	item := draft.Item{Text: b.opt.Platform}
	if item.Text == "" && b.service != nil && strings.HasPrefix(b.service.Platform, "linux/") {
		item = draft.Item{Text: b.service.Platform, From: draft.Place{File: b.composeName, Line: b.service.Line}}
	}
	if item.Text == "" {
		item = draft.Item{Text: defaults().Platform, Note: "the default"}
	}
	b.draft.Set("platform", item)
}

// defaults is the config of an empty file.
func defaults() *config.Config {
	c, err := config.New("")
	if err != nil {
		return &config.Config{Base: []string{"python:3.10-slim-bookworm"}, Platform: "linux/arm64"}
	}
	return c
}

// notes tell of what isn't a step.
func (b *builder) notes() {
	for _, broken := range b.project.Broken {
		name, what, _ := strings.Cut(broken, ": ")
		b.left(name, 0, "the whole file", "it can't be read: "+what)
	}
	if len(b.project.Others) > 0 {
		b.read(b.project.Framework.File, "there is "+strings.Join(b.project.Others, ", ")+", too: the same image with another entrypoint, or a config of its own (assemble push -f)")
	}
}

// lockName is what a lock of a requirements file is called.
func lockName(file string) string {
	return strings.TrimSuffix(file, path.Ext(file)) + ".lock"
}

// relativeTo is a Dockerfile's name as a Compose file in the directory has it.
func relativeTo(dir, name string) string {
	if rel, err := filepath.Rel(dir, filepath.FromSlash(name)); err == nil && filepath.IsLocal(rel) && strings.Contains(name, "/") {
		return filepath.ToSlash(rel)
	}
	return name
}
