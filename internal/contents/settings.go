package contents

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/certs"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/supply"
	"github.com/assemble-image/assemble/layers"
)

// Settings makes the layer with what the config says of the system: its time zone,
// and authorities to trust.
type Settings struct {
	// Timezone is a name of the tz database, "" for the base's.
	Timezone string
	// Authorities are certificates to trust, by the name that their file gets.
	Authorities []Authority
	// Certifi adds them to the bundle of Python's certifi, too.
	Certifi bool
	// Files are the base's.
	Files func(context.Context) (*base.Files, error)
	// Wheels are the image's, nil for none.
	Wheels func() *supply.Set
	// HasTimezones says that system packages that aren't here bring the tz database.
	HasTimezones bool
	// ModTime is the time of everything in the layer.
	ModTime time.Time
}

// Authority is a certificate to trust.
type Authority struct {
	Name string
	certs.Certificate
}

var (
	// ErrNoTimezone says that the image has no such time zone.
	ErrNoTimezone = errors.New("the image has no such time zone")
	// ErrNoBundle says that the base has no certificates to add some to.
	ErrNoBundle = errors.New("the base has no bundle of certificates")
	// ErrNoCertifi says that certifi isn't in the image.
	ErrNoCertifi = errors.New("neither the wheels nor the base have certifi")
)

const zoneinfo = "/usr/share/zoneinfo"

// KindSettings is the kind of Settings's layer.
const KindSettings Kind = "settings"

// IsEmpty reports whether there is nothing to make.
func (s Settings) IsEmpty() bool { return s.Timezone == "" && len(s.Authorities) == 0 }

// Plan implements [Maker].
func (s Settings) Plan(ctx context.Context, on *Ground) (Planned, error) {
	if s.IsEmpty() {
		return Planned{}, nil
	}
	files, err := s.Files(ctx)
	if err != nil {
		return Planned{}, err
	}
	b := &settingsLayer{Settings: s, ctx: ctx, on: on, files: files}
	if s.Timezone != "" {
		err = b.timezone()
	}
	if err == nil && len(s.Authorities) > 0 {
		err = b.authorities()
	}
	if err == nil && len(s.Authorities) > 0 && s.Certifi {
		err = b.certifi()
	}
	if err != nil {
		return Planned{}, err
	}
	slices.SortFunc(b.entries, func(x, y layers.Entry) int { return strings.Compare(x.Path, y.Path) })
	key := []string{"settings", fmt.Sprint(s.ModTime.Unix())}
	for _, e := range b.entries {
		sum := sha256.Sum256(e.Data)
		key = append(key, e.Path, e.Mode.String(), e.Link, string(sum[:]))
	}
	key = append(append(key, b.late...), on.existingParents(b.entries)...)
	spec := layers.Spec{Exists: on.HasDir, Size: layers.EstimateSize(b.entries), Entries: b.all}
	layer := Layer{Kind: KindSettings}.with(spec, report.List(b.names), key)
	return Planned{Layers: []Layer{layer}, Dirs: dirsOf(b.entries), Files: filesOf(b.entries)}, nil
}

// settingsLayer is the layer on its way.
type settingsLayer struct {
	Settings
	ctx     context.Context //nolint:containedctx // of the one call of Plan that it is for
	on      *Ground
	files   *base.Files
	entries []layers.Entry
	names   []string
	// lazy are entries that are made when the layer is packed; late are the parts
	// of the key for them.
	lazy []func() (layers.Entry, error)
	late []string
}

// all are the entries, with those that take reading wheels.
func (b *settingsLayer) all() ([]layers.Entry, error) {
	list := slices.Clone(b.entries)
	for _, f := range b.lazy {
		e, err := f()
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}

// add adds a file, or a link, where its directory really lies.
func (b *settingsLayer) add(p string, data []byte, link string) {
	e := layers.Entry{Path: relative(b.on.inReal(p)), Mode: 0o644, Data: data, Size: int64(len(data)), Owner: "settings"}
	if link != "" {
		e.Mode, e.Link = fs.ModeSymlink|0o777, link
	}
	b.entries = append(b.entries, e)
}

// find returns the base's file at a path, links followed.
func (b *settingsLayer) find(p string) (base.File, bool) {
	for range 40 { // as many links as Linux follows
		p = b.on.inReal(p)
		list := b.files.List()
		i, ok := slices.BinarySearchFunc(list, p, func(f base.File, p string) int { return strings.Compare(f.Path, p) })
		if !ok || b.on.isGone(p) {
			return base.File{}, false
		}
		if list[i].Mode&fs.ModeSymlink == 0 {
			return list[i], true
		}
		if p = path.Join(path.Dir(p), list[i].Link); path.IsAbs(list[i].Link) {
			p = path.Clean(list[i].Link)
		}
	}
	return base.File{}, false
}

func (b *settingsLayer) read(f base.File) ([]byte, error) {
	in, err := b.files.Open(b.ctx, f)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(in, maxBundle))
	return data, errors.Join(err, in.Close())
}

// maxBundle bounds a bundle of certificates in bytes.
const maxBundle = 16 << 20

// timezone makes /etc/localtime a link into the tz database (localtime(5)), and
// /etc/timezone its name, as Debian has it.
func (b *settingsLayer) timezone() error {
	zone := path.Join(zoneinfo, b.Timezone)
	if f, ok := b.find(zone); (!ok || !f.Mode.IsRegular()) && !b.on.isPackaged(zone) && !b.HasTimezones {
		return fmt.Errorf("timezone: %w: %q is missing", ErrNoTimezone, zone)
	}
	b.add("/etc/localtime", nil, zone)
	b.add("/etc/timezone", []byte(b.Timezone+"\n"), "")
	b.names = append(b.names, "time zone "+b.Timezone)
	return nil
}
