package pipeline

import (
	"cmp"
	"fmt"
	"strconv"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/internal/contents"
	"github.com/assemble-image/assemble/internal/report"
)

// accounts makes the layer of the user and of what the config lists to be made.
func (p *Pipeline) accounts(facts *base.Facts, user base.UserSpec) (contents.Accounts, error) {
	a := contents.Accounts{
		User:    user,
		Links:   p.cfg.Links,
		Replace: p.cfg.AllowReplace,
		ModTime: p.created,
		Note:    func(text string) { p.report.Note(report.StageLayers, text) },
	}
	var err error
	if a.Dirs, err = p.places("dirs", p.cfg.Dirs, 0o755, facts, user); err == nil {
		a.Files, err = p.places("empty_files", p.cfg.EmptyFiles, 0o644, facts, user)
	}
	return a, err
}

// places gives each of the config's places an owner and a mode.
func (p *Pipeline) places(field string, list []config.Place, mode config.Mode, facts *base.Facts, user base.UserSpec) ([]contents.Place, error) {
	out := make([]contents.Place, 0, len(list))
	for i, place := range list {
		uid, gid, err := p.owner(place.User, facts, user)
		if err != nil {
			return nil, fmt.Errorf("%s[%d].user: %w", field, i, err)
		}
		out = append(out, contents.Place{Path: place.Path, Mode: cmp.Or(place.Mode, mode).FileMode(), UID: uid, GID: gid})
	}
	return out, nil
}

// owner finds the numbers of an owner: those of the image's user for none, else
// as chown(1) finds them in passwd and group. A user without a group brings its
// own, and a number that nobody has is its own group.
func (p *Pipeline) owner(o config.Owner, facts *base.Facts, image base.UserSpec) (uid, gid int, err error) {
	if o == "" {
		return image.UID, image.GID, nil
	}
	name, group := o.Split()
	known := p.knownUser(name, facts, image)
	if known == nil {
		return 0, 0, &UserError{Name: name}
	}
	uid, gid = known.UID, known.GID
	if group == "" {
		return uid, gid, nil
	}
	if n, err := strconv.Atoi(group); err == nil {
		return uid, n, nil
	}
	gid, err = groupID(facts, group)
	return uid, gid, err
}

// knownUser finds a user by name or number among those that the image will have,
// nil where a name is nobody's.
func (p *Pipeline) knownUser(name string, facts *base.Facts, image base.UserSpec) *base.UserSpec {
	n, err := strconv.Atoi(name)
	isNumber := err == nil
	if image.Name != "" && (image.Name == name || isNumber && image.UID == n) {
		return &image
	}
	for _, u := range facts.Users {
		if u.Name == name || isNumber && u.UID == n {
			return &base.UserSpec{Name: u.Name, UID: u.UID, GID: u.GID}
		}
	}
	if isNumber {
		return &base.UserSpec{UID: n, GID: n}
	}
	if name == "root" { // whose number needs no telling
		return &base.UserSpec{Name: name}
	}
	return nil
}
