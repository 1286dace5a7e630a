package adopt

import (
	"strconv"
	"strings"

	"github.com/assemble-image/assemble/internal/adopt/draft"
	"github.com/assemble-image/assemble/internal/adopt/stage"
	"github.com/assemble-image/assemble/internal/lazyregexp"
)

var digits = lazyregexp.New(`^(0|[1-9][0-9]{0,9})$`)

// baseGroups are groups that Debian's base-passwd has.
var baseGroups = map[string]bool{
	"daemon": true, "bin": true, "sys": true, "adm": true, "tty": true, "disk": true, "mail": true, "audio": true, "video": true, "www-data": true, "staff": true, "games": true, "users": true, "nogroup": true,
}

// ids are the numbers that useradd and groupadd would give: from 1000 up, and for
// system accounts from 999 down (login.defs), or from 100 up (adduser.conf).
type ids struct {
	users, groups map[string]string
}

func number(s *stage.State) ids {
	n := ids{users: map[string]string{}, groups: map[string]string{}}
	next := func(taken map[string]string, system, low bool) string {
		id, step := 1000, 1
		switch {
		case system && low:
			id = 100
		case system:
			id, step = 999, -1
		}
		for ; id > 0; id += step {
			free := true
			for _, other := range taken {
				free = free && other != strconv.Itoa(id)
			}
			if free {
				break
			}
		}
		return strconv.Itoa(id)
	}
	for _, g := range s.Groups {
		n.groups[g.Name] = g.GID
		if !digits.MatchString(g.GID) {
			n.groups[g.Name] = next(n.groups, g.System, g.Low)
		}
	}
	for _, a := range s.Accounts {
		n.users[a.Name] = a.UID
		if !digits.MatchString(a.UID) {
			n.users[a.Name] = next(n.users, a.System, a.Low)
		}
	}
	return n
}

// user is whom the image runs as.
func (b *builder) user(s *stage.State) {
	name, group, _ := strings.Cut(s.User.Value, ":")
	account := findAccount(s, name)
	b.otherAccounts(s, account, group)
	if s.User.Step == nil || name == "" {
		return
	}
	item := draft.Item{From: s.User.Step.Place}
	n := number(s)
	switch {
	case account != nil:
		uid := n.users[account.Name]
		item.Map = []draft.Pair{{Key: "name", Value: account.Name}, {Key: "uid", Value: uid}}
		if group == "" {
			group = account.Group
		}
		item.Map = append(item.Map, groupOf(n, group, uid))
		if account.Home != "" && account.Home != "/home/"+account.Name {
			item.Map = append(item.Map, draft.Pair{Key: "home", Value: account.Home})
		}
		if !digits.MatchString(account.UID) {
			item.Note = "the number is what useradd would have given"
		}
	case digits.MatchString(name):
		item.Map = []draft.Pair{{Key: "uid", Value: name}}
		if group != "" {
			item.Map = append(item.Map, groupOf(n, group, name))
		}
	default:
		item.Text = s.User.Value
		item.Note = "the base must have it"
	}
	b.draft.Set("user", item)
}

// groupOf is a user's group: by number, or by the name that the base has for it.
func groupOf(n ids, group, uid string) draft.Pair {
	switch {
	case group == "":
		return draft.Pair{Key: "gid", Value: uid}
	case group == "root":
		return draft.Pair{Key: "gid", Value: "0"}
	case digits.MatchString(group):
		return draft.Pair{Key: "gid", Value: group}
	case n.groups[group] != "":
		return draft.Pair{Key: "gid", Value: n.groups[group]}
	case baseGroups[group]:
		return draft.Pair{Key: "group", Value: group}
	}
	return draft.Pair{Key: "gid", Value: uid} // the group of the user's own
}

// findAccount returns the account of a name or a number.
func findAccount(s *stage.State, name string) *stage.Account {
	for i := range s.Accounts {
		if a := &s.Accounts[i]; a.Name == name || a.UID == name && name != "" {
			return a
		}
	}
	return nil
}

// otherAccounts judges accounts and groups that the image doesn't run as.
func (b *builder) otherAccounts(s *stage.State, used *stage.Account, group string) {
	for i := range s.Accounts {
		a := &s.Accounts[i]
		if a == used || a.Step.Status == draft.Left {
			continue
		}
		a.Step.Status, a.Step.Note = draft.Left, "the image doesn't run as "+a.Name+", and the config has one user; name it under user: if something drops to it at the start"
	}
	for _, g := range s.Groups {
		if g.Name == group || used != nil && used.Group == g.Name || g.Step.Status == draft.Left {
			continue
		}
		g.Step.Status, g.Step.Note = draft.Unneeded, "no user of the image is in it"
	}
}
