package adopt

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/assemble-image/assemble/internal/adopt/draft"
	"github.com/assemble-image/assemble/internal/config"
)

// one makes a config of a Dockerfile alone.
func one(t testing.TB, dockerfile string, opt Options) (*Result, error) {
	t.Helper()
	return Directory(unpack(t, &txtar.Archive{Files: []txtar.File{{Name: "Dockerfile", Data: []byte(dockerfile)}}}), opt)
}

// TestOddDockerfiles holds that what is odd, or wrong in itself, ends in a valid
// config with a way out for each step, and never in an invalid one.
func TestOddDockerfiles(t *testing.T) {
	for name, text := range map[string]string{
		"wrong names":      "FROM python:3.12\nUSER Bad-User:Grp\nENV 1A=b A-B=c\nLABEL 'a b'=c\nEXPOSE 0 99999 x 8000-7000 53/udp\nVOLUME relative ../x\n",
		"same port twice":  "FROM python:3.12\nEXPOSE 80 80/tcp\nEXPOSE 80\n",
		"same place twice": "FROM python:3.12\nCOPY a /app\nCOPY b /app\nCOPY a/ /app/\nCOPY b/ /app/\nRUN mkdir /app /app\n",
		"the root":         "FROM python:3.12\nWORKDIR /\nCOPY . /\nRUN mkdir -p / && chown -R 1000 /\nUSER 1000\n",
		"outside":          "FROM python:3.12\nCOPY ../../etc/passwd /app/\nCOPY /abs /app/\nADD ../x.tar.gz /\n",
		"no words":         "FROM python:3.12\nRUN\nCMD\nENTRYPOINT []\nCMD []\nCOPY\nENV\nUSER\nEXPOSE\nHEALTHCHECK\nSHELL []\nVOLUME []\n",
		"yaml in comments": "FROM python:3.12\nRUN make \"\u2028x: y\"\nLABEL a=\"x\\\nuser: root\"\nENV A=\"b # c\" B=\": \" C='{a: [b' D=\"- e\" E=\"!!x\" F=\"&a *b\" G=\"%\" H=\"`\"\n",
		"numbers":          "FROM python:3.12\nENV A=3.10 B=yes C=null D=~ E=0x1 F=1e3 G=.inf H=2020-01-01 I=01 J=\"\" K=\" a \" L=\"a\tb\"\nCMD [\"yes\", \"1\", \"3.10\", \"\", \"a\\nb\", \"-\", \"?\"]\n",
		"huge user":        "FROM python:3.12\nRUN useradd -u 99999999999 big && groupadd -g -1 neg && useradd -u 0 -o zero\nUSER big\n",
		"user zero":        "FROM python:3.12\nRUN useradd -u 0 -o zero\nUSER zero\n",
		"root":             "FROM python:3.12\nUSER root\n",
		"unset":            "FROM python:${V}\nWORKDIR $X/y\nUSER ${U}\nEXPOSE $PORT\nCOPY $SRC /app\nENV A=$B\n",
		"base is a stage":  "FROM a AS a\nFROM a\nCOPY --from=a /x /y\nCOPY --from=0 /x /y\nCOPY --from=9 /x /y\nCOPY --from=b /x /y\n",
		"scratch":          "FROM scratch\nCOPY x /x\n",
		"windows":          "# escape=`\r\nFROM python:3.12\r\nRUN apt-get update `\r\n  && apt-get install -y libpq5\r\nWORKDIR /app\r\n",
		"heredocs":         "FROM python:3.12\nCOPY <<A <<B /x/\na\nA\nb\nB\nRUN <<EOF\nuseradd x\nmake\nEOF\nRUN cat <<EOF > /etc/x\ny\nEOF\nRUN python3 <<EOF\nprint()\nEOF\nUSER x\n",
		"continuations":    "FROM python:3.12\nRUN a \\\n\n\n  && b \\\n# c\n  && d\nENV A=1 \\\n  # x\n  B=2\n",
		"bombs":            "FROM python:3.12\nENV A=aaaaaaaaaaaaaaaa\n" + strings.Repeat("ENV A=$A$A$A$A\n", 40) + "SHELL [\"bash\",\"-c\"]\nRUN mkdir -p " + strings.Repeat("{a,b}", 40) + "\n",
		"secret":           "FROM python:3.12\nENV DB_PASSWORD=hunter2 API_TOKEN=x DATABASE_URL=postgres://u:hunter2@db/x\nRUN pip install --index-url https://u:hunter2@pypi.example.com/simple x\nRUN curl https://u:hunter2@x.example.com | sh\nARG TOKEN=hunter2\nENV GH=${TOKEN} OK=1\n",
		"on build":         "FROM python:3.12\nONBUILD RUN x\nMAINTAINER me\nSTOPSIGNAL BOGUS\nHEALTHCHECK NONE\nFOO bar\n",
		"dollars":          "FROM python:3.12\nENV A='$x' B=\\$y C=\"${PATH}:${NOPE:-d}\" D=\"a$\"\nCMD echo $HOME && x\nCMD [\"sh\", \"-c\", \"$A\"]\n",
		"long":             "FROM python:3.12\nRUN " + strings.Repeat("make x && ", 1900) + "true\n",
		"many packages":    "FROM python:3.12\nRUN apt-get install -y" + strings.Repeat(" a1", 3000) + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			r, err := one(t, text, Options{})
			if err != nil {
				if strings.Contains(err.Error(), "\n") || name != "bombs" {
					t.Fatal(err)
				}
				return
			}
			if _, err := config.Parse("x/assemble.yaml", r.Config); err != nil {
				t.Errorf("%v\n%s", err, r.Config)
			}
			for _, s := range r.Steps {
				if s.Status != draft.Carried && s.Note == "" || s.Status == draft.Carried && s.Field == "" {
					t.Errorf("nothing says what became of %+v", s)
				}
			}
			if strings.Contains(string(r.Config), "hunter2") {
				t.Errorf("a secret is in the config:\n%s", r.Config)
			}
			for _, s := range r.Steps {
				if strings.Contains(s.Text+s.Note, "hunter2") {
					t.Errorf("a secret is in a step: %+v", s)
				}
			}
		})
	}
}

func TestDockerfilesThatAreNone(t *testing.T) {
	for text, want := range map[string]string{
		"":                         "no instructions",
		"RUN x\n":                  "line 1: RUN stands before the first FROM",
		"FROM a\x00":               "not text",
		"FROM a\nRUN <<EOF\nx\n":   "unterminated heredoc",
		strings.Repeat("#", 1<<20): "larger than",
		"FROM a AS b\nFROM\n":      "line 2:",
	} {
		_, err := one(t, text, Options{})
		var file *FileError
		if !errors.As(err, &file) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.20q: %v, want %q", text, err, want)
		}
	}
	if _, err := one(t, "FROM a AS b\n", Options{Target: "c"}); err == nil || !strings.Contains(err.Error(), `there is no stage "c"; there are b`) {
		t.Error(err)
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "Dockerfile"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Directory(dir, Options{}); err == nil {
		t.Error("a directory passes for a Dockerfile")
	}
	if _, err := Directory(filepath.Join(dir, "nowhere"), Options{}); err == nil {
		t.Error("a directory that isn't there has a config")
	}
}

// FuzzDirectory holds that any Dockerfile and any Compose file end in a config
// that is valid, or in one line of an error; and that a secret stays out.
func FuzzDirectory(f *testing.F) {
	names, err := filepath.Glob("testdata/shapes/*.txtar")
	if err != nil || len(names) == 0 {
		f.Fatal(names, err)
	}
	for _, name := range names {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(archive.Files[0].Data, []byte("services: {web: {build: ., ports: ['80:8000'], environment: {A: b}}}"))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, dockerfile, compose []byte) {
		for name, data := range map[string][]byte{"Dockerfile": dockerfile, "compose.yaml": compose} {
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		r, err := Directory(dir, Options{})
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Fatalf("%q", err)
			}
			return
		}
		if _, err := config.Parse(filepath.Join(dir, "assemble.yaml"), r.Config); err != nil {
			t.Fatalf("%v\n%s", err, r.Config)
		}
	})
}
