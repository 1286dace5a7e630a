package shell_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/assemble-image/assemble/internal/debs/root"
	"github.com/assemble-image/assemble/internal/debs/shell"
)

func newRoot(t *testing.T) *root.Root {
	t.Helper()
	r := root.New(root.Options{MaxNodes: 10_000, MaxBytes: 4 << 20})
	for _, f := range []root.File{
		{Path: "/tmp", Mode: fs.ModeDir | fs.ModeSticky | 0o777},
		{Path: "/etc/passwd", Mode: 0o644, Data: []byte("root:x:0:0:root:/root:/bin/sh\ngames:x:5:60::/usr/games:/bin/false\n")},
		{Path: "/usr/bin/prog", Mode: 0o755, Data: []byte("\x7fELF")},
		{Path: "/usr/bin/child", Mode: 0o755, Data: []byte("#!/bin/sh -e\necho \"child $# $1 $EXPORTED ${HIDDEN-no}\"; false; echo no\n")},
		{Path: "/etc/d/a.conf", Mode: 0o644, Data: []byte("A\n")},
		{Path: "/etc/d/b.conf", Mode: 0o644, Data: []byte("B\n")},
		{Path: "/etc/d/.hidden", Mode: 0o644, Data: []byte("H\n")},
	} {
		if err := r.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// run interprets a script and returns all that it prints.
func run(t *testing.T, o shell.Options, script string, args ...string) (string, int, error) {
	t.Helper()
	var out bytes.Buffer
	o.Output = &out
	if o.Root == nil {
		o.Root = newRoot(t)
	}
	if o.Commands == nil {
		o.Commands = map[string]shell.Command{"cat": func(c *shell.Call) int {
			for _, a := range c.Args {
				data, err := c.Root.ReadFile(c.Path(a), 1<<20)
				if err != nil {
					return c.Fail("%v", err)
				}
				_, _ = c.Stdout.Write(data)
			}
			if len(c.Args) == 0 {
				_, _ = io.Copy(c.Stdout, c.Stdin)
			}
			return 0
		}}
	}
	status, err := shell.Run(t.Context(), o, "script", []byte(script), args...)
	return out.String(), status, err
}

// agreed are scripts that mean the same to dash; what they print is dash's
// own answer.
var agreed = []struct{ name, script, want string }{
	{"words", `x="a  b"; echo $x "$x" '$x' a\ \ b ""`, "a b a  b $x a  b \n"},
	{"split", `f() { echo $#; for i; do echo "<$i>"; done; }; IFS=:; x=":a::b: c "; f $x`, "5\n<>\n<a>\n<>\n<b>\n< c >\n"},
	{"split blanks and others", `f() { for i; do printf '<%s>' "$i"; done; echo; }; IFS=" :"; x=" a : b::c  d :"; f $x`, "<a><b><><c><d>\n"},
	{"joined to literals", `f() { for i; do printf '<%s>' "$i"; done; echo; }; x=" a b "; f 1${x}2 "1${x}2"`, "<1><a><b><2><1 a b 2>\n"},
	{
		"at and star", `f() { for i; do printf '<%s>' "$i"; done; echo; }; set -- "a b" "" c; f "$@"; f $@; f "$*"; f x"$@"y; set --; f "$@"; f "$*"; f "" "$@"`,
		"<a b><><c>\n<a><b><c>\n<a b  c>\n<xa b><><cy>\n\n<>\n<>\n",
	},
	{"defaults", `unset u; e=; echo "${u-a}" "${e-a}" "${e:-a}" "${u+a}" "${e+a}" "${e:+a}" "${v:=set}" $v ${u:-"x  y"} ${u:-x  y}`, "a  a  a  set set x  y x y\n"},
	{"default keeps quotes", `f() { echo $#; }; f ${u:-"a b" c}; f "${u:-a b}"; echo "${u:-"q"}" "${u:-'s'}"`, "2\n1\nq 's'\n"},
	{"stripping", `x=/usr/lib/libc.so.6; echo "${x##*/} ${x%/*} ${x%%.*} ${x#*/} ${x%.so*}" "${#x}"; y='a*b'; echo "${y#"a*"}" "${y%\**}"`, "libc.so.6 /usr/lib /usr/lib/libc usr/lib/libc.so.6 /usr/lib/libc 18\nb a\n"},
	{"arithmetic", `i=3; i=$((i+1)); echo $((i*2-1)) $((7/2)) $((-7%3)) $((i>3&&i<5)) $((0x10)) $((010)) $((1?2:3)) $((1<<4|1)) $(( (1+2)*3 ))`, "7 3 -1 1 16 8 2 17 9\n"},
	{"arithmetic of text", `x='6 * 100 + 1'; echo $(($x)) $(($x+1)) $(( $(echo 2+3) )); z='(2'; (echo $(($z)); echo no) 2>/dev/null; (x=1x; echo $((x))) 2>/dev/null || echo bad`, "601 602 5\nbad\n"},
	{"substitution", "x=$(echo a; echo; echo); echo \"[$x]\" `echo \\`echo b\\`` $(echo \"$(echo 'c  d')\") \"$(echo \"c  d\")\"", "[a] b c d c  d\n"},
	{"status of a substitution", `x=$(false); echo $?; x=$(exit 3) || echo $?; local_=$(true); echo $?; y=1 x=$(false) ; echo $?`, "1\n3\n0\n1\n"},
	{"status is seen in an assignment", `false; x=$?; echo $x; (exit 7); echo $? "$(echo $?)"`, "1\n7 7\n"},
	{"case", `for x in abc a.b "a b" '*' ''; do case "$x" in a[bx]c) echo 1;; *.*) echo 2;; *\ *) echo 3;; \*) echo 4;; "") echo 5;; esac; done; case x in (y|x) echo 6; esac`, "1\n2\n3\n4\n5\n6\n"},
	{"classes", `case 7a- in [[:digit:]][!0-9][a\-]) echo y;; esac; case ] in []x]) echo y;; esac; case - in [a-]) echo y;; esac; case b in [!a-c]) echo n;; *) echo y;; esac`, "y\ny\ny\ny\n"},
	{"loops", `for i in 1 2 3 4 5; do [ $i = 2 ] && continue; [ $i = 4 ] && break; echo $i; done; i=0; while [ $i -lt 3 ]; do i=$((i+1)); done; until [ $i -eq 0 ]; do i=$((i-1)); done; echo $i; for a in 1 2; do for b in 1 2; do [ $b = 2 ] && continue 2; echo $a$b; done; done`, "1\n3\n0\n11\n21\n"},
	{"functions", `f() { local x=in; echo "$x $1 $#"; x=changed; g; return 3; }; g() { echo "g $x"; }; x=out; f a b || echo $?; echo $x`, "in a 2\ng changed\n3\nout\n"},
	{"errexit", `set -e; f() { false; echo unseen; }; if f; then echo y; fi; f || echo n; ! false; true && true; false || true; x=$(false) || echo z; (exit 1) || echo w; false; echo no`, "unseen\ny\nunseen\nz\nw\n"},
	{"errexit in a substitution", `set -e; echo "$(false; echo in)"; x=$(false; echo no); echo no`, "\n"},
	{"errexit and lists", `set -e; false && true; echo on; { false && true; }; echo on; if false; then :; fi; echo on; case a in a) false && true;; esac; echo on`, "on\non\non\non\n"},
	{"pipes", `printf 'b\na\n' | while read x; do echo "<$x>"; y=$x; done; echo "[$y]"; echo x | { read z; echo $z; }; true | false; echo $?; false | true; echo $?; ! true | false; echo $?`, "<b>\n<a>\n[]\nx\n1\n0\n0\n"},
	{"heredocs", "x=1; cat <<E; cat <<'E'; cat <<-E\n$x $(echo 2) \\$x \\a \"q\" `echo 3`\nE\n$x \\\\ '\nE\n\t\ttab\n\tE\n", "1 2 $x \\a \"q\" 3\n$x \\\\ '\ntab\n"},
	{"redirections", `cd /tmp; echo a >f.$$; echo b >>f.$$; cat <f.$$; { echo out; echo err >&2; } 2>/dev/null; exec 3>f.$$; echo three >&3; exec 3>&-; cat f.$$; : >f.$$; cat f.$$; (echo x >&4) 4>f.$$; cat f.$$; echo hidden >/dev/null; exec 5<f.$$; read v <&5; echo $v; rm -f f.$$ 2>/dev/null`, "a\nb\nout\nthree\nx\nx\n"},
	{"exchanged descriptors", `f() { echo out; echo err >&2; }; x=$(f 2>&1 >/dev/null); echo "$x"; x=$(f 3>&1 1>&2 2>&3 3>&-) 2>/dev/null; echo "$x"`, "err\nerr\n"},
	{"read", `printf '%s\n' 'a b  c d ' 'x\ty' 'p:q' | { read a b c; echo "$a|$b|$c"; read -r d; echo "$d"; IFS=: read e f; echo "$e $f"; read g || echo end; }; while IFS= read -r l; do echo "[$l]"; done <<E
  lead
E`, "a|b|c d\nx\ty\np q\nend\n[  lead]\n"},
	{"test", `t() { if [ "$@" ]; then echo y; else echo n; fi; }; t a = a; t a != a; t -n ""; t -z ""; t 3 -gt 2; t ! a = b; t a -a ""; t a -o ""; t -d /etc; t -f /etc; t -e /none; t "(" = "("; t -n; t; t \( a = b -o a = a \) -a x`, "y\nn\nn\ny\ny\ny\nn\ny\ny\nn\nn\ny\ny\nn\ny\n"},
	{"printf", `printf '%s-%s\n' a b c; printf '%5d|%-5s|%05.1s|%x|%%|%c\n' 42 ab xyz 255 hello; printf 'a\tb\101\n'; printf '%b' 'x\ty\n'; printf 'no newline'; printf '\n'`, "a-b\nc-\n   42|ab   |    x|ff|%|h\na\tbA\nx\ty\nno newline\n"},
	{"echo", `echo 'a\tb'; echo -n x; echo; echo 'a\c' b; echo -e x`, "a\tb\nx\na-e x\n"},
	{"trap", `trap 'echo bye $?' EXIT; (trap 'echo sub' 0; echo in); echo out; exit 4`, "in\nsub\nout\nbye 4\n"},
	{"eval", `x='echo "$y"'; y='a  b'; eval $x; eval "z=\$y"; echo "$z"; eval 'f() { echo f; }'; f`, "a  b\na  b\nf\n"},
	{"getopts", `f() { OPTIND=1; while getopts ab:c o "$@"; do echo "$o ${OPTARG-}"; done; shift $((OPTIND-1)); echo "$*"; }; f -a -b x -cbz rest; f -ca -- -a`, "a \nb x\nc \nb z\nrest\nc \na \n-a\n"},
	{"shift and set", `set -- a b c; shift; echo $# $1; shift 2; echo $#; set -- -e; echo $1; set a b; echo $2`, "2 b\n0\n-e\nb\n"},
	{"subshells", `x=1; (x=2; cd /; echo $x); echo $x; f() { echo old; }; (f() { echo new; }; f); f; (exit 3); echo $?`, "2\n1\nnew\nold\n3\n"},
	{"background", `echo a & wait; echo b`, "a\nb\n"},
	{"nounset", `set -u; (echo $none; echo no) 2>/dev/null; echo "${none-ok}" $#`, "ok 0\n"},
	{"unset and export", `x=1; unset x; echo "[${x-un}]"; f() { :; }; unset -f f; y=1; export y; export z=2; echo $z`, "[un]\n2\n"},
	{"assignments for a command", "x=1; f() { echo $x; }; x=2 f; echo $x; IFS=, read a b <<E\n1,2\nE\necho $a $b", "2\n1\n1 2\n"},
	{"negated tests of patterns", `x=lib; [ "${x#li}" = b ] && echo y; if ! [ -e /none ]; then echo y; fi`, "y\ny\n"},
	{"tilde", `HOME=/h; echo ~ ~/x "~" a~ ~games`, "/h /h/x ~ a~ /usr/games\n"},
	{"command -v", `command -v cd; command -v none; echo $?; f() { :; }; command -v f; command echo x; type none >/dev/null 2>&1 || echo gone`, "cd\n127\nf\nx\ngone\n"},
	{"not found", `none 2>/dev/null; echo $?; none2 2>/dev/null || echo or`, "127\nor\n"},
	{"comments and continued lines", "echo a \\\n b # c\n# d\necho '#e' f#g", "a b\n#e f#g\n"},
	{"while with redirection", "while read a b; do echo $b-$a; done <<E\n1 2\n3 4\nE\necho $a", "2-1\n4-3\n\n"},
	{"return at the end of a loop", `f() { while :; do return 5; done; }; f; echo $?; g() { for i in 1; do return; done; echo no; }; g; echo $?`, "5\n0\n"},
	{"numbers that are strings", `[ "08" -eq 8 ] && echo y; [ " 3" -eq 3 ] && echo y; [ a -eq 1 ] 2>/dev/null; echo $?`, "y\ny\n2\n"},
}

func TestShell(t *testing.T) {
	dash, _ := exec.LookPath("dash")
	for _, c := range agreed {
		t.Run(c.name, func(t *testing.T) {
			if got, _, err := run(t, shell.Options{}, c.script); err != nil || got != c.want {
				t.Errorf("got %q, %v\nwant %q", got, err, c.want)
			}
			if dash == "" || os.Getenv("SHELL_JUDGE") == "" {
				return
			}
			cmd := exec.CommandContext(t.Context(), dash, "-c", c.script)
			if out, _ := cmd.Output(); string(out) != c.want {
				t.Errorf("dash says %q", out)
			}
		})
	}
}

func TestRoot(t *testing.T) {
	cases := []struct{ name, script, want string }{
		{"glob", `cd /etc/d; echo *; echo *.conf; echo /e*c/d/[a]*; echo "*" \*; echo none*; set -f; echo *`, "a.conf b.conf\na.conf b.conf\n/etc/d/a.conf\n* *\nnone*\n*\n"},
		{"hidden", `cd /etc/d; echo .h*`, ".hidden\n"},
		{"children", `export EXPORTED=e; HIDDEN=h; child 'a b'; echo $?; /usr/bin/child; cd /etc/d; echo $PWD`, "child 1 a b e no\n1\nchild 0  e no\n/etc/d\n"},
		{"sourcing", `echo 'x=1; set -- inner; return 0; echo no' >/tmp/lib; . /tmp/lib; echo $x $1`, "1 inner\n"},
		{"exec", `(exec child x; echo no); exec echo last; echo no`, "child 1 x  no\nlast\n"},
		{"umask", `umask 077; echo >/tmp/a; umask`, "0077\n"},
		{"this machine", `cat /etc/shadow 2>/dev/null || echo none; ls /proc 2>/dev/null || echo none; echo "$HOME$USER$PATH" $$ $PPID; [ -e /proc ] || echo none; cd /root 2>/dev/null || echo none`, "none\nnone\n 1000 1\nnone\nnone\n"},
		{"bash", "#!/bin/bash\na=(x 'y z'); a+=(w); echo \"${#a[@]} ${a[1]} ${a[@]}\"; [[ abc == a* && ! x == y ]] && echo y; echo {1,2}b; s=hello; echo ${s:1:3} ${s/l/L} ${s//l/L} ${s^^}; ((i=2+3)); echo $i; [[ x1 =~ ^x([0-9])$ ]] && echo ${BASH_REMATCH[1]}; for ((i=0;i<2;i++)); do echo $i; done; cat <<<\"$s\"; echo 'a\\tb'", "3 y z x y z w\ny\n1b 2b\nell heLlo heLLo HELLO\n5\n1\n0\n1\nhello\na\\tb\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got, _, err := run(t, shell.Options{}, c.script); err != nil || got != c.want {
				t.Errorf("got %q, %v\nwant %q", got, err, c.want)
			}
		})
	}
}

// TestHostile has scripts that must end in an error, soon and in little
// memory.
func TestHostile(t *testing.T) {
	cases := map[string]string{
		"a loop":                      `while :; do :; done`,
		"a loop without commands":     `while [ a ]; do x=1; done`,
		"arithmetic for ever":         "#!/bin/bash\nfor ((;;)); do ((i++)); done",
		"a fork bomb":                 `:(){ :|:& };:; f() { f|f& }; f`,
		"subshells for ever":          `f() { (f); }; f`,
		"jobs in the background":      `f() { f & f & }; f`,
		"recursion":                   `f() { f; }; f`,
		"recursion by eval":           `x='eval "$x"'; eval "$x"`,
		"recursion by source":         `echo '. /tmp/a' >/tmp/a; . /tmp/a`,
		"recursion by a program":      `printf '#!/bin/sh\n/usr/bin/child\n' >/usr/bin/child; child`,
		"recursion by a trap":         `f() { trap f EXIT; exit; }; while :; do (f); done`,
		"substitutions in each other": `f() { echo $(f); }; f`,
		"endless output":              `while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done`,
		"endless output, captured":    `x=$(while :; do echo xxxxxxxxxxxxxxxxxxxx; done)`,
		"endless output in a pipe":    `while :; do echo xxxxxxxxxxxxxxx; done | read x`,
		"a file without end":          `while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done >/tmp/a`,
		"files without number":        `i=0; while :; do i=$((i+1)); : >/tmp/$i; done`,
		"a string that doubles":       `x=aaaaaaaa; while :; do x=$x$x; done`,
		"a string in quotes":          `x=aaaaaaaa; while :; do x="$x $x"; done`,
		"parameters that double":      `set -- a b; while :; do set -- "$@" "$@"; done`,
		"words that double":           `x="a a"; while :; do for i in $x $x; do x="$x $x"; done; done`,
		"a heredoc that doubles":      "x=aaaaaaaa; while :; do x=$(cat <<E\n$x$x\nE\n); done",
		"many variables":              `i=0; while :; do i=$((i+1)); eval "v$i=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"; done`,
		"many functions":              `i=0; while :; do i=$((i+1)); eval "f$i() { :; }"; done`,
		"many array elements":         "#!/bin/bash\na=(x); while :; do a+=(\"${a[@]}\"); done",
		"a wide printf":               `x=$(printf '%4000s' x); while :; do x=$(printf '%s%s' "$x" "$x"); done`,
		"braces":                      "#!/bin/bash\necho {1,2}{1,2}{1,2}{1,2}{1,2}{1,2}{1,2}{1,2}{1,2}{1,2}{1,2}{1,2}{1,2}{1,2}{1,2}{1,2}{1,2}{1,2}{1,2}{1,2}{1,2}{1,2}{1,2}{1,2}",
		"a sequence":                  "#!/bin/bash\necho {1..1000000000}",
		"a slow pattern":              `x=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14; do x=$x$x; done; case $x in *a*a*a*a*a*a*a*a*b) ;; esac; y=${x##*b*b}`,
		"a slow replacement":          "#!/bin/bash\nx=aaaaaaaaaaaaaaaa; for i in 1 2 3 4 5 6 7 8 9 10 11 12; do x=$x$x; done; echo ${x//*b/c}",
		"reading for ever":            `while ! read x </dev/null; do :; done`,
		"brackets":                    strings.Repeat("(", 10_000),
		"braces in each other":        strings.Repeat("{ ", 10_000),
		"ifs in each other":           strings.Repeat("if ", 40_000),
		"a large script":              strings.Repeat("# comment\n", 100_000),
		"arithmetic in each other":    "echo $((" + strings.Repeat("!", 60_000) + "1))",
		"a long chain":                strings.Repeat("true && ", 10_000) + "true",
		"a long pipe":                 strings.Repeat("echo|", 10_000) + "read x",
		"process substitution":        "#!/bin/bash\ncat <(echo x)",
		"coprocess":                   "#!/bin/bash\ncoproc cat",
		"not a shell":                 "#!/usr/bin/perl\nprint 1",
	}
	for name, script := range cases {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			out, status, err := run(t, shell.Options{Limits: shell.Limits{Steps: 20_000_000, Memory: 4 << 20}}, script)
			if err == nil {
				t.Errorf("ended with %d and %.100q", status, out)
			}
			if d := time.Since(start); d > 30*time.Second {
				t.Errorf("took %v", d)
			}
		})
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := shell.Run(ctx, shell.Options{Root: newRoot(t)}, "x", []byte("while :; do :; done"))
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestMemoryIsGivenBack(t *testing.T) {
	script := `i=0; while [ $i -lt 2000 ]; do i=$((i+1)); x=$(echo "$big"); f() { local y="$big"; g "$y"; }; g() { :; }; f "$big"; for j in $big; do echo "$j"; done | read z; IFS= read -r z </etc/passwd; done; echo ${#x}`
	script = "big=" + strings.Repeat("x", 1000) + "\n" + script
	if out, _, err := run(t, shell.Options{Limits: shell.Limits{Memory: 32 << 10}}, script); err != nil || out != "1000\n" {
		t.Error(out, err)
	}
}

func TestUnknown(t *testing.T) {
	var seen []string
	o := shell.Options{
		Unknown: func(c *shell.Call, path string) int {
			seen = append(seen, path+" "+strings.Join(c.Args, ","))
			return 3
		},
		Missing: func(name string) { seen = append(seen, "missing "+name) },
	}
	_, status, err := run(t, o, `prog a b; x=$?; none; exit $x`)
	if got := strings.Join(seen, "; "); err != nil || status != 3 || got != "/usr/bin/prog a,b; missing none" {
		t.Error(got, status, err)
	}
}

// FuzzRun holds that no script can do more than its limits allow, and that a
// script does the same each time.
func FuzzRun(f *testing.F) {
	for _, c := range agreed {
		f.Add(c.script)
		f.Add("#!/bin/bash\n" + c.script)
	}
	f.Fuzz(func(t *testing.T, script string) {
		o := shell.Options{Root: newRoot(t), Limits: shell.Limits{Steps: 200_000, Memory: 1 << 20}}
		one, status, err := run(t, o, script)
		if _, broken := errors.AsType[*shell.InternalError](err); broken {
			t.Fatal(err)
		}
		o.Root = newRoot(t)
		two, again, errAgain := run(t, o, script)
		if one != two || status != again || (err == nil) != (errAgain == nil) {
			t.Errorf("%q, %d, %v, and then %q, %d, %v", one, status, err, two, again, errAgain)
		}
	})
}
