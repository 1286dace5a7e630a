package pipeline

import (
	"fmt"

	"github.com/assemble-image/assemble/internal/base"
)

// UserError says that the base doesn't have the user that the config names
// without a number.
type UserError struct{ Name string }

func (e *UserError) Error() string {
	return fmt.Sprintf("user: %q isn't in the base's /etc/passwd, and has no user ID", e.Name)
}

// user is whom the image runs as; false where the config leaves that to the
// base. Of a user that the base has, the numbers are taken and nothing is added.
func (p *Pipeline) user(facts *base.Facts) (base.UserSpec, bool, error) {
	u := p.cfg.User
	if !p.cfg.HasUser() {
		return base.UserSpec{}, false, nil
	}
	if !p.cfg.UserFromBase() {
		return base.UserSpec{Name: u.Name, UID: u.UID, GID: u.GID, Home: u.Home}, true, nil
	}
	for _, known := range facts.Users {
		if known.Name == u.Name {
			return base.UserSpec{UID: known.UID, GID: known.GID}, true, nil
		}
	}
	if u.Name == "root" { // whose number needs no telling
		return base.UserSpec{Name: u.Name, Home: u.Home}, true, nil
	}
	return base.UserSpec{}, false, &UserError{Name: u.Name}
}
