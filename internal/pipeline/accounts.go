package pipeline

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/internal/contents"
	"github.com/assemble-image/assemble/internal/report"
)

// accounts makes the layer of the users and of what the config lists to be made.
func (p *Pipeline) accounts(facts *base.Facts, user base.UserSpec) (contents.Accounts, error) {
	a := contents.Accounts{
		User:           user,
		GroupLikeOwner: p.cfg.ArbitraryUID,
		Links:          p.cfg.Links,
		Replace:        p.cfg.AllowReplace,
		ModTime:        p.created,
		Note:           func(text string) { p.report.Note(report.StageLayers, text) },
	}
	var err error
	if a.Groups, err = p.groups(facts); err != nil {
		return a, err
	}
	users, err := p.users(facts)
	if err != nil {
		return a, err
	}
	for _, u := range users {
		if u.Name != user.Name {
			a.Users = append(a.Users, u)
		}
	}
	if a.Dirs, err = p.places("dirs", p.cfg.Dirs, p.groupLikeOwner(0o755), facts, user); err == nil {
		a.Files, err = p.places("empty_files", p.cfg.EmptyFiles, p.groupLikeOwner(0o644), facts, user)
	}
	return a, err
}

// groupLikeOwner is a mode by which a group may do what the owner may, where the
// image is for any user ID.
func (p *Pipeline) groupLikeOwner(mode config.Mode) config.Mode {
	if p.cfg.ArbitraryUID {
		mode |= mode >> 3 & 0o070
	}
	return mode
}

// groups are those of the config's accounts, with the numbers of those that the
// base has.
func (p *Pipeline) groups(facts *base.Facts) ([]base.GroupSpec, error) {
	var list []base.GroupSpec
	for i, g := range p.cfg.Accounts.Groups {
		spec := base.GroupSpec{Name: g.Name, GID: g.GID}
		if !p.cfg.GroupHasGID(i) {
			at := slices.IndexFunc(facts.Groups, func(known base.Group) bool { return known.Name == g.Name })
			if at < 0 {
				return nil, fmt.Errorf("accounts.groups[%d]: %q isn't in the base's /etc/group, and has no ID", i, g.Name)
			}
			spec.GID = facts.Groups[at].GID
		}
		list = append(list, spec)
	}
	return list, nil
}

// users are those of the config's accounts, with the numbers of those that the
// base has.
func (p *Pipeline) users(facts *base.Facts) ([]base.UserSpec, error) {
	var list []base.UserSpec
	for i, u := range p.cfg.Accounts.Users {
		spec := base.UserSpec{Name: u.Name, UID: u.UID, GID: u.GID, Home: u.Home, Shell: u.Shell, Groups: u.Groups}
		if !p.cfg.HasUID(i) {
			at := slices.IndexFunc(facts.Users, func(known base.User) bool { return known.Name == u.Name })
			if at < 0 {
				return nil, fmt.Errorf("accounts.users[%d]: %w", i, &UserError{Name: u.Name})
			}
			spec.UID = facts.Users[at].UID
			if !p.cfg.HasGID(i) {
				spec.GID = facts.Users[at].GID
			}
			spec.Home = facts.Users[at].Home
		}
		if u.Group != "" {
			gid, err := p.groupID(facts, u.Group)
			if err != nil {
				return nil, fmt.Errorf("accounts.users[%d]: %w", i, err)
			}
			spec.GID = gid
		}
		list = append(list, spec)
	}
	return list, nil
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
	gid, err = p.groupID(facts, group)
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
	if users, err := p.users(facts); err == nil { // which was told before
		for _, u := range users {
			if u.Name == name || isNumber && u.UID == n {
				return &u
			}
		}
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
