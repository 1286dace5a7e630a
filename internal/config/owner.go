package config

import (
	"fmt"
	"strconv"
	"strings"
)

// Owner is a user, and perhaps a group, each by name or number: NAME[:GROUP] or
// UID[:GID].
type Owner string

// ownerForms are how an owner is written.
const ownerForms = "NAME[:GROUP] or UID[:GID]"

// Split returns the user and the group, "" for none.
func (o Owner) Split() (user, group string) {
	user, group, _ = strings.Cut(string(o), ":")
	return user, group
}

func (o Owner) check() error {
	user, group, hasGroup := strings.Cut(string(o), ":")
	for i, s := range []string{user, group} {
		if i == 1 && !hasGroup {
			break
		}
		if isNumber(s) {
			if n, err := strconv.ParseUint(s, 10, 31); err != nil || n > maxID {
				return fmt.Errorf("%q is not %s: %q is not a number that fits", string(o), ownerForms, s)
			}
		} else if !userForm.MatchString(s) {
			return fmt.Errorf("%q is not %s", string(o), ownerForms)
		}
	}
	return nil
}

func (k *checker) owner(field string, o Owner) {
	if o == "" {
		return
	}
	if err := o.check(); err != nil {
		k.add(field, "%s", err)
	}
}
