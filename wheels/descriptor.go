package wheels

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/wheels/requirements"
	"github.com/assemble-image/assemble/wheels/tags"
)

// Descriptor names a wheel by its content, wherever its file is. It is enough to
// plan layers: they are grouped by project and size, and their keys are made of
// digests.
type Descriptor struct {
	Filename tags.Filename
	SHA256   [sha256.Size]byte
	// Size is the file's length in bytes.
	Size int64
}

// Describe returns the descriptor of a wheel whose file is here, as [Identify]
// or [Open] found it. It fails if the source's name is not a wheel filename.
func Describe(s *layers.Source) (Descriptor, error) {
	f, err := tags.ParseFilename(s.Name)
	if err != nil {
		return Descriptor{}, err
	}
	return Descriptor{Filename: f, SHA256: s.SHA256, Size: s.Size}, nil
}

// DescribePin returns the descriptor of the best wheel that a pin's lock lists
// for a target with those supported tags, without the file. Only locks that list
// each wheel with its filename, SHA-256 and size have one: pylock.toml (PEP 751)
// and uv.lock. The error is a [*MissingError].
func DescribePin(pin requirements.Pin, supported []tags.Tag) (Descriptor, error) {
	listed := make(map[string]requirements.Wheel, len(pin.Wheels))
	candidates := make([]Candidate, 0, len(pin.Wheels))
	for _, w := range pin.Wheels {
		f, err := tags.ParseFilename(w.Name)
		if err != nil {
			return Descriptor{}, &MissingError{Pin: pin, Reason: err.Error()}
		}
		listed[w.Name] = w
		candidates = append(candidates, Candidate{Path: w.Name, Filename: f})
	}
	fits := fitting(candidates, pin, tags.NewIndex(supported))
	if len(fits) == 0 {
		return Descriptor{}, &MissingError{Pin: pin, Reason: "the lock lists no wheel that the target can install"}
	}
	best := fits[0]
	w := listed[best.Path]
	d := Descriptor{Filename: best.Filename, Size: w.Size}
	if w.Size <= 0 || !d.setHash(w.Hashes) {
		return Descriptor{}, &MissingError{Pin: pin, Reason: fmt.Sprintf("the lock has no size or no SHA-256 of %s", w.Name)}
	}
	return d, nil
}

// setHash sets the SHA-256 to the one among a lock's hashes.
func (d *Descriptor) setHash(hashes []string) bool {
	for _, h := range hashes {
		digits, ok := strings.CutPrefix(h, "sha256:")
		if !ok || len(digits) != hex.EncodedLen(len(d.SHA256)) {
			continue
		}
		_, err := hex.Decode(d.SHA256[:], []byte(digits))
		return err == nil
	}
	return false
}

// SetSHA256 sets the SHA-256 from 64 hex digits, and reports whether they are.
func (d *Descriptor) SetSHA256(digits string) bool { return d.setHash([]string{"sha256:" + digits}) }

// Source returns the wheel as a source for layers that has no file: opening it
// fails with [layers.ErrSourceAbsent].
func (d Descriptor) Source() *layers.Source {
	return &layers.Source{Name: d.Filename.String(), SHA256: d.SHA256, Size: d.Size}
}

// Item returns the wheel as an item for [layers.Group].
func (d Descriptor) Item() layers.Item {
	return layers.Item{Name: d.Filename.Normalized, Size: d.Size}
}
