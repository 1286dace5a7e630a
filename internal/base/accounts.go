package base

import (
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
}

// noLogin is the shell of a user whom nobody logs in as.
const noLogin = "/usr/sbin/nologin"

// accountName is what useradd(8) takes, and dots and capitals besides.
var accountName = lazyregexp.New(`^[A-Za-z_][A-Za-z0-9_.-]{0,31}$`)

// Accounts returns the base's passwd and group with the user added where it
// is missing, and a group of the user's name where nobody has the number.
// Lines that are there stay as they are. It reports whether anything changed.
//
// A user who is there with another number, a number that is somebody else's,
// and the like are errors that name both sides, all at once.
func Accounts(f *Facts, user UserSpec) (passwd, group []byte, changed bool, err error) {
	if user.Home == "" {
		user.Home = "/home/" + user.Name
	}
	if err := user.check(); err != nil {
		return nil, nil, false, fmt.Errorf("adding user %q: %w", user.Name, err)
	}
	newUser, uerr := missingUser(f.Users, user)
	newGroup, gerr := missingGroup(f.Groups, user)
	if err := errors.Join(uerr, gerr); err != nil {
		return nil, nil, false, fmt.Errorf("adding user %q: %w", user.Name, err)
	}
	for _, file := range []struct {
		path  string
		alter bool
	}{{passwdFile, newUser}, {groupFile, newGroup}} {
		if file.alter && slices.Contains(f.Unreadable, file.path) {
			return nil, nil, false, fmt.Errorf("adding user %q: %q in the base can't be read: it is a directory or a link that leads nowhere", user.Name, file.path)
		}
	}
	passwd, group = f.Passwd, f.Group
	if newUser {
		passwd = appendLine(passwd, fmt.Sprintf("%s:x:%d:%d::%s:%s", user.Name, user.UID, user.GID, user.Home, noLogin))
	}
	if newGroup {
		group = appendLine(group, fmt.Sprintf("%s:x:%d:", user.Name, user.GID))
	}
	return passwd, group, newUser || newGroup, nil
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
	if !path.IsAbs(u.Home) || strings.ContainsFunc(u.Home, func(r rune) bool { return r == ':' || r < ' ' || r == 0x7f }) {
		errs = append(errs, fmt.Errorf("home %q is not an absolute path without colons", u.Home))
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
