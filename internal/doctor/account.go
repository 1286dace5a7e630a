package doctor

import (
	"bufio"
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// account finds out whom the image runs as, and checks what that user can't do.
func (x *examination) account() {
	if x.uid == 0 {
		if !x.want.Command {
			return // it is as its base
		}
		x.add(Finding{
			ID: IDRoot, Severity: Note, About: "user", Text: "the image runs as root",
			Fix: "name a user, for example user: app:1000:1000",
		})
		return
	}
	dirs := []string{x.want.Config.WorkingDir}
	for i, dir := range slices.Concat(dirs, x.want.Dirs) {
		n := x.img.Tree.Lookup(dir)
		if dir == "" || n == nil || !n.Mode.IsDir() || x.may(n, writeBit) && x.may(n, execBit) {
			continue
		}
		f := Finding{ID: IDNotWritable, Severity: Warning, About: dir, Paths: []string{n.Path}}
		f.Text = fmt.Sprintf("%s can't be written by the image's user (%s; it belongs to %d:%d, mode %#o)", dir, x.want.Config.User, n.UID, n.GID, n.Mode.Perm())
		if i == 0 {
			f.Severity = Note
			f.Text = "workdir " + f.Text
		}
		x.add(f)
	}
}

// findUser reads the user of the configuration: a number or a name of passwd. The
// uid is -1 where it isn't known.
func (x *examination) findUser() {
	user, group, _ := strings.Cut(x.want.Config.User, ":")
	if user == "" {
		user = "0"
	}
	x.uid = -1
	var name string
	for _, f := range x.colons("/etc/passwd") {
		if len(f) >= 4 && (f[0] == user || f[2] == user) {
			name = f[0]
			x.uid = atoi(f[2])
			x.gids = []int{atoi(f[3])}
			break
		}
	}
	if x.uid < 0 {
		x.uid = atoi(user)
	}
	for _, f := range x.colons("/etc/group") {
		switch {
		case len(f) < 3:
		case group != "" && (f[0] == group || f[2] == group):
			x.gids = []int{atoi(f[2])}
		case group == "" && len(f) > 3 && name != "" && slices.Contains(strings.Split(f[3], ","), name):
			x.gids = append(x.gids, atoi(f[2]))
		}
	}
	if n := atoi(group); n >= 0 && len(x.gids) == 0 {
		x.gids = []int{n}
	}
	if len(x.gids) == 0 && x.uid >= 0 {
		x.gids = []int{0} // as runtimes do for a user that passwd doesn't have
	}
}

func atoi(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}

// colons are the fields of the lines of a file such as passwd.
func (x *examination) colons(file string) [][]string {
	n := x.img.Tree.Lookup(file)
	if n == nil {
		return nil
	}
	var out [][]string
	for lines := bufio.NewScanner(bytes.NewReader(n.Data)); lines.Scan(); {
		out = append(out, strings.Split(lines.Text(), ":"))
	}
	return out
}
