package adopt

import (
	"slices"
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
	"sudo": true, "dialout": true, "plugdev": true, "cdrom": true, "shadow": true, "lp": true, "src": true, "utmp": true,
}

// ids are the numbers that useradd and groupadd would give: from 1000 up, and for
// system accounts from 999 down (login.defs), or from 101 up (adduser.conf).
type ids struct {
	users, groups map[string]string
}

func number(s *stage.State) ids {
	n := ids{users: map[string]string{}, groups: map[string]string{}}
	next := func(taken map[string]string, system, low bool) string {
		id, step := 1000, 1
		switch {
		case system && low:
			id = 101 // 100 is the group users
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

// user is whom the image runs as; other accounts are beside it.
func (b *builder) user(s *stage.State) {
	name, group, _ := strings.Cut(s.User.Value, ":")
	account := findAccount(s, name)
	n := number(s)
	b.accounts(s, n, account)
	if s.User.Step == nil || name == "" {
		return
	}
	item := draft.Item{From: s.User.Step.Place}
	switch {
	case account != nil:
		item.Map = n.account(*account, group)
		if !digits.MatchString(account.UID) {
			item.Note = "the Dockerfile gives no number; this is one that useradd gives"
		}
	case digits.MatchString(name):
		item.Map = []draft.Pair{{Key: "uid", Value: name}}
		if group != "" {
			item.Map = append(item.Map, n.group(group, "", name))
		}
	default:
		item.Text = s.User.Value
		item.Note = "the base must have it"
	}
	b.draft.Set("user", item)
}

// account is a user as the config has one. A group that is given is its group.
func (n ids) account(a stage.Account, group string) []draft.Pair {
	if group == "" {
		group = a.Group
	}
	uid := n.users[a.Name]
	pairs := []draft.Pair{{Key: "name", Value: a.Name}, {Key: "uid", Value: uid}, n.group(group, a.Name, uid)}
	if a.Home != "" && a.Home != "/home/"+a.Name {
		pairs = append(pairs, draft.Pair{Key: "home", Value: a.Home})
	}
	if a.Shell != "" {
		pairs = append(pairs, draft.Pair{Key: "shell", Value: a.Shell})
	}
	var groups []string
	for _, g := range a.Groups {
		if (baseGroups[g] || n.groups[g] != "") && g != group && !slices.Contains(groups, g) {
			groups = append(groups, g)
		}
	}
	if len(groups) > 0 {
		pairs = append(pairs, draft.Pair{Key: "groups", List: groups})
	}
	return pairs
}

// group is a user's group: by the name that the base or accounts has, or by
// number.
func (n ids) group(group, user, uid string) draft.Pair {
	switch {
	case group == "":
		return draft.Pair{Key: "gid", Value: uid}
	case group == "root":
		return draft.Pair{Key: "gid", Value: "0"}
	case digits.MatchString(group):
		return draft.Pair{Key: "gid", Value: group}
	case n.groups[group] != "" && group == user:
		return draft.Pair{Key: "gid", Value: n.groups[group]}
	case n.groups[group] != "" || baseGroups[group]:
		return draft.Pair{Key: "group", Value: group}
	}
	return draft.Pair{Key: "gid", Value: uid} // the group of the user's own
}

// accounts are the users that the image doesn't run as, and groups that aren't a
// user's own.
func (b *builder) accounts(s *stage.State, n ids, used *stage.Account) {
	users := draft.Item{Key: "users"}
	for i := range s.Accounts {
		a := &s.Accounts[i]
		if a == used || a.Step.Status == draft.Left {
			continue
		}
		users.Maps = append(users.Maps, n.account(*a, ""))
		users.From = a.Step.Place
		a.Step.Field = "accounts"
	}
	groups := draft.Item{Key: "groups"}
	for _, g := range s.Groups {
		if g.Step.Status == draft.Left || slices.ContainsFunc(s.Accounts, func(a stage.Account) bool { return a.Name == g.Name }) {
			continue
		}
		groups.Maps = append(groups.Maps, []draft.Pair{{Key: "name", Value: g.Name}, {Key: "gid", Value: n.groups[g.Name]}})
		groups.From = g.Step.Place
		g.Step.Field = "accounts"
	}
	for _, item := range []draft.Item{groups, users} {
		if item.Maps != nil {
			b.draft.Add("accounts", item)
		}
	}
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
