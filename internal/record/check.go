package record

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/layers"
)

// Bounds of a record: an image has 127 layers at most, and a lock of some
// thousand wheels is a very large one.
const (
	maxLayers = 127
	maxWheels = 20_000
	maxInputs = 100_000
	// maxObjects and maxValues bound a record's JSON, facts included.
	maxObjects = 100_000
	maxValues  = 400_000
	// MaxPredicate bounds a record in bytes.
	MaxPredicate = 8 << 20
)

// ErrFormat says that a record is of another version.
var ErrFormat = errors.New("the record has another format")

// ErrLie says that a record contradicts itself, or the image that it is about.
var ErrLie = errors.New("the record is not true")

// Parse reads a predicate and checks that it is consistent: that keys follow
// from their inputs, and inputs name the wheels that are listed. The error is
// [ErrFormat] or [ErrLie], or says what can't be read.
func Parse(raw []byte) (*Predicate, error) {
	if len(raw) > MaxPredicate {
		return nil, fmt.Errorf("reading a record: more than %d bytes", MaxPredicate)
	}
	// Each takes more memory than text.
	if n := bytes.Count(raw, []byte("{")); n > maxObjects {
		return nil, lie("it has %d objects", n)
	}
	if n := bytes.Count(raw, []byte(",")); n > maxValues {
		return nil, lie("it has %d values", n)
	}
	var head struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		return nil, fmt.Errorf("reading a record: %w", err)
	}
	if head.Format != Format {
		return nil, fmt.Errorf("%w: %d, not %d", ErrFormat, head.Format, Format)
	}
	p := new(Predicate)
	if err := json.Unmarshal(raw, p); err != nil {
		return nil, fmt.Errorf("reading a record: %w", err)
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	return p, nil
}

func lie(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrLie, fmt.Sprintf(format, args...))
}

func (p *Predicate) check() error {
	switch {
	case p.Options.Format != layers.FormatVersion:
		return fmt.Errorf("%w: layers of version %d, not %d", ErrFormat, p.Options.Format, layers.FormatVersion)
	case len(p.Layers) > maxLayers:
		return lie("it has %d layers", len(p.Layers))
	case len(p.Wheels) > maxWheels:
		return lie("it has %d wheels", len(p.Wheels))
	}
	inputs := len(p.Install)
	for i := range p.Wheels {
		w := &p.Wheels[i]
		if !isSHA256(w.SHA256) || w.Size <= 0 || strings.ContainsAny(w.File, "/\\") {
			return lie("wheel %.120q has no valid digest, size or name", w.File)
		}
	}
	for i := range p.Layers {
		l := &p.Layers[i]
		if inputs += len(l.Inputs); inputs > maxInputs {
			return lie("its layers have more than %d inputs", maxInputs)
		}
		if err := p.checkLayer(l); err != nil {
			return err
		}
	}
	return nil
}

func (p *Predicate) checkLayer(l *Layer) error {
	for _, text := range []string{l.Digest, l.DiffID} {
		if h, err := v1.NewHash(text); err != nil || h.Algorithm != "sha256" {
			return lie("layer %.120q has the digest %.80q", l.Name, text)
		}
	}
	if l.Size <= 0 {
		return lie("layer %.120q has %d bytes", l.Name, l.Size)
	}
	for _, w := range l.Wheels {
		if w < 0 || w >= len(p.Wheels) || !slices.Contains(l.Inputs, p.Wheels[w].SHA256) {
			return lie("layer %.120q isn't made of the wheels that it names", l.Name)
		}
	}
	if l.Key == "" {
		return nil
	}
	parts, ok := p.parts(l)
	if !ok || layers.NewKey(parts...).String() != l.Key {
		return lie("the key of layer %.120q doesn't follow from its inputs", l.Name)
	}
	return nil
}

// parts are what a layer's key is made of.
func (p *Predicate) parts(l *Layer) ([]string, bool) {
	if !l.Install {
		return l.Inputs, true
	}
	if l.At < 0 || l.At > len(l.Inputs) {
		return nil, false
	}
	return slices.Concat(l.Inputs[:l.At], p.Install, l.Inputs[l.At:]), true
}

// SetInputs sets a layer's inputs to the parts of its key, without those that
// the record's wheels have in common.
func (p *Predicate) SetInputs(l *Layer, parts []string) {
	n := len(p.Install)
	for at := 0; n > 0 && at+n <= len(parts); at++ {
		if slices.Equal(parts[at:at+n], p.Install) {
			l.Install, l.At = true, at
			l.Inputs = slices.Concat(parts[:at], parts[at+n:])
			return
		}
	}
	l.Inputs = parts
}

func isSHA256(digits string) bool {
	b, err := hex.DecodeString(digits)
	return err == nil && len(b) == 32 && strings.ToLower(digits) == digits
}
