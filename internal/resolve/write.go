package resolve

import (
	"fmt"
	"io"
	"slices"

	"github.com/assemble-image/assemble/wheels/requirements"
)

// WriteOptions change how a solution is written. The zero value is valid.
type WriteOptions struct {
	// Header holds lines that say how the lock was made. Keep times, hosts and
	// user names out of it, or the same solution makes different files.
	Header []string
	// AllFiles lists the hashes of all files of a release instead of the
	// wheels that the target can install, so that other targets take the lock
	// too. That fits where they need the same projects.
	AllFiles bool
	// Target is the marker that pylock.toml names as its environment, "" for
	// none; see [TargetMarker].
	Target string
	// Dir is the lock's directory, absolute, from which pylock.toml counts the
	// paths of wheels that have no URL; "" leaves them as they are.
	Dir string
	// Steering is what was left out and replaced on purpose.
	Steering requirements.Steering
}

// Requirements returns the pins as package requirements has them, with who
// wants each as its comment.
func (s *Solution) Requirements(opt WriteOptions) []requirements.Pin {
	pins := make([]requirements.Pin, 0, len(s.Pins))
	for _, p := range s.Pins {
		pin := requirements.Pin{
			Name:        p.Name,
			Normalized:  p.Name,
			Version:     p.Version,
			VersionText: p.Version.String(),
			Extras:      slices.Clone(p.Extras),
			Comment:     requirements.Via(p.via()...),
		}
		if p.Direct {
			pin.URL, pin.Path = publicURL(p.Wheels[0].URL), p.Wheels[0].Path
		}
		for _, f := range p.files(opt) {
			pin.Hashes = addOnce(pin.Hashes, "sha256:"+f.SHA256)
		}
		pins = append(pins, pin)
	}
	return pins
}

func (p Pin) files(opt WriteOptions) []File {
	if opt.AllFiles {
		return p.AllFiles
	}
	return p.Wheels
}

// via names who wants p: projects by name, the user by file.
func (p Pin) via() []string {
	var names []string
	for _, w := range p.Via {
		switch {
		case w.Name != "":
			names = addOnce(names, w.Name)
		case w.Constraint:
			names = addOnce(names, "-c "+w.File)
		case w.File != "":
			names = addOnce(names, "-r "+w.File)
		}
	}
	return names
}

// WriteRequirements writes the solution as hashed requirements, which pip and
// uv take too: by name, hashes sorted, each with who wants it.
func (s *Solution) WriteRequirements(w io.Writer, opt WriteOptions) error {
	if err := requirements.Write(w, s.Requirements(opt), requirements.WriteOptions{Header: slices.Concat(opt.Header, opt.Steering.Header())}); err != nil {
		return fmt.Errorf("writing the lock: %w", err)
	}
	return nil
}
