package stage

import (
	"slices"
	"strings"
)

// options are a command's options and its other arguments.
type options struct {
	values map[string]string
	rest   []string
}

// parse reads options; of those in takes, a value follows. Short ones may be
// joined, as in -ms /bin/bash.
func parse(args []string, takes string) options {
	o := options{values: map[string]string{}}
	withValue := strings.Fields(takes)
	for i := 0; i < len(args); i++ {
		arg := args[i]
		name, value, hasValue := strings.Cut(arg, "=")
		switch {
		case arg == "--":
			o.rest = append(o.rest, args[i+1:]...)
			return o
		case strings.HasPrefix(arg, "--") || strings.HasPrefix(arg, "-") && slices.Contains(withValue, arg):
			if !hasValue && slices.Contains(withValue, name) && i+1 < len(args) {
				i++
				value = args[i]
			}
			o.values[name] = value
		case strings.HasPrefix(arg, "-") && len(arg) > 1:
			for j, r := range arg[1:] {
				name := "-" + string(r)
				o.values[name] = ""
				if !slices.Contains(withValue, name) {
					continue
				}
				if rest := arg[1+j+len(string(r)):]; rest != "" {
					o.values[name] = rest
				} else if i+1 < len(args) {
					i++
					o.values[name] = args[i]
				}
				break
			}
		default:
			o.rest = append(o.rest, arg)
		}
	}
	return o
}

// first returns the value of the first of some options that was given.
func (o options) first(names ...string) string {
	for _, n := range names {
		if v, ok := o.values[n]; ok && v != "" {
			return v
		}
	}
	return ""
}

func (o options) has(names ...string) bool {
	return slices.ContainsFunc(names, func(n string) bool { _, ok := o.values[n]; return ok })
}

const useraddValues = "-u --uid -g --gid -d --home --home-dir -s --shell -c --comment -G --groups -p --password -k --skel -b --base-dir -e --expiredate -f --inactive -K --key -R --root"

// useradd is useradd(8) of the shadow suite.
func useradd(c *command) {
	o := parse(c.args, useraddValues)
	c.account(o, Account{
		UID: o.first("-u", "--uid"), Group: o.first("-g", "--gid"), Home: o.first("-d", "--home", "--home-dir"),
		System: o.has("-r", "--system"), Shell: o.first("-s", "--shell"), Groups: list(o.first("-G", "--groups")),
	})
}

// list are the names in a list with commas.
func list(text string) []string {
	return slices.DeleteFunc(strings.Split(text, ","), func(s string) bool { return s == "" })
}

// adduser is adduser(8) of Debian, or of BusyBox where it has its options.
func adduser(c *command) {
	o := parse(c.args, "-u --uid -G --ingroup --gid --home -h --shell -s --gecos -g --comment -k --conf --firstuid --lastuid")
	if len(o.rest) == 2 { // adduser USER GROUP
		c.joinGroups(o.rest[0], o.rest[1:])
		return
	}
	group := o.first("--ingroup", "-G", "--gid")
	if o.has("--group") && group == "" && len(o.rest) == 1 {
		group = o.rest[0]
	}
	if group == "" && o.has("-S", "--system") {
		group = "nogroup"
	}
	c.account(o, Account{UID: o.first("-u", "--uid"), Group: group, Home: o.first("--home", "-h"), System: o.has("-S", "--system"), Low: true, Shell: o.first("--shell", "-s")})
}

// account records a user. What only running the command tells keeps it from
// being one.
func (c *command) account(o options, a Account) {
	if c.unknown || len(o.rest) != 1 {
		leave(c.step, "only running it tells the user; write it as user: {name: …, uid: …}")
		return
	}
	a.Name, a.Step = o.rest[0], c.step
	if a.Home == "" {
		a.Home = "/home/" + a.Name
	}
	c.s.Accounts = append(c.s.Accounts, a)
	carry(c.step, "user")
}

// usermod is usermod(8), as far as it gives a user groups, a home or a shell.
func usermod(c *command) {
	o := parse(c.args, useraddValues)
	if c.unknown || len(o.rest) != 1 || c.name == "groupmod" || o.has("-u", "--uid", "-g", "--gid", "-l", "--login") {
		leave(c.step, "write the user as it is to be: user: {name: …, uid: …, groups: […]}")
		return
	}
	a := c.s.find(o.rest[0])
	if a == nil {
		leave(c.step, "nothing here makes the user "+o.rest[0]+"; write it as user: {name: …, uid: …}")
		return
	}
	if home := o.first("-d", "--home"); home != "" {
		a.Home = home
	}
	if sh := o.first("-s", "--shell"); sh != "" {
		a.Shell = sh
	}
	c.joinGroups(a.Name, list(o.first("-G", "--groups")))
}

// joinGroups gives a user further groups.
func (c *command) joinGroups(name string, groups []string) {
	a := c.s.find(name)
	if a == nil || c.unknown {
		leave(c.step, "write the user as it is to be: user: {name: …, uid: …, groups: […]}")
		return
	}
	a.Groups = append(slices.Clone(a.Groups), groups...)
	carry(c.step, "user")
}

// find returns the account of a name, nil for none.
func (s *State) find(name string) *Account {
	for i := range s.Accounts {
		if s.Accounts[i].Name == name {
			return &s.Accounts[i]
		}
	}
	return nil
}

func removeAccount(c *command) {
	name := ""
	if o := parse(c.args, ""); len(o.rest) > 0 {
		name = o.rest[0]
	}
	c.s.Accounts = slices.DeleteFunc(c.s.Accounts, func(a Account) bool { return a.Name == name })
	skip(c.step, "accounts that the base has stay; they do no harm")
}

// groupadd is groupadd(8).
func groupadd(c *command) {
	o := parse(c.args, "-g --gid -K --key -p --password -R --root -U --users")
	c.group(o, Group{GID: o.first("-g", "--gid"), System: o.has("-r", "--system")})
}

// addgroup is addgroup(8) of Debian or of BusyBox.
func addgroup(c *command) {
	o := parse(c.args, "-g --gid --conf --firstgid --lastgid")
	if len(o.rest) == 2 { // addgroup USER GROUP
		c.joinGroups(o.rest[0], o.rest[1:])
		return
	}
	c.group(o, Group{GID: o.first("-g", "--gid"), System: o.has("-S", "--system"), Low: true})
}

func (c *command) group(o options, g Group) {
	if c.unknown || len(o.rest) != 1 {
		leave(c.step, "only running it tells the group; write it as user: {name: …, uid: …, gid: …}")
		return
	}
	g.Name, g.Step = o.rest[0], c.step
	c.s.Groups = append(c.s.Groups, g)
	carry(c.step, "user")
}
