package pipeline

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/target"
)

// UserError says that the base doesn't have the user that the config names
// without a number.
type UserError struct{ Name string }

func (e *UserError) Error() string {
	return fmt.Sprintf("%q isn't in the base's /etc/passwd, and has no user ID", e.Name)
}

// GroupError says that the base doesn't have the group that the config names.
type GroupError struct{ Name string }

func (e *GroupError) Error() string {
	return fmt.Sprintf("the base's /etc/group has no group %q", e.Name)
}

// user is whom the image runs as; false where the config leaves that to the
// base. Of a user that the base has, the numbers are taken and nothing is added.
func (p *Pipeline) user(facts *base.Facts) (base.UserSpec, bool, error) {
	if !p.cfg.HasUser() {
		if p.cfg.ArbitraryUID {
			return base.UserSpec{}, false, errors.New("arbitrary_uid: it needs a user that the image runs as where nobody chooses another one, such as user: 1001")
		}
		return base.UserSpec{}, false, nil
	}
	spec, err := p.namedUser(facts)
	if group := p.cfg.User.Group; group != "" && err == nil {
		spec.GID, err = p.groupID(facts, group)
	}
	if p.cfg.ArbitraryUID && err == nil {
		spec.GID = 0
		if spec.UID == 0 {
			err = fmt.Errorf("%q is root, which doesn't go with arbitrary_uid", p.cfg.User.Name)
		}
	}
	if p.usersUnknown && isUnknown(err) {
		return base.UserSpec{}, false, nil
	}
	if err != nil {
		return spec, false, fmt.Errorf("user: %w", err)
	}
	return spec, true, nil
}

// isUnknown reports whether an error is about a user or group that isn't there.
func isUnknown(err error) bool {
	var user *UserError
	var group *GroupError
	return errors.As(err, &user) || errors.As(err, &group)
}

// groupID is the number of a group of the config's accounts or of the base.
func (p *Pipeline) groupID(facts *base.Facts, name string) (int, error) {
	groups, err := p.groups(facts)
	if err != nil {
		return 0, err
	}
	for _, g := range groups {
		if g.Name == name {
			return g.GID, nil
		}
	}
	for _, known := range facts.Groups {
		if known.Name == name {
			return known.GID, nil
		}
	}
	if name == "root" { // whose number needs no telling
		return 0, nil
	}
	return 0, &GroupError{Name: name}
}

// namedUser is the user without a group that the config names.
func (p *Pipeline) namedUser(facts *base.Facts) (base.UserSpec, error) {
	u := p.cfg.User
	if !p.cfg.UserFromBase() {
		return base.UserSpec{Name: u.Name, UID: u.UID, GID: u.GID, Home: u.Home, Shell: u.Shell, Groups: u.Groups}, nil
	}
	users, err := p.users(facts)
	if err != nil {
		return base.UserSpec{}, err
	}
	for _, known := range users {
		if known.Name == u.Name {
			return known, nil
		}
	}
	for _, known := range facts.Users {
		if known.Name == u.Name {
			return base.UserSpec{UID: known.UID, GID: known.GID}, nil
		}
	}
	if u.Name == "root" { // whose number needs no telling
		return base.UserSpec{Name: u.Name, Home: u.Home}, nil
	}
	return base.UserSpec{}, &UserError{Name: u.Name}
}

// baseUser are the numbers of the user that the base runs as, as runtimes find
// them: those of root where passwd and group don't have the names.
func baseUser(t *target.Target) (base.UserSpec, error) {
	cf, err := t.Image.Image.ConfigFile()
	if err != nil {
		return base.UserSpec{}, fmt.Errorf("reading the configuration of %q: %w", t.Image.Ref, err)
	}
	user, group, hasGroup := strings.Cut(cf.Config.User, ":")
	var out base.UserSpec
	if n, err := strconv.ParseUint(user, 10, 31); err == nil {
		out.UID = int(n)
	}
	for _, u := range t.Facts.Users {
		if u.Name == user || user != "" && strconv.Itoa(u.UID) == user {
			out.UID, out.GID = u.UID, u.GID
			break
		}
	}
	if !hasGroup {
		return out, nil
	}
	if n, err := strconv.ParseUint(group, 10, 31); err == nil {
		out.GID = int(n)
	}
	for _, g := range t.Facts.Groups {
		if g.Name == group {
			out.GID = g.GID
		}
	}
	return out, nil
}
