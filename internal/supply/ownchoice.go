package supply

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/wheels"
	"github.com/assemble-image/assemble/wheels/requirements"
	"github.com/assemble-image/assemble/wheels/tags"
)

// choose returns the one wheel of a project for a pin, which may leave the
// version open: the newest version, then the best tag and the highest build
// number; of a project whose version is made up by building, the file that was
// written last.
func (o *ownWheels) choose(pin requirements.Pin, ladder tags.Index) (*Wheel, string, error) {
	fits, err := o.fitting(pin, ladder)
	if err != nil {
		return nil, "", err
	}
	dynamic := pin.Normalized == o.project.Normalized && o.project.Version.IsZero()
	best := slices.MaxFunc(fits, func(a, b wheels.Candidate) int {
		written := 0
		if dynamic {
			written = modified(a.Path).Compare(modified(b.Path))
		}
		return cmp.Or(
			written,
			a.Filename.Version.Compare(b.Filename.Version),
			cmp.Compare(ladder.Rank(b.Filename.Tags), ladder.Rank(a.Filename.Tags)),
			a.Filename.Build.Compare(b.Filename.Build),
			cmp.Compare(b.Path, a.Path))
	})
	source, err := o.identify(best, fits)
	if err != nil {
		return nil, "", err
	}
	w := &Wheel{Pin: pin, Source: source, Own: true, path: best.Path}
	w.Pin.Name, w.Pin.Version, w.Pin.VersionText = best.Filename.Name, best.Filename.Version, best.Filename.VersionText
	w.Pin.Hashes, w.Pin.Wheels, w.Pin.URL, w.Pin.Path = []string{"sha256:" + source.Digest()}, nil, "", ""
	return w, o.describe(w, pin, fits, dynamic), nil
}

// identify hashes the wheel that was chosen, and refuses two different files of
// one name: neither is the better one.
func (o *ownWheels) identify(best wheels.Candidate, list []wheels.Candidate) (*layers.Source, error) {
	source, err := identifyWheel(o.digests, best.Path, nil)
	if err != nil {
		return nil, err
	}
	for _, c := range list {
		if c.Path == best.Path || c.Filename.String() != best.Filename.String() {
			continue
		}
		other, err := identifyWheel(o.digests, c.Path, nil)
		if err != nil {
			return nil, err
		}
		if other.Digest() != source.Digest() {
			return nil, &OwnError{
				What: "wheels", Project: best.Filename.Normalized,
				Reason: fmt.Sprintf("%s and %s are two different wheels of one name", shortPath(best.Path), shortPath(c.Path)),
			}
		}
	}
	return source, nil
}

// describe says which wheel was taken, and instead of what.
func (o *ownWheels) describe(w *Wheel, pin requirements.Pin, fits []wheels.Candidate, dynamic bool) string {
	text := fmt.Sprintf("%s %s is your own %s", pin.Normalized, w.Pin.VersionText, shortPath(w.path))
	switch {
	case len(fits) > 1 && dynamic:
		text += fmt.Sprintf(", the last written of %d wheels (the project's version is dynamic)", len(fits))
	case len(fits) > 1:
		text += fmt.Sprintf(", the newest of %d wheels", len(fits))
	}
	if len(pin.Hashes) > 0 && !slices.Contains(pin.Hashes, w.Pin.Hashes[0]) {
		text += fmt.Sprintf("; %s:%d lists other files", pin.File, pin.Line)
	}
	return text
}

func modified(path string) time.Time {
	fi, err := os.Stat(path)
	if err != nil {
		return time.Time{} // reading it will tell
	}
	return fi.ModTime()
}

// take chooses the user's own wheels for a lock's pins: those that take the place
// of a pin, by its number, and those of projects that no pin knows. What is taken
// is noted.
func (p *Supplier) take(own *ownWheels, pins []requirements.Pin, ladder []tags.Tag) (byPin map[int]*Wheel, more []*Wheel, err error) {
	if err := p.deniedOwn(own); err != nil {
		return nil, nil, err
	}
	byPin = map[int]*Wheel{}
	index, pinned := tags.NewIndex(ladder), map[string]bool{}
	var notes []string
	for i, pin := range pins {
		pinned[pin.Normalized] = true
		if !own.has(pin.Normalized) {
			continue
		}
		w, note, err := own.choose(pin, index)
		if err != nil {
			return nil, nil, err
		}
		w.skipRecord = p.opt.SkipRecord
		byPin[i] = w
		notes = append(notes, note)
	}
	for _, name := range own.names() {
		if pinned[name] {
			continue
		}
		w, note, err := own.choose(requirements.Pin{Normalized: name}, index)
		if err != nil {
			return nil, nil, err
		}
		w.skipRecord = p.opt.SkipRecord
		more = append(more, w)
		notes = append(notes, note)
	}
	for _, note := range notes {
		p.opt.Report.Note(report.StageWheels, note)
	}
	return byPin, more, nil
}
