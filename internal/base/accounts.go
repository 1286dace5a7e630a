package base

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/lazyregexp"
)

// UserSpec is a user that the image must have.
type UserSpec struct {
	Name     string
	UID, GID int
	// Home is absolute; empty means "/home/" and the name.
	Home string
	// Shell is absolute; empty means that nobody logs in as the user.
	Shell string
	// Groups are further ones that list the user.
	Groups []string
}

// GroupSpec is a group that the image must have.
type GroupSpec struct {
	Name string
	GID  int
}

// noLogin is the shell of a user whom nobody logs in as.
const noLogin = "/usr/sbin/nologin"

// accountName is what useradd(8) takes, and dots and capitals besides.
var accountName = lazyregexp.New(`^[A-Za-z_][A-Za-z0-9_.-]{0,31}$`)

// Accounts returns the base's passwd and group with the groups and users added
// that are missing, and for each user a group of its name where nobody has the
// number. Lines that are there stay as they are, but for the users that a group
// is to list. It reports whether anything changed.
//
// A user who is there with another number, a number that is somebody else's,
// and the like are errors that name both sides, all of a user's at once.
func Accounts(f *Facts, groups []GroupSpec, users []UserSpec) (passwd, group []byte, changed bool, err error) {
	a := accounts{
		facts: f, passwd: f.Passwd, group: f.Group,
		users: slices.Clone(f.Users), groups: slices.Clone(f.Groups),
	}
	for _, g := range groups {
		if err := a.addGroup(g); err != nil {
			return nil, nil, false, fmt.Errorf("adding group %q: %w", g.Name, err)
		}
	}
	for _, u := range users {
		if u.Home == "" {
			u.Home = "/home/" + u.Name
		}
		if u.Shell == "" {
			u.Shell = noLogin
		}
		if err := a.addUser(u); err != nil {
			return nil, nil, false, fmt.Errorf("adding user %q: %w", u.Name, err)
		}
	}
	return a.passwd, a.group, a.changed, nil
}

// accounts are passwd and group on their way.
type accounts struct {
	facts         *Facts
	passwd, group []byte
	users         []User
	groups        []Group
	changed       bool
}

// addGroup adds a group, unless it is there.
func (a *accounts) addGroup(want GroupSpec) error {
	if !accountName.MatchString(want.Name) {
		return errors.New("the name must consist of at most 32 letters, digits, dots, dashes and underscores, and begin with a letter")
	}
	if want.GID < 0 || want.GID > maxID {
		return fmt.Errorf("ID %d is not between 0 and %d", want.GID, maxID)
	}
	for _, g := range a.groups {
		switch {
		case g.Name == want.Name && g.GID == want.GID:
			return nil
		case g.Name == want.Name:
			return fmt.Errorf("the base has that group with ID %d, not %d", g.GID, want.GID)
		case g.GID == want.GID:
			return fmt.Errorf("group ID %d belongs to %q", want.GID, g.Name)
		}
	}
	return a.writeGroup(want)
}

func (a *accounts) writeGroup(g GroupSpec) error {
	if err := a.writable(groupFile); err != nil {
		return err
	}
	a.group = appendLine(a.group, fmt.Sprintf("%s:x:%d:", g.Name, g.GID))
	a.groups, a.changed = append(a.groups, Group(g)), true
	return nil
}

// addUser adds a user, its group, and its name to further groups.
func (a *accounts) addUser(user UserSpec) error {
	if err := user.check(); err != nil {
		return err
	}
	newUser, uerr := missingUser(a.users, user)
	newGroup, gerr := missingGroup(a.groups, user)
	if err := errors.Join(uerr, gerr); err != nil {
		return err
	}
	if newUser {
		if err := a.writable(passwdFile); err != nil {
			return err
		}
		a.passwd = appendLine(a.passwd, fmt.Sprintf("%s:x:%d:%d::%s:%s", user.Name, user.UID, user.GID, user.Home, user.Shell))
		a.users, a.changed = append(a.users, User{Name: user.Name, UID: user.UID, GID: user.GID, Home: user.Home, Shell: user.Shell}), true
	}
	if newGroup {
		if err := a.writeGroup(GroupSpec{Name: user.Name, GID: user.GID}); err != nil {
			return err
		}
	}
	for _, name := range user.Groups {
		if err := a.join(user.Name, name); err != nil {
			return err
		}
	}
	return nil
}

// join lists a user in a group.
func (a *accounts) join(user, group string) error {
	lines := slices.Collect(bytes.Lines(a.group))
	for i, line := range lines {
		text := strings.TrimRight(string(line), "\r\n")
		f := strings.Split(text, ":")
		if len(f) != 4 || f[0] != group {
			continue
		}
		members := strings.FieldsFunc(f[3], func(r rune) bool { return r == ',' })
		if slices.Contains(members, user) {
			return nil
		}
		if err := a.writable(groupFile); err != nil {
			return err
		}
		f[3] = strings.Join(append(members, user), ",")
		lines[i] = []byte(strings.Join(f, ":") + "\n")
		a.group, a.changed = bytes.Join(lines, nil), true
		return nil
	}
	return fmt.Errorf("there is no group %q to list it", group)
}

// writable refuses to write a file of accounts that is there and can't be read.
func (a *accounts) writable(file string) error {
	if slices.Contains(a.facts.Unreadable, file) {
		return fmt.Errorf("%q in the base can't be read: it is a directory or a link that leads nowhere", file)
	}
	return nil
}

func (u UserSpec) check() error {
	var errs []error
	if !accountName.MatchString(u.Name) {
		errs = append(errs, errors.New("the name must consist of at most 32 letters, digits, dots, dashes and underscores, and begin with a letter"))
	}
	for _, id := range []int{u.UID, u.GID} {
		if id < 0 || id > maxID {
			errs = append(errs, fmt.Errorf("ID %d is not between 0 and %d", id, maxID))
		}
	}
	for what, p := range map[string]string{"home": u.Home, "shell": u.Shell} {
		if !path.IsAbs(p) || strings.ContainsFunc(p, func(r rune) bool { return r == ':' || r < ' ' || r == 0x7f }) {
			errs = append(errs, fmt.Errorf("%s %q is not an absolute path without colons", what, p))
		}
	}
	return errors.Join(errs...)
}

// missingUser reports whether the user must be added.
func missingUser(users []User, want UserSpec) (bool, error) {
	var errs []error
	missing := true
	for _, u := range users {
		switch {
		case u.Name == want.Name && (u.UID != want.UID || u.GID != want.GID):
			errs = append(errs, fmt.Errorf("the base has that user with IDs %d:%d, not %d:%d", u.UID, u.GID, want.UID, want.GID))
		case u.Name == want.Name:
			missing = false
		case u.UID == want.UID:
			errs = append(errs, fmt.Errorf("user ID %d belongs to %q in the base", u.UID, u.Name))
		}
	}
	return missing, errors.Join(errs...)
}

// missingGroup reports whether a group must be added. A number that has a
// group of any name is fine, as it is for useradd(8).
func missingGroup(groups []Group, want UserSpec) (bool, error) {
	for _, g := range groups {
		if g.GID == want.GID {
			return false, nil
		}
	}
	for _, g := range groups {
		if g.Name == want.Name {
			return false, fmt.Errorf("the base has group %q with ID %d, not %d", g.Name, g.GID, want.GID)
		}
	}
	return true, nil
}

// appendLine returns a copy of b with the line at its end.
func appendLine(b []byte, line string) []byte {
	out := append(make([]byte, 0, len(b)+len(line)+2), b...)
	if len(out) > 0 && out[len(out)-1] != '\n' {
		out = append(out, '\n')
	}
	return append(append(out, line...), '\n')
}
