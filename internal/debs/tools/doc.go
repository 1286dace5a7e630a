// Package tools has the small programs that maintainer scripts call (cp, sed,
// grep, sort, adduser …), done over a virtual root: the options that Debian's
// scripts use, as GNU's and Debian's own programs have them. An option that
// isn't known fails with a message rather than being passed over.
//
// Start with [Commands].
package tools

import "github.com/assemble-image/assemble/internal/debs/shell"

// Commands returns the programs by name.
func Commands() map[string]shell.Command {
	m := map[string]shell.Command{
		"cat": cat, "cp": cp, "mv": mv, "rm": rm, "ln": ln, "mkdir": mkdir, "rmdir": rmdir, "touch": touch,
		"chmod": chmod, "chown": chown, "chgrp": chgrp, "install": install, "mktemp": mktemp, "tempfile": mktemp,
		"readlink": readlink, "realpath": readlink, "basename": basename, "dirname": dirname, "stat": stat, "ls": ls,
		"cmp": cmp, "diff": cmp, "truncate": truncate,
		"head": head, "tail": tail, "sort": sortLines, "uniq": uniq, "tr": tr, "cut": cut, "wc": wc, "tee": tee,
		"grep": grep, "egrep": grep, "fgrep": grep, "sed": sed, "find": find, "xargs": xargs, "expr": expr,
		"md5sum": sum, "sha1sum": sum, "sha256sum": sum, "sha512sum": sum,
		"seq": seq, "getopt": getopt, "date": date, "id": id, "uname": uname, "env": env, "which": which, "yes": yes, "printenv": printenv,
		"getent": getent, "groups": ok, "whoami": func(c *shell.Call) int { return puts(c, "root\n") },
		"hostname": func(c *shell.Call) int { return puts(c, "localhost\n") }, "run-parts": runParts, "nproc": func(c *shell.Call) int { return puts(c, "1\n") },
		"adduser": adduser, "addgroup": addgroup, "useradd": useradd, "groupadd": groupadd, "usermod": usermod,
		"groupmod": groupmod, "gpasswd": gpasswd, "update-passwd": ok, "deluser": ok, "delgroup": ok, "userdel": ok, "groupdel": ok,
		"nice": nice, "ionice": nice, "timeout": timeout, "nohup": nice, "setsid": nice,
	}
	for _, name := range []string{"sleep", "sync", "logger", "clear", "stty", "tput", "restorecon", "chcon", "setfattr", "pwconv", "grpconv", "chage", "pkill", "killall"} {
		m[name] = ok
	}
	return m
}

func ok(*shell.Call) int { return 0 }
