package config

import (
	"fmt"
	"strings"
)

// Accounts are users and groups that the image has, beside the user that it runs
// as.
type Accounts struct {
	Groups []Group `yaml:"groups"`
	Users  []User  `yaml:"users"`
}

// Group is a group that the image has.
type Group struct {
	Name string `yaml:"name"`
	// GID is 0 where the base has the group and tells the number.
	GID int `yaml:"gid"`
}

// HasUID and HasGID report whether the user at a place of accounts.users has the
// number, or has it from the base.
func (c *Config) HasUID(i int) bool { return c.given(fmt.Sprintf("accounts.users[%d].uid", i)) }

// HasGID is HasUID for the user's group.
func (c *Config) HasGID(i int) bool { return c.given(fmt.Sprintf("accounts.users[%d].gid", i)) }

// GroupHasGID reports whether the group at a place of accounts.groups has a number.
func (c *Config) GroupHasGID(i int) bool { return c.given(fmt.Sprintf("accounts.groups[%d].gid", i)) }

// fillAccounts gives users of accounts what follows from their other fields.
func (c *Config) fillAccounts() {
	for i := range c.Accounts.Users {
		u, field := &c.Accounts.Users[i], fmt.Sprintf("accounts.users[%d].", i)
		if c.given(field+"uid") && !c.given(field+"gid") && u.Group == "" {
			u.GID = u.UID
		}
		if u.Name != "" && !c.given(field+"home") {
			setDefault(&u.Home, homeOf(u.Name))
		}
	}
	if c.ArbitraryUID && !c.given("user.gid") && c.User.Group == "" {
		c.User.GID = 0
	}
}

func homeOf(name string) string {
	if name == "root" {
		return "/root"
	}
	return "/home/" + name
}

// accounts checks users and groups.
func (k *checker) accounts() {
	c := k.c
	names := map[string]string{}
	for i, g := range c.Accounts.Groups {
		field := fmt.Sprintf("accounts.groups[%d]", i)
		k.id(field+".gid", g.GID)
		k.accountName(field+".name", g.Name, "group", names)
	}
	names = map[string]string{}
	if c.User.Name != "" {
		names[c.User.Name] = "user"
	}
	for i, u := range c.Accounts.Users {
		field := fmt.Sprintf("accounts.users[%d]", i)
		if c.User.Name == u.Name && c.UserFromBase() { // it is this one that user means
			delete(names, u.Name)
		}
		k.accountName(field+".name", u.Name, "user", names)
		k.id(field+".uid", u.UID)
		k.id(field+".gid", u.GID)
		if u.UID == 0 && u.Name != "root" && c.HasUID(i) {
			k.add(field+".uid", "0 is root, not %s", u.Name)
		}
		if u.Group != "" && c.HasGID(i) {
			k.add(field+".group", "is given beside gid; one of them tells the group")
		}
		k.accountRest(field, u)
	}
	k.accountRest("user", c.User)
	if c.ArbitraryUID {
		k.arbitrary()
	}
}

// accountRest checks what all users have: groups, home and shell.
func (k *checker) accountRest(field string, u User) {
	for i, g := range u.Groups {
		if !userForm.MatchString(g) {
			k.add(fmt.Sprintf("%s.groups[%d]", field, i), "%q is not a group name (lower-case letters, digits, - and _; 32 at most)", g)
		}
	}
	if field != "user" && u.Group != "" && !userForm.MatchString(u.Group) {
		k.add(field+".group", "%q is not a group name (lower-case letters, digits, - and _; 32 at most)", u.Group)
	}
	if u.Name == "" && len(u.Groups) > 0 {
		k.add(field+".groups", "are given without a name, which the groups would list")
	}
	for name, path := range map[string]string{"home": u.Home, "shell": u.Shell} {
		at := field + "." + name
		if at == "user.home" || path == "" || name == "home" && clean(path) == "/" {
			continue
		}
		if k.absolute(at, path) && strings.Contains(path, ":") {
			k.add(at, "%q contains a colon, which /etc/passwd doesn't allow", path)
		}
	}
}

func (k *checker) id(field string, n int) {
	if n < 0 || n > maxID {
		k.add(field, "%d is not an ID (0 to %d)", n, maxID)
	}
}

func (k *checker) accountName(field, name, kind string, taken map[string]string) {
	switch {
	case name == "":
		k.add(field, "is missing")
	case !userForm.MatchString(name):
		k.add(field, "%q is not a %s name (lower-case letters, digits, - and _; 32 at most)", name, kind)
	case taken[name] != "":
		k.add(field, "%q is the same as %s", name, taken[name])
	default:
		taken[name] = strings.TrimSuffix(field, ".name")
	}
}

// arbitrary checks what goes with any user ID.
func (k *checker) arbitrary() {
	u := k.c.User
	switch {
	case k.c.given("user.uid") && u.UID == 0 || u.Name == "root":
		k.add("arbitrary_uid", "goes with any user but root")
	case u.Group != "" || k.c.given("user.gid") && u.GID != 0:
		k.add("arbitrary_uid", "puts the user into group 0, and user names another one")
	case len(u.Groups) > 0:
		k.add("arbitrary_uid", "is for users that no group lists, and user.groups names some")
	}
}

var accountFields = []Field{
	{
		Path: "accounts.groups", Form: FormList, Default: "none", Example: "[{name: media, gid: 2000}]",
		Doc: "Groups that the image has. One that the base has by that name is used.",
	},
	{
		Path: "accounts.groups[].name", Form: FormText, Example: "media",
		Doc: "The group's name.",
	},
	{
		Path: "accounts.groups[].gid", Form: FormInt, Default: "what the base has for the name", Example: "2000",
		Doc: "The group's ID.",
	},
	{
		Path: "accounts.users", Form: FormList, Default: "none", Example: "[{name: worker, uid: 1001, groups: [media], shell: /bin/sh}]",
		Doc: "Users that the image has, beside the one that it runs as. Each has the fields of `user`; `user` may name one of them. One that the base has by that name is used.",
	},
	{
		Path: "accounts.users[].name", Form: FormText, Example: "worker",
		Doc: "The user name.",
	},
	{
		Path: "accounts.users[].uid", Form: FormInt, Default: "what the base has for the name", Example: "1001",
		Doc: "The user ID.",
	},
	{
		Path: "accounts.users[].gid", Form: FormInt, Default: "the same as uid", Example: "1001",
		Doc: "The ID of the user's group.",
	},
	{
		Path: "accounts.users[].group", Form: FormText, Default: "none", Example: "media",
		Doc: "The name of the user's group, in place of gid: one of the base or of `accounts.groups`.",
	},
	{
		Path: "accounts.users[].groups", Form: FormList, Default: "none", Example: "[video]",
		Doc: "Further groups that list the user.",
	},
	{
		Path: "accounts.users[].home", Form: FormText, Default: "/home/NAME", Example: "/srv/worker",
		Doc: "The home directory. It is made, owned by the user, if the base lacks it; `/nonexistent` isn't.",
	},
	{
		Path: "accounts.users[].shell", Form: FormText, Default: "/usr/sbin/nologin", Example: "/bin/sh",
		Doc: "The login shell in passwd.",
	},
	{
		Path: "arbitrary_uid", Form: FormBool, Flag: "arbitrary-uid", Default: "false", Example: "true",
		Doc: "Whether the image also works as a user ID that the cluster chooses, as OpenShift does: the user's group is 0, and that group may do with the app, `dirs`, `empty_files`, home and workdir what their owner may, unless their mode is given.",
	},
}
