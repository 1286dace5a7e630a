package mimedb

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func sources(t testing.TB, dir string) []File {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "packages", "*"))
	if err != nil {
		t.Fatal(err)
	}
	var list []File
	for _, p := range paths {
		data, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, File{Path: filepath.Base(p), Data: data})
	}
	return list
}

// same compares what is made of a database's sources with what lies in it.
func same(t *testing.T, dir string) (problems []error) {
	t.Helper()
	files, problems := Compile(sources(t, dir))
	made := map[string]bool{}
	for _, f := range files {
		made[f.Path] = true
		want, err := os.ReadFile(filepath.Join(dir, f.Path))
		if err != nil || !bytes.Equal(want, f.Data) {
			t.Errorf("%s: %d bytes, not the %d that update-mime-database writes (%v)", f.Path, len(f.Data), len(want), err)
		}
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, path)
		if err == nil && !d.IsDir() && !strings.HasPrefix(rel, "packages/") && !made[rel] {
			t.Errorf("%s isn't made", rel)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return problems
}

// TestCompile has what update-mime-database of shared-mime-info 2.2 wrote:
// patterns, magic and tree magic of all kinds, types in several files, overrides,
// and types that aren't right.
func TestCompile(t *testing.T) {
	var text []string
	for _, p := range same(t, "testdata/mime") {
		text = append(text, p.Error())
	}
	if got := strings.Join(text, "\n"); got != `reading "a.xml": the type "text/x-bad": "999" is no number of 8 bits
reading "a.xml": the type "x" is none` {
		t.Error(got)
	}
}

// TestCompileThisMachines compiles the database that is installed here.
func TestCompileThisMachines(t *testing.T) {
	const installed = "/usr/share/mime/packages"
	program, err := exec.LookPath("update-mime-database")
	if err != nil {
		t.Skip("skipped: there is no update-mime-database")
	}
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "packages"), os.DirFS(installed)); err != nil {
		t.Skip("skipped: no database is installed")
	}
	cmd := exec.CommandContext(t.Context(), program, dir)
	cmd.Env = append(os.Environ(), "PKGSYSTEM_ENABLE_FSYNC=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatal(string(out), err)
	}
	if version, err := os.ReadFile(filepath.Join(dir, "version")); err != nil || string(version) != "2.2\n" {
		t.Skipf("skipped: it is of version %s", version)
	}
	if problems := same(t, dir); len(problems) > 0 {
		t.Error(problems)
	}
}

func TestRefused(t *testing.T) {
	for _, text := range []string{
		`<glob/>`, `<glob pattern="*.x" weight="101"/>`, `<magic/>`, `<magic priority="x"><match type="byte" value="1" offset="0"/></magic>`,
		`<magic><match type="byte" value="1" offset="5:2"/></magic>`, `<magic><match type="byte" value="1" offset="-1"/></magic>`,
		`<magic><match type="word" value="1" offset="0"/></magic>`, `<magic><match type="string" value="" offset="0"/></magic>`,
		`<magic><match type="string" value="a\" offset="0"/></magic>`, `<magic><match type="string" value="\xg" offset="0"/></magic>`,
		`<magic><match type="string" value="ab" mask="0xff" offset="0"/></magic>`, `<magic><match type="string" value="a" mask="0xzz" offset="0"/></magic>`,
		`<magic><match type="big16" value="1" mask="x" offset="0"/></magic>`, `<treemagic/>`,
	} {
		d := newDatabase()
		in := `<mime-info xmlns="` + namespace + `"><mime-type type="a/b">` + text + `</mime-type></mime-info>`
		if problems := d.read(strings.NewReader(in)); len(problems) != 1 {
			t.Errorf("%s: %v", text, problems)
		}
	}
	for _, text := range []string{"", "<x/>", "<mime-info/>", `<mime-info xmlns="` + namespace + `">`, strings.Repeat("<a>", 100)} {
		if problems := newDatabase().read(strings.NewReader(text)); len(problems) != 1 && text != "" {
			t.Errorf("%s: %v", text, problems)
		}
	}
	for _, typ := range []string{"", "a", "a/", "/b", "../x", "a/../b", "a/..", "a/b c", "a/b:c", "a/b\n"} {
		if err := newDatabase().mimeType(&element{name: "mime-type", attrs: attrs("type", typ)}); err == nil {
			t.Errorf("%q: no error", typ)
		}
	}
}

// TestLarge has much of everything that is looked for.
func TestLarge(t *testing.T) {
	var b strings.Builder
	b.WriteString(`<mime-info xmlns="` + namespace + `">`)
	for i := range 20_000 {
		fmt.Fprintf(&b, `<mime-type type="a/t%d"><glob pattern="*.x"/><glob pattern="*%c"/></mime-type>`, i, rune(0x4e00+i))
	}
	b.WriteString(`<mime-type type="a/much">`)
	for i := range 50_000 {
		fmt.Fprintf(&b, `<comment xml:lang="l%d">x</comment>`, i)
	}
	b.WriteString(`</mime-type><mime-type type="a/long"><glob pattern="*` + strings.Repeat("x", 100_000) + `"/></mime-type></mime-info>`)
	if _, problems := Compile([]File{{Path: "a.xml", Data: []byte(b.String())}}); len(problems) != 2 {
		t.Error(len(problems))
	}
}

func FuzzCompile(f *testing.F) {
	for _, s := range sources(f, "testdata/mime") {
		f.Add(s.Data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		files, _ := Compile([]File{{Path: "a.xml", Data: data}})
		for _, x := range files {
			if strings.HasPrefix(x.Path, "/") || strings.Contains("/"+x.Path+"/", "/../") {
				t.Errorf("path %q", x.Path)
			}
		}
	})
}

func attrs(name, value string) []xml.Attr {
	return []xml.Attr{{Name: xml.Name{Local: name}, Value: value}}
}
