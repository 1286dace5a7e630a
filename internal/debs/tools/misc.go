package tools

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/shell"
)

// env runs a command with other variables, or prints them.
func env(c *shell.Call) int {
	args := c.Args
	for len(args) > 0 {
		name, value, set := strings.Cut(args[0], "=")
		switch {
		case args[0] == "-i" || args[0] == "-":
		case (args[0] == "-u" || args[0] == "--unset") && len(args) > 1:
			c.Setenv(args[1], "")
			args = args[1:]
		case set && !strings.HasPrefix(name, "-"):
			c.Setenv(name, value)
		default:
			return c.Run(args...)
		}
		args = args[1:]
	}
	return 0
}

func printenv(c *shell.Call) int {
	status := 0
	for _, name := range c.Args {
		if v := c.Getenv(name); v != "" {
			puts(c, v+"\n")
		} else {
			status = 1
		}
	}
	return status
}

// nice stands for programs that run another one: nice, ionice, nohup, setsid.
func nice(c *shell.Call) int {
	args := c.Args
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		if (args[0] == "-n" || args[0] == "-c") && len(args) > 1 {
			args = args[1:]
		}
		args = args[1:]
	}
	return c.Run(args...)
}

func timeout(c *shell.Call) int {
	args := c.Args
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		if (args[0] == "-k" || args[0] == "-s") && len(args) > 1 {
			args = args[1:]
		}
		args = args[1:]
	}
	if len(args) < 2 {
		return 125
	}
	return c.Run(args[1:]...)
}

// yes prints enough to answer any questions; a virtual pipe has no reader that
// could end it.
func yes(c *shell.Call) int {
	answer := "y"
	if len(c.Args) > 0 {
		answer = strings.Join(c.Args, " ")
	}
	return puts(c, strings.Repeat(answer+"\n", 100))
}

// date has a fixed time to tell: 1970 began in a virtual root.
func date(c *shell.Call) int {
	for _, a := range c.Args {
		if strings.HasPrefix(a, "+") {
			return puts(c, strings.NewReplacer(
				"%s", "0", "%Y", "1970", "%m", "01", "%d", "01", "%H", "00", "%M", "00", "%S", "00", "%N", "000000000",
				"%F", "1970-01-01", "%T", "00:00:00", "%Z", "UTC", "%z", "+0000", "%j", "001", "%y", "70", "%%", "%",
			).Replace(a[1:])+"\n")
		}
	}
	return puts(c, "Thu Jan  1 00:00:00 UTC 1970\n")
}

func id(c *shell.Call) int {
	o, good := parse(c, "ugGnr", map[string]byte{"user": 'u', "group": 'g', "groups": 'G', "name": 'n', "real": 'r'})
	if !good {
		return 1
	}
	uid, gid, name := "0", "0", "root"
	if len(o.rest) > 0 {
		row := lookup(c, passwdFile, o.rest[0])
		if row == nil {
			return c.Fail("'%s': no such user", o.rest[0])
		}
		name, uid, gid = row[0], row[2], row[3]
	}
	n, _ := strconv.Atoi(gid)
	switch {
	case o.has('u') && o.has('n'):
		return puts(c, name+"\n")
	case o.has('u'):
		return puts(c, uid+"\n")
	case (o.has('g') || o.has('G')) && o.has('n'):
		return puts(c, nameOf(c, groupFile, n)+"\n")
	case o.has('g') || o.has('G'):
		return puts(c, gid+"\n")
	}
	group := nameOf(c, groupFile, n)
	return puts(c, fmt.Sprintf("uid=%s(%s) gid=%s(%s) groups=%s(%s)\n", uid, name, gid, group, gid, group))
}

// uname tells of a machine of the image's architecture, in the variable that
// dpkg gives to maintainer scripts, and of no certain kernel.
func uname(c *shell.Call) int {
	o, good := parse(c, "asnrvmpio", map[string]byte{"kernel-name": 's', "kernel-release": 'r', "machine": 'm', "operating-system": 'o', "all": 'a'})
	if !good {
		return 1
	}
	machine := map[string]string{"arm64": "aarch64", "amd64": "x86_64", "armhf": "armv7l", "i386": "i686"}[c.Getenv("DPKG_MAINTSCRIPT_ARCH")]
	if machine == "" {
		machine = c.Getenv("DPKG_MAINTSCRIPT_ARCH")
	}
	var out []string
	for _, f := range []struct {
		option byte
		text   string
	}{{'s', "Linux"}, {'n', "localhost"}, {'r', "6.1.0"}, {'v', "#1 SMP"}, {'m', machine}, {'o', "GNU/Linux"}} {
		if o.has(f.option) || o.has('a') {
			out = append(out, f.text)
		}
	}
	if len(out) == 0 {
		out = []string{"Linux"}
	}
	return puts(c, strings.Join(out, " ")+"\n")
}

func seq(c *shell.Call) int {
	o := options{rest: c.Args}
	nums := []int64{1, 1, 1}
	for i, a := range o.rest {
		n, err := strconv.ParseInt(a, 10, 32)
		if err != nil || i > 2 {
			return c.Fail("invalid floating point argument: '%s'", a)
		}
		nums[i] = n
	}
	first, step, last := int64(1), int64(1), nums[0]
	if len(o.rest) == 2 {
		first, last = nums[0], nums[1]
	} else if len(o.rest) == 3 {
		first, step, last = nums[0], nums[1], nums[2]
	}
	if step == 0 {
		return 1
	}
	for n := first; step > 0 && n <= last || step < 0 && n >= last; n += step {
		c.Spend(20)
		if puts(c, strconv.FormatInt(n, 10)+"\n") != 0 {
			return 1
		}
	}
	return 0
}
