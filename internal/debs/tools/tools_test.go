package tools_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"testing"

	"github.com/assemble-image/assemble/internal/debs/root"
	"github.com/assemble-image/assemble/internal/debs/shell"
	"github.com/assemble-image/assemble/internal/debs/tools"
)

const passwd = `root:x:0:0:root:/root:/bin/bash
games:x:5:60:games:/usr/games:/usr/sbin/nologin
_apt:x:100:65534::/nonexistent:/usr/sbin/nologin
`

const group = "root:x:0:\nadm:x:4:\nssl:x:101:\nnogroup:x:65534:\n"

func newRoot(t *testing.T) *root.Root {
	t.Helper()
	r := root.New(root.Options{MaxNodes: 10_000, MaxBytes: 16 << 20})
	for _, f := range []root.File{
		{Path: "/tmp", Mode: fs.ModeDir | fs.ModeSticky | 0o777},
		{Path: "/srv/w", Mode: fs.ModeDir | 0o755},
		{Path: "/home", Mode: fs.ModeDir | 0o755},
		{Path: "/etc/passwd", Mode: 0o644, Data: []byte(passwd)},
		{Path: "/etc/group", Mode: 0o644, Data: []byte(group)},
		{Path: "/etc/shadow", Mode: 0o640, GID: 42, Data: []byte("root:*:19700:0:99999:7:::\n")},
		{Path: "/etc/gshadow", Mode: 0o640, GID: 42, Data: []byte("root:*::\n")},
	} {
		if err := r.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func run(t *testing.T, r *root.Root, script string) string {
	t.Helper()
	var out bytes.Buffer
	commands := tools.Commands()
	commands["systemd-sysusers"] = tools.Sysusers
	commands["awk"] = func(c *shell.Call) int {
		status, done := tools.Awk(c)
		if !done {
			return 99
		}
		return status
	}
	o := shell.Options{Root: r, Commands: commands, Output: &out, Env: map[string]string{"DPKG_MAINTSCRIPT_ARCH": "arm64"}}
	if _, err := shell.Run(t.Context(), o, "script", []byte("cd /srv/w\n"+script)); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// agreed are scripts that print the same with Debian's own programs.
var agreed = []struct{ name, script, want string }{
	{"files", `echo a >f; cp f g; cat f g; mv g h; mkdir d; cp f h d; ls d; cp -r d e; ls e; mv e d; ls d/e; rm -r d; ls; rm f; rm -f none; rm none 2>/dev/null || echo $?`, "a\na\nf\nh\nf\nh\nf\nh\nf\nh\n1\n"},
	{"copies keep what they are told", `echo a >f; chmod 640 f; ln -s f l; mkdir d; cp -a l d; cp l d/x; cp -p f d/p; stat -c %a d/p d/x; readlink d/l; cp -d l m; readlink m; cp -n h f 2>/dev/null; echo b >g; cp -n g f; cat f; mkdir s; cp -rT d s; ls s`, "640\n640\nf\nf\na\nl\np\nx\n"},
	{"links", `echo a >f; mkdir -p d/e; ln f g; ln -s ../f d/l; cat d/l; ln -s x dangling; ln -sf f dangling; cat dangling; ln -s d dd; ln -sf f dd; ls d; ln -sfn e dd; readlink dd; ln -sr f d/e/r; readlink d/e/r; cat d/e/r; ln -s f f 2>/dev/null || echo exists; ln -st d /etc/none; readlink d/none; [ f -ef g ] && echo same`, "a\na\ne\nf\nl\ne\n../../f\na\nexists\n/etc/none\nsame\n"},
	{"directories", `mkdir -p a/b/c; mkdir -m 700 x; stat -c '%a %F' x a; mkdir a 2>/dev/null || echo there; mkdir -p a; rmdir a 2>/dev/null || echo full; rmdir --ignore-fail-on-non-empty a; rmdir -p a/b/c; ls; install -d -m 2755 y/z; stat -c %a y y/z`, "700 directory\n755 directory\nthere\nfull\nx\n755\n2755\n"},
	{"modes", `umask 022; touch f; chmod u=rwx,go=rx f; stat -c %a f; chmod go-x,u+s f; stat -c %a f; chmod 0644 f; stat -c %a f; chmod a+x f; stat -c %a f; chmod -x f; stat -c %a f; mkdir d; chmod 2770 d; chmod 750 d; stat -c %a d; chmod o=g,g-r d; stat -c %a d; chmod -R u+X,o-rwx d; stat -c %a d; chmod --reference=f d; stat -c %a d; chmod 1777 d; stat -c %a d; umask 077; touch g; mkdir h; stat -c %a g h`, "755\n4744\n644\n755\n644\n2750\n2715\n2710\n644\n1777\n600\n700\n"},
	{"install", `echo x >f; install f g; stat -c %a g; install -m 600 f g; stat -c %a g; mkdir d; install -t d f g; ls d; install -D -m 644 f a/b/c; cat a/b/c`, "755\n600\nf\ng\nx\n"},
	{"paths", `basename /a/b.c/; basename /a/b.c .c; basename -s .c x.c y.c; dirname /a/b/ a /a a/b/c; mkdir -p d/e; ln -s d l; readlink -f l/e/none | sed 's|.*/d/|d/|'; readlink -e l/none || echo no; readlink -m l/n/m | sed 's|.*/d/|d/|'; readlink none || echo no; realpath l | sed 's|.*/||'`, "b.c\nb\nx\ny\n/a\n.\n/\na/b\nd/e/none\nno\nd/n/m\nno\nd\n"},
	{"heads and tails", `printf '1\n2\n3\n4\n' >f; head -n2 f; head -1 f; head -c 3 f; echo; head -n -3 f; tail -n1 f; tail -2 f; tail -n +3 f; tail -c 2 f; wc -l <f; printf 'a b\nc' | wc -w`, "1\n2\n1\n1\n2\n1\n4\n3\n4\n3\n4\n4\n4\n3\n"},
	{"sort and uniq", `printf 'b 2\na 10\nc 1\na 10\n' >f; LC_ALL=C sort f; sort -u f | head -1; sort -k2 -n f | head -1; sort -r f | head -1; sort f | uniq -c | sed 's/^ *//'; sort f | uniq -d; sort -t' ' -k2,2n f | tail -1; printf '1.10\n1.9\n' | sort -V`, "a 10\na 10\nb 2\nc 1\na 10\nc 1\nc 1\n2 a 10\n1 b 2\n1 c 1\na 10\na 10\n1.9\n1.10\n"},
	{"tr and cut", `echo Hello | tr a-z A-Z; echo 'a:b:c' | tr : '\n'; echo 'a  b' | tr -s ' '; echo abc123 | tr -d 0-9; echo abc123 | tr -cd '[:digit:]'; echo; echo 'a-b' | tr '[:lower:]-' '[:upper:]_'; echo 'a:b:c' | cut -d: -f2; echo 'a:b:c' | cut -d: -f1,3; echo abcdef | cut -c2-4; echo none | cut -d: -f2; echo none | cut -s -d: -f2; echo 'a:b:c' | cut -d: -f2-`, "HELLO\na\nb\nc\na b\nabc\n123\nA_B\nb\na:c\nbcd\nnone\nb:c\n"},
	{"grep", `printf 'foo\nbar baz\nFOO\na.c\nabc\n' >f; grep foo f; grep -c o f; grep -i foo f; grep -v a f; grep -q x f; echo $?; grep -q bar f; echo $?; grep '^b.*z$' f; grep 'a\.c' f; grep -F a.c f; grep -E 'foo|baz' f; grep 'foo\|baz' f; grep -x abc f; grep -w baz f; grep -l foo f none 2>/dev/null; grep -s foo none; echo $?; echo 'x=1' | grep -o '[0-9]*$'; grep -n FOO f; grep -E '^a[[:alpha:]]{2}$' f; grep -e foo -e abc f 2>/dev/null; echo 'a*b' | grep 'a*b$'; echo '*' | grep '*'; grep -vE '^(foo|FOO)$' f`, "foo\n1\nfoo\nFOO\nfoo\nFOO\n1\n0\nbar baz\na.c\na.c\nfoo\nbar baz\nfoo\nbar baz\nabc\nbar baz\nf\n2\n1\n3:FOO\nabc\nfoo\nabc\na*b\n*\nbar baz\na.c\nabc\n"},
	{
		"sed", `printf 'one\ntwo\nthree\n' >f; sed 's/o/0/' f; sed -n 2p f; sed '/two/d' f; sed -n '/one/,/two/p' f; sed '$d' f; sed -e 's/t/T/g' -e 's/e$/E/' f; sed 's|\(t\)\(w\)|\2\1|' f; sed -E 's/(o)(n)/[\2&\1]/' f; sed -i 's/one/1/' f; cat f; sed '2i\
inserted' f; sed '/two/a after' f; sed 's/e\{2\}/EE/' f; sed -n '$=' f; sed 1q f; sed 'y/abct/ABCT/' f; sed '2,$ s/^/> /' f; sed -n '/t/{s/t/T/;p}' f; sed '/two/!d' f; sed 's/[^/]*$//; s/x/y/' f | head -1; sed 's/#.*//;/^$/d' f; echo 'a=b' | sed -n 's/^a=\(.*\)/\1/p'; echo aaa | sed 's/a/b/2'; echo 'a/b' | sed 's,/,\,,'; echo x | sed 's/x/a\nb/'; printf 'a\nb\nc\n' | sed ':l;N;$!bl;s/\n/,/g'; printf 'a\nb\n' | sed -ne '1!G;h;$p'; echo abc | sed 's/B/x/I'`,
		"0ne\ntw0\nthree\ntwo\none\nthree\none\ntwo\none\ntwo\nonE\nTwo\nThreE\none\nwto\nthree\n[nono]e\ntwo\nthree\n1\ntwo\nthree\n1\ninserted\ntwo\nthree\n1\ntwo\nafter\nthree\n1\ntwo\nthrEE\n3\n1\n1\nTwo\nThree\n1\n> two\n> three\nTwo\nThree\ntwo\n\n1\ntwo\nthree\nb\naba\na,b\na\nb\na,b,c\nb\na\naxc\n",
	},
	{
		"find and xargs", `mkdir -p a/b; touch a/1.so a/b/2.so a/x; ln -s x a/l; find a -name '*.so' | sort; find a -type d | sort; find a -maxdepth 1 -type f | sort; find a -type l -print; find a -name '*.so' -exec basename {} \; | sort; find a -name b -prune -o -type f -print | sort; find a ! -name '*.so' -type f; find a \( -name x -o -name l \) | sort; find a -name '*.so' -delete; find a | sort; find a -type f -print0 | xargs -0 -r basename; printf '1 2\n3\n' | xargs echo x; printf '1 2\n3\n' | xargs -n1 echo x; printf 'a b\nc\n' | xargs -I{} echo '<{}>'; printf '' | xargs -r echo none; find a -empty -type d`,
		"a/1.so\na/b/2.so\na\na/b\na/1.so\na/x\na/l\n1.so\n2.so\na/1.so\na/x\na/x\na/l\na/x\na\na/b\na/l\na/x\nx\nx 1 2 3\nx 1\nx 2\nx 3\n<a b>\n<c>\na/b\n",
	},
	{"expr and seq", `expr 1 + 2 \* 3; expr abc : 'a\(.\)c'; expr abc : 'ab'; expr 5 \> 3; expr length hello; expr a = b || echo $?; expr substr hello 2 3; seq 3; seq 2 4; seq 3 -1 1; expr \( 1 + 2 \) \* 3`, "7\nb\n2\n1\n5\n0\n1\nell\n1\n2\n3\n2\n3\n4\n3\n2\n1\n9\n"},
	{"sums", `printf abc | md5sum; printf abc >f; sha256sum f >s; sha256sum -c s; md5sum f | cut -d' ' -f1; printf x >f; sha256sum -c s 2>/dev/null || echo bad`, "900150983cd24fb0d6963f7d28e17f72  -\nf: OK\n900150983cd24fb0d6963f7d28e17f72\nf: FAILED\nbad\n"},
	{"tee, cmp and mktemp", `echo a | tee f g; cat f g; echo b | tee -a f >/dev/null; cat f; cmp -s f g || echo differ; cp f g; cmp f g && echo same; t=$(mktemp f.XXXXXX); [ -f $t ] && echo made; stat -c %a $t; d=$(mktemp -d); [ -d $d ] && echo made; rmdir $d; env A=b sh -c : 2>/dev/null; env printf '%s\n' x`, "a\na\na\na\nb\ndiffer\nsame\nmade\n600\nmade\nx\n"},
	{"getopt", `getopt -o ab:c:: -l alpha,beta:,gamma:: -n x -- -ab "1 '2" rest --beta=y --gamma --gamma=z --alp -c -cq -- -last; getopt -o +a -- -a b -a; getopt -T; echo $?; getopt -o a -n me -- -z 2>&1; echo $?; getopt ab: -a -b x y; getopt --options a --long one,two -- --two`, " -a -b '1 '\\''2' --beta 'y' --gamma '' --gamma 'z' --alpha -c '' -c 'q' -- 'rest' '-last'\n -a -- 'b' '-a'\n4\nme: invalid option -- 'z'\n --\n1\n -a -b x -- y\n --two --\n"},
	{"awk", `printf 'a b:c\nd  e f\n' | awk '{print $1;}'; echo 'a b c' | awk '{ print $2, "x" $3 }'; printf 'Version: 1\nx\n' | awk '/^Version:/ {print $2}'; echo a:b | awk -F: '{print $2 $1}'; printf 'a\nb\n' | awk 'NR==2{print}'; echo 'a b' | awk '{print $NF}'; echo a | awk '{print $5}'`, "a\nd\nb xc\n1\nba\nb\nb\n\n"},
	{"run-parts", `mkdir d; printf '#!/bin/sh\necho one $1\n' >d/a; printf '#!/bin/sh\necho two\n' >d/b; chmod 755 d/a d/b; touch d/c.dpkg-old d/README; run-parts -a x d; run-parts --list d`, "one x\ntwo\nd/README\nd/a\nd/b\n"},
}

func TestTools(t *testing.T) {
	judge := os.Getenv("SHELL_JUDGE") != ""
	for _, c := range agreed {
		t.Run(c.name, func(t *testing.T) {
			if got := run(t, newRoot(t), c.script); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
			if !judge {
				return
			}
			cmd := exec.CommandContext(t.Context(), "dash", "-c", c.script)
			cmd.Dir = t.TempDir()
			if out, _ := cmd.Output(); string(out) != c.want {
				t.Errorf("dash says %q", out)
			}
		})
	}
}

func TestAccounts(t *testing.T) {
	cases := []struct{ name, script, want string }{
		{
			"a system user", `adduser --system --group --home /var/lib/x --no-create-home --quiet messagebus; adduser --system messagebus; getent passwd messagebus; getent group messagebus; tail -n1 /etc/shadow /etc/gshadow | grep m; [ -e /var/lib/x ] || echo none`,
			"messagebus:x:101:100::/var/lib/x:/usr/sbin/nologin\nmessagebus:x:100:\nmessagebus:!:::::::\nmessagebus:!::\nnone\n",
		},
		{"without a group", `adduser --system --home /run/sshd --no-create-home sshd; getent passwd sshd`, "sshd:x:101:65534::/run/sshd:/usr/sbin/nologin\n"},
		{"with a home", `adduser --system --ingroup adm --shell /bin/sh --gecos 'The X' x; getent passwd x; adduser --system --home /srv/y y; stat -c '%u:%g %a' /srv/y`, "x:x:101:4:The X:/nonexistent:/bin/sh\n102:65534 755\n"},
		{
			"groups", `addgroup --system _ssh; addgroup --system _ssh; getent group _ssh; addgroup --gid 77 g; getent group g; adduser games _ssh; getent group _ssh; groupadd -r r; getent group r; groupadd -f r; groupadd r || echo $?; chown games:_ssh /srv/w; stat -c %U:%G /srv/w; id -u games; id -gn games`,
			"_ssh:x:100:\ng:x:77:\n_ssh:x:100:games\nr:x:999:\ngroupadd: group 'r' already exists\n9\ngames:_ssh\n5\n60\n",
		},
		{
			"useradd", `useradd -r -s /usr/sbin/nologin -d /none -c sys s; getent passwd s; useradd -m -G adm u; getent passwd u; getent group adm; stat -c '%u %a' /home/u; usermod -aG ssl u; getent group ssl; usermod -s /bin/x u; getent passwd u | cut -d: -f7`,
			"s:x:999:999:sys:/none:/usr/sbin/nologin\nu:x:1000:1000::/home/u:/bin/sh\nadm:x:4:u\n1000 700\nssl:x:101:u\n/bin/x\n",
		},
		{
			"sysusers", `mkdir -p /usr/lib/sysusers.d; printf '# x\ng one - -\nu two - "The Two" /run/two\nu three 77 -\nm two adm\nu! four -:adm - - /bin/sh\n' >/usr/lib/sysusers.d/x.conf; systemd-sysusers x.conf; systemd-sysusers; tail -n3 /etc/passwd; tail -n3 /etc/group; getent group adm; grep two /etc/shadow`,
			"two:x:998:998:The Two:/run/two:/usr/sbin/nologin\nthree:x:77:77::/:/usr/sbin/nologin\nfour:x:999:4::/:/bin/sh\none:x:999:\ntwo:x:998:\nthree:x:77:\nadm:x:4:two\ntwo:!*:::::::\n",
		},
		{"this machine's", `getent passwd daemon; echo $?; whoami; id -u; hostname; uname -m; date +%s`, "2\nroot\n0\nlocalhost\naarch64\n0\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := run(t, newRoot(t), c.script); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// TestBounded has programs that would go on for ever, or fill the memory.
func TestBounded(t *testing.T) {
	for name, script := range map[string]string{
		"sed":            `echo a | sed ':a;ba'`,
		"sed that grows": `echo a | sed ':a;s/.*/&&/;ba'`,
		"seq":            `seq 1 1000000000`,
		"find":           `d=/srv/w; i=0; while [ $i -lt 300 ]; do mkdir $d/d; d=$d/d; i=$((i+1)); done; while :; do find /srv/w; done >/dev/null`,
		"xargs":          `f() { yes | xargs -n1 env sh; }; while :; do yes | xargs -n1 echo; done >/dev/null`,
		"cp":             `echo aaaa >f; while :; do cat f f >g; cat g g >f; done`,
		"copies":         `mkdir a; while :; do cp -r a b; cp -r b a; done`,
		"grep":           `x=aaaaaaaaaaaaaaaa; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13; do x=$x$x; done; while :; do echo $x | grep -E '(a*)*b'; done`,
		"sort":           `seq 100000 >f; while :; do sort f >/dev/null; done`,
		"useradd":        `while :; do i=$((i+1)); useradd u$i; done`,
	} {
		t.Run(name, func(t *testing.T) {
			o := shell.Options{Root: newRoot(t), Commands: tools.Commands(), Limits: shell.Limits{Steps: 30_000_000, Memory: 8 << 20}}
			if _, err := shell.Run(t.Context(), o, "script", []byte("cd /srv/w\n"+script)); err == nil {
				t.Error("it came to an end")
			}
		})
	}
}

func FuzzSed(f *testing.F) {
	f.Add("s/a/b/g;$!N;P;D", "a\nb\n")
	f.Add("/x/,/y/{p;d}", "x\ny")
	f.Add("y/ab/ba/;1i\\\nx", "ab")
	f.Fuzz(func(t *testing.T, script, text string) {
		r := newRoot(t)
		if err := errors.Join(r.WriteFile("/srv/w/s", []byte(script), 0o644), r.WriteFile("/srv/w/t", []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
		o := shell.Options{Root: r, Commands: tools.Commands(), Limits: shell.Limits{Steps: 100_000, Memory: 1 << 20}}
		_, err := shell.Run(t.Context(), o, "script", []byte("cd /srv/w; sed -f s t; grep -f s t; find -name \"$(cat s)\"; expr \"$(cat s)\" : \"$(cat t)\""))
		if _, broken := errors.AsType[*shell.InternalError](err); broken {
			t.Error(err)
		}
	})
}
