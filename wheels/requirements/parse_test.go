package requirements_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/wheels/requirements"
)

// hashA and hashB are well-formed; hex is upper case where the test wants it
// brought down.
var (
	hashA = "sha256:" + strings.Repeat("ab", 32)
	hashB = "sha256:" + strings.Repeat("01", 32)
	long  = "sha512:" + strings.Repeat("cd", 64)
)

const (
	wheelA = "https://h/a-1-py3-none-any.whl"
	wheelB = "https://u:p@h/b-1-py3-none-any.whl"
)

// files opens texts by path.
func files(texts map[string]string) requirements.Opener {
	return func(path string) (io.ReadCloser, error) {
		text, ok := texts[path]
		if !ok {
			return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
		}
		return io.NopCloser(strings.NewReader(text)), nil
	}
}

var testEnv = map[string]string{"TOKEN_1": "s3cret", "SPACED": "a # b", "NESTED": "${TOKEN_1}", "LINES": "a\nb"}

func parse(texts map[string]string, opt requirements.Options) (*requirements.File, error) {
	if opt.Env == nil {
		opt.Env = func(name string) string { return testEnv[name] }
	}
	return requirements.Parse(context.Background(), "r.txt", files(texts), opt)
}

// brief renders requirements one a line.
func brief(list []requirements.Requirement) []string {
	var out []string
	for _, r := range list {
		s := fmt.Sprintf("%s:%d %s", r.File, r.Line, r.Requirement)
		if r.Path != "" {
			s += " path=" + r.Path
		}
		if len(r.Hashes) > 0 {
			s += fmt.Sprintf(" hashes=%d", len(r.Hashes))
		}
		out = append(out, s)
	}
	return out
}

func TestParseRequirementLines(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"plain":                   {"a==1\n\n# note\nB [x , y] >= 1 , < 2 ; python_version<'3'\n", []string{"r.txt:1 a==1", `r.txt:4 B[x,y]<2,>=1; python_version < "3"`}},
		"every line end":          {"a\rb\r\nc\fd\ve\x1cf\u0085g\u2028h", []string{"r.txt:1 a", "r.txt:2 b", "r.txt:3 c", "r.txt:4 d", "r.txt:5 e", "r.txt:6 f", "r.txt:7 g", "r.txt:8 h"}},
		"byte order mark":         {"\ufeffa==1", []string{"r.txt:1 a==1"}},
		"continuation":            {"a\\\n==1 \\\n  --hash=" + hashA + "\\\n --hash " + hashB + "\nb", []string{"r.txt:1 a==1 hashes=2", "r.txt:5 b"}},
		"continued at the end":    {"a==1\\", []string{"r.txt:1 a==1"}},
		"comment ends it":         {"a==1 \\\n# c \\\nb", []string{"r.txt:1 a==1", "r.txt:3 b"}},
		"comment needs a blank":   {"a==1 #c\nb @ https://h/b-1-py3-none-any.whl#sha256=" + hashA[7:], []string{"r.txt:1 a==1", "r.txt:2 b @ https://h/b-1-py3-none-any.whl#sha256=" + hashA[7:] + " hashes=1"}},
		"not a variable":          {"a @ https://h/${lower}/$TOKEN_1/a-1-py3-none-any.whl", []string{"r.txt:1 a @ https://h/${lower}/$TOKEN_1/a-1-py3-none-any.whl"}},
		"bare URL":                {"https://h/Foo_Bar-1.0-py3-none-any.whl ; python_version>'3'", []string{`r.txt:1 Foo_Bar @ https://h/Foo_Bar-1.0-py3-none-any.whl ; python_version > "3"`}},
		"bare path":               {"./w/foo-1.0+cpu-py3-none-any.whl[x];os_name=='posix'\nfoo-1.0-py3-none-any.whl", []string{`r.txt:1 foo[x]; os_name == "posix" path=./w/foo-1.0+cpu-py3-none-any.whl`, "r.txt:2 foo path=foo-1.0-py3-none-any.whl"}},
		"encoded URL":             {"https://h/a-1.0%2Bcpu-py3-none-any.whl", []string{"r.txt:1 a @ https://h/a-1.0%2Bcpu-py3-none-any.whl"}},
		"name and URL in one":     {"a@https://u:p@h/a-1-py3-none-any.whl", []string{"r.txt:1 a @ https://u:p@h/a-1-py3-none-any.whl"}},
		"marker behind a URL":     {"a @ " + wheelA + "; os_name=='posix'\nb@" + wheelB + ";os_name=='posix'\nb @ " + wheelB + " ;os_name=='posix'", []string{"r.txt:1 a @ " + wheelA + ` ; os_name == "posix"`, "r.txt:2 b @ " + wheelB + ` ; os_name == "posix"`, "r.txt:3 b @ " + wheelB + ` ; os_name == "posix"`}},
		"marker behind a hash":    {"a[x]@" + wheelA + "#sha256=" + hashA[7:] + ";os_name=='posix'", []string{"r.txt:1 a[x] @ " + wheelA + "#sha256=" + hashA[7:] + ` ; os_name == "posix" hashes=1`}},
		"URL, marker and hash":    {"a @ " + wheelA + ";os_name=='posix' --hash=" + hashA, []string{"r.txt:1 a @ " + wheelA + ` ; os_name == "posix" hashes=1`}},
		"semicolon, no marker":    {"a==1;\nb ; # c\na @ " + wheelA + ";\nb @ " + wheelB + " ; \nc[x] ;\nd>=1, ;\ne==1 ; --hash=" + hashA + "\nfoo-1.0-py3-none-any.whl;", []string{"r.txt:1 a==1", "r.txt:2 b", "r.txt:3 a @ " + wheelA, "r.txt:4 b @ " + wheelB, "r.txt:5 c[x]", "r.txt:6 d>=1", "r.txt:7 e==1 hashes=1", "r.txt:8 foo path=foo-1.0-py3-none-any.whl"}},
		"semicolon in a marker":   {"a; os_name=='x;y'", []string{`r.txt:1 a; os_name == "x;y"`}},
		"file URL":                {"a @ file:///w/a-1-py3-none-any.whl;os_name=='posix'", []string{`r.txt:1 a @ file:///w/a-1-py3-none-any.whl ; os_name == "posix"`}},
		"dash in a marker's text": {`a; sys_platform=="-x"`, []string{`r.txt:1 a; sys_platform == "-x"`}},
		"upper-case hash digits":  {"a==1 --hash=" + "sha256:" + strings.Repeat("AB", 32) + " --hash=" + hashA, []string{"r.txt:1 a==1 hashes=1"}},
		"utf-8 declared":          {"# -*- coding: utf-8 -*-\na", []string{"r.txt:2 a"}},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := parse(map[string]string{"r.txt": c.text}, requirements.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, brief(f.Requirements)); diff != "" {
				t.Errorf("requirements (-want +got):\n%s", diff)
			}
		})
	}
}

// TestRefused lists what is no wheel, what pip drops without a word, and what
// is wrong, each with its kind.
func TestRefused(t *testing.T) {
	for text, want := range map[string]requirements.Kind{
		"-e .":                               requirements.KindEditable,
		"--editable=git+https://h/r":         requirements.KindEditable,
		".":                                  requirements.KindDirectory,
		".[dev]":                             requirements.KindDirectory,
		"./sub":                              requirements.KindDirectory,
		"/abs/dir ; python_version<'4'":      requirements.KindDirectory,
		"sub/dir":                            requirements.KindDirectory,
		"./a-1.0.tar.gz":                     requirements.KindSource,
		"a-1.0.zip":                          requirements.KindSource,
		"https://h/a-1.0.tar.gz":             requirements.KindSource,
		"a @ https://h/a-1.0.tgz":            requirements.KindSource,
		"git+https://h/r.git@v1#egg=a":       requirements.KindRepository,
		"a @ git+ssh://git@h/r":              requirements.KindRepository,
		"https://h/index.html":               requirements.KindURL,
		"ftp://h/a-1-py3-none-any.whl":       requirements.KindURL,
		"a @ ./a-1-py3-none-any.whl":         requirements.KindURL,
		"b @ https://h/a-1-py3-none-any.whl": requirements.KindURL,
		"https://h/..%2f..%2fa-1-py3-none-any.whl":       requirements.KindURL,
		"https://h/%252e%252e%252fa-1-py3-none-any.whl":  requirements.KindURL,
		"a==1 --hash=" + hashA + " ; python_version<'3'": requirements.KindIgnored,
		"a==1 -i https://h":                              requirements.KindIgnored,
		"-r b.txt -r c.txt":                              requirements.KindIgnored,
		"-r b.txt c.txt":                                 requirements.KindIgnored,
		"-r b.txt --pre":                                 requirements.KindIgnored,
		"--pre a==1":                                     requirements.KindIgnored,
		"-f a -f b":                                      requirements.KindIgnored,
		"--hash=" + hashA:                                requirements.KindIgnored,
		"--index-ur https://h":                           requirements.KindOption,
		"--unknown":                                      requirements.KindOption,
		"-x":                                             requirements.KindOption,
		"--pre=1":                                        requirements.KindOption,
		"--index-url":                                    requirements.KindOption,
		"--no-binary :all:":                              requirements.KindOption,
		"-C a=b":                                         requirements.KindOption,
		"--all-releases a":                               requirements.KindOption,
		"a==1 --hash=md5:d41d8cd98f00b204e9800998ecf8427e": requirements.KindHash,
		"a==1 --hash=SHA256:" + hashA[7:]:                  requirements.KindHash,
		"a==1 --hash=sha256:":                              requirements.KindHash,
		"a==1 --hash=sha256:somehash":                      requirements.KindHash,
		"a==1 --hash=" + hashA[7:]:                         requirements.KindHash,
		"a==1 --hash=sha256:" + strings.Repeat("g", 64):    requirements.KindHash,
		"https://h/a-1-py3-none-any.whl#sha256=x":          requirements.KindHash,
		"b==2#notcomment":                                  requirements.KindSyntax,
		"a = 1":                                            requirements.KindSyntax,
		"a==1 --hash='sha256":                              requirements.KindSyntax,
		"a==1\t--hash=" + hashA:                            requirements.KindSyntax,
		"a @ https://h/${LINES}/a-1-py3-none-any.whl":      requirements.KindVariable,
		"foo_==1":              requirements.KindSyntax,
		"-r missing.txt":       requirements.KindInclude,
		"-r r.txt":             requirements.KindInclude,
		"-r ./x/../r.txt":      requirements.KindInclude,
		"-r https://h/b.txt":   requirements.KindInclude,
		"# coding: latin-1\na": requirements.KindEncoding,
		"a\xff":                requirements.KindEncoding,
		"\xff\xfea\x00":        requirements.KindEncoding,
		"a; python_version ~= 'x' and " + deep(200):        requirements.KindSyntax,
		"-c constraint_extras.txt":                         requirements.KindConstraint,
		"a @ https://h/a-1-py3-none-any.whl;v=1":           requirements.KindSyntax,
		"a @ https://h/x;v=1/a-1-py3-none-any.whl":         requirements.KindSyntax,
		"a @ https://h/a-1-py3-none-any.whl;;":             requirements.KindSyntax,
		"a==1;;":                                           requirements.KindSyntax,
		"a==1; ;":                                          requirements.KindSyntax,
		"a;os_name=='posix';":                              requirements.KindSyntax,
		";":                                                requirements.KindSyntax,
		";os_name=='posix'":                                requirements.KindSyntax,
		"https://h/a-1-py3-none-any.whl;":                  requirements.KindURL,
		"https://h/a-1-py3-none-any.whl ;":                 requirements.KindURL,
		"https://h/a-1-py3-none-any.whl;os_name=='posix'":  requirements.KindURL,
		"https://h/a-1-py3-none-any.whl ;os_name=='posix'": requirements.KindURL,
		"https://h/a-1-py3-none-any.whl;v=1/b-1-py3-none-any.whl ; os_name": requirements.KindSyntax,
	} {
		texts := map[string]string{"r.txt": text, "constraint_extras.txt": "a[x]==1", "b.txt": "b", "c.txt": "c"}
		f, err := parse(texts, requirements.Options{})
		list := requirements.ListProblems(err)
		if f != nil || len(list) != 1 || list[0].Kind != want {
			t.Errorf("%q: %v, want a problem of kind %s", text, err, want)
		}
	}
}

func deep(n int) string { return strings.Repeat("(", n) + "os_name=='x'" + strings.Repeat(")", n) }

// TestEveryProblemIsListed pins file, line and text of each, over nested files.
func TestEveryProblemIsListed(t *testing.T) {
	_, err := parse(map[string]string{
		"r.txt":     "ok==1\n-e .\n\n-r sub/b.txt\n.\n",
		"sub/b.txt": "git+https://user:hunter2@h/r?token=abc\n-r c.txt\nfine\n",
		"sub/c.txt": "x=1",
	}, requirements.Options{})
	want := `r.txt:2: "-e .": an editable project is not a wheel
sub/b.txt:1: "git+https://****@h/r?****": a git repository is not a wheel
sub/c.txt:1: not a requirement: column 2: expected a comma, a semicolon or the end
r.txt:5: ".": a project's directory is not a wheel`
	if err == nil {
		t.Fatal("no error")
	}
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
}

// TestSemicolons holds that messages about semicolons say what is wrong.
func TestSemicolons(t *testing.T) {
	for text, want := range map[string]string{
		wheelA + ";":                             `r.txt:1: "https://h/a-1-py3-none-any.whl;": a semicolon behind a URL must be followed by a blank and a marker`,
		wheelA + " ;":                            `r.txt:1: "https://h/a-1-py3-none-any.whl ;": a semicolon behind a URL must be followed by a blank and a marker`,
		wheelA + " ;os_name=='posix'":            `r.txt:1: "https://h/a-1-py3-none-any.whl ;os_name=='posix'": a semicolon behind a URL must be followed by a blank and a marker`,
		"a @ " + wheelA + ";v=1":                 `r.txt:1: not a requirement: in the marker behind the URL: column 1: expected a marker variable or a quoted string`,
		"a @ https://h/x;v/a-1-py3-none-any.whl": `r.txt:1: not a requirement: in the marker behind the URL: column 1: expected a marker variable or a quoted string`,
		"a==1; os_name=='x' os_name":             `r.txt:1: not a requirement: column 20: expected the end of the marker`,
	} {
		if _, err := parse(map[string]string{"r.txt": text}, requirements.Options{}); err == nil || err.Error() != want {
			t.Errorf("%s:\n got %v\nwant %s", text, err, want)
		}
	}
}

func TestSecretsStayOut(t *testing.T) {
	for _, text := range []string{
		"hunter2 s3cret", "machine h login u password s3cret", "-i https://${TOKEN_1}@h ${TOKEN_1}", "-f https://h/${TOKEN_1}",
		"a @ https://u:${TOKEN_1}@h/x.zip", "${TOKEN_1} x", "a==${TOKEN_1}", "a @ https://h/x.zip?k=${TOKEN_1}",
		"a; os_name == ${TOKEN_1}", "a==1 --${TOKEN_1}", "-r ${TOKEN_1}.txt", "https://u:s3cret@h/x",
		"https://u:s3#cret@h/x.whl", "-i https://u:s3cret@h -i https://h", "a[${TOKEN_1}",
	} {
		_, err := parse(map[string]string{"r.txt": text}, requirements.Options{})
		if err == nil {
			t.Errorf("%q is taken", text)
		} else if strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "s3#") {
			t.Errorf("%q leaks: %v", text, err)
		}
	}
}

func TestFileOptions(t *testing.T) {
	f, err := parse(map[string]string{
		"r.txt": "-i https://one\n--extra-index-url=https://two --extra-index-url 'https://three'\n-r sub/b.txt\n" +
			"--trusted-host h\n--prefer-binary\n--only-binary :all:\n--no-binary :none:\n-c c.txt\n",
		"sub/b.txt": "--pypi-url https://one/\n-f ./wheels\n-f /abs\n--find-links https://links\n--pre\n--require-hashes\n",
		"c.txt":     "a<2\n",
	}, requirements.Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintln(f.IndexURL, f.ExtraIndexURLs, f.FindLinks, f.NoIndex.IsZero(), f.Pre, f.RequireHashes, brief(f.Constraints))
	want := "{https://one r.txt 1} [{https://two r.txt 2} {https://three r.txt 2}] " +
		"[{./wheels sub/b.txt 2} {/abs sub/b.txt 3} {https://links sub/b.txt 4}] true true true [c.txt:1 a<2]\n"
	if got != want {
		t.Errorf("options are\n%swant\n%s", got, want)
	}
	f, err = parse(map[string]string{"r.txt": "-i https://one\n--no-index\n-f ./w"}, requirements.Options{})
	if err != nil || f.NoIndex.Line != 2 || f.IndexURL.Line != 1 || len(f.FindLinks) != 1 {
		t.Errorf("--no-index leaves %+v, %v", f, err)
	}
	_, err = parse(map[string]string{"r.txt": "-i https://u:s3cret@one\n-r b.txt", "b.txt": "-i https://two"}, requirements.Options{})
	if want := `b.txt:1: "-i https://two": a second index; pip would silently drop the one at r.txt:1`; fmt.Sprint(err) != want {
		t.Errorf("a second index: %v\nwant %s", err, want)
	}
}

// TestOptionsThatAreNotFollowed holds every option that pip takes to be
// followed, noted with its place, or refused.
func TestOptionsThatAreNotFollowed(t *testing.T) {
	for option, want := range map[string]string{
		"--only-binary :all:":           "",
		"--only-binary a,b":             "",
		"--prefer-binary":               "",
		"--no-binary :none:":            "",
		"--pre":                         "",
		"--all-releases :all:":          "",
		"--require-hashes":              "",
		"--trusted-host h":              "r.txt:2: \"--trusted-host h\": --trusted-host is ignored: certificates are always verified",
		"--no-require-hashes":           "r.txt:2: \"--no-require-hashes\": --no-require-hashes is ignored: a lock without hashes is not accepted",
		"--use-feature fast-deps":       "r.txt:2: \"--use-feature fast-deps\": --use-feature has no effect",
		"--only-final :all:":            "r.txt:2: \"--only-final :all:\": --only-final is ignored for requirements",
		"--no-binary :all:":             "error: r.txt:2: \"--no-binary :all:\": nothing is built",
		"--config-settings a=b":         "error: r.txt:2: \"--config-settings a=b\": nothing is built",
		"--only-final a":                "error: r.txt:2: \"--only-final a\": only --only-final :all: is supported",
		"--uploaded-prior-to 2020-01-1": "error: r.txt:2: \"--uploaded-prior-to 2020-01-1\": unknown option",
	} {
		f, err := parse(map[string]string{"r.txt": "a==1\n" + option}, requirements.Options{})
		got := ""
		switch {
		case err != nil:
			got = "error: " + err.Error()
		case len(f.Notes) > 0:
			got = f.Notes[0].Error()
		}
		if !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%s: got %q, want %q", option, got, want)
		}
	}
}

func TestBounds(t *testing.T) {
	bomb := map[string]string{"r.txt": "-r f0.txt\n-r f0.txt"}
	for i := range 14 {
		bomb[fmt.Sprintf("f%d.txt", i)] = fmt.Sprintf("-r f%d.txt\n-r f%d.txt", i+1, i+1)
	}
	bomb["f14.txt"] = "a"
	deepFiles := map[string]string{"r.txt": "-r 0.txt"}
	for i := range 20 {
		deepFiles[fmt.Sprintf("%d.txt", i)] = fmt.Sprintf("-r %d.txt", i+1)
	}
	half := strings.Repeat("#", 9<<20)
	for name, texts := range map[string]map[string]string{
		"doubling": bomb,
		"depth":    deepFiles,
		"lines":    {"r.txt": strings.Repeat("\n", 300_000)},
		"size":     {"r.txt": "-r b.txt\n" + half, "b.txt": half},
	} {
		_, err := parse(texts, requirements.Options{})
		list := requirements.ListProblems(err)
		if len(list) == 0 || list[0].Kind != requirements.KindLimit {
			t.Errorf("%s: %v, want a limit", name, err)
		}
	}
}

// TestBoundedTime holds inputs that would take minutes were a step quadratic.
func TestBoundedTime(t *testing.T) {
	const n = 100_000
	hashes := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, " --hash=sha256:%064x", i)
		}
		return b.String()
	}
	for name, text := range map[string]string{
		"blanks":        "a" + strings.Repeat(" ", n) + "b",
		"continuations": strings.Repeat("a \\\n", n),
		"comments":      "a #" + strings.Repeat("\n #", n),
		"marks":         strings.Repeat("x#", n),
		"variables":     strings.Repeat("${", n) + strings.Repeat("}", n),
		"quotes":        "--pre " + strings.Repeat("'' ", n),
		"hashes":        "a==1" + hashes(n) + "\n-c c.txt",
		"brackets":      "a" + strings.Repeat("[", n),
		"parentheses":   "a; " + strings.Repeat("(", n),
		"URLs":          strings.Repeat("https://@", n),
		"problems":      strings.Repeat(".\n", n),
	} {
		start := time.Now()
		f, err := parse(map[string]string{"r.txt": text, "c.txt": "a" + hashes(n)}, requirements.Options{})
		if err == nil {
			_, _ = requirements.Pins(f, arm64)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%s take %v", name, took)
		}
		if len(requirements.ListProblems(err)) > 1001 {
			t.Errorf("%s make %d problems", name, len(requirements.ListProblems(err)))
		}
	}
}

func TestMissingFileAndCancel(t *testing.T) {
	if _, err := parse(nil, requirements.Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file gives %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := requirements.Parse(ctx, "r.txt", files(map[string]string{"r.txt": "a"}), requirements.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled parse gives %v", err)
	}
}
