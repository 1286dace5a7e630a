package git

import (
	"strings"
	"testing"
)

func tagObject(target string) string {
	return "object " + target + "\ntype commit\ntag v1\ntagger T <t@example.com> 1 +0000\n\nrelease\n"
}

func TestDescribe(t *testing.T) {
	for name, tt := range map[string]struct {
		repo        func(r *testRepo, commit string)
		tag, source string
	}{
		"nothing": {func(*testRepo, string) {}, "", ""},
		"loose":   {func(r *testRepo, c string) { r.write(".git/refs/tags/v1.2.0", c+"\n") }, "v1.2.0", ""},
		"annotated": {func(r *testRepo, c string) {
			r.write(".git/refs/tags/v1.2.0", r.loose(kindTag, tagObject(c)).String()+"\n")
		}, "v1.2.0", ""},
		"packed": {func(r *testRepo, c string) {
			r.write(".git/packed-refs", "# pack-refs with: peeled fully-peeled sorted\n"+strings.Repeat("a", 40)+" refs/tags/v2\n"+
				strings.Repeat("b", 40)+" refs/tags/v3\n^"+c+"\n"+c+" refs/heads/v9\n")
		}, "v3", ""},
		"moved since it was packed": {func(r *testRepo, c string) {
			r.write(".git/packed-refs", c+" refs/tags/v3\n")
			r.write(".git/refs/tags/v3", strings.Repeat("a", 40)+"\n")
		}, "", ""},
		"several": {func(r *testRepo, c string) {
			for _, tag := range []string{"v1.9.0", "v1.10.0-rc1", "v1.10.0", "latest", "release/v1.2"} {
				r.write(".git/refs/tags/"+tag, c)
			}
		}, "v1.10.0", ""},
		"of another commit": {func(r *testRepo, _ string) { r.write(".git/refs/tags/v1", strings.Repeat("a", 40)) }, "", ""},
		"no name":           {func(r *testRepo, _ string) { r.write(".git/refs/tags/v1", "../../etc/passwd") }, "", ""},
		"a loop": {func(r *testRepo, _ string) {
			r.write(".git/refs/tags/v1", r.loose(kindTag, "object "+strings.Repeat("c", 40)+"\ntype tag\n\n").String())
		}, "", ""},
		"https": {func(r *testRepo, _ string) {
			r.write(".git/config", "[core]\n\tbare = false\n[remote \"other\"]\n\turl = https://no.example.com/x\n[remote \"origin\"]\n\turl = https://me:hushhush@git.example.com:8443/team/app.git\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n")
		}, "", "https://git.example.com:8443/team/app"},
		"scp":          {origin("git@git.example.com:team/app.git"), "", "https://git.example.com/team/app"},
		"ssh":          {origin("ssh://git@git.example.com:2222/team/app.git/"), "", "https://git.example.com/team/app"},
		"path":         {origin("/srv/git/app.git"), "", ""},
		"relative":     {origin("../app.git"), "", ""},
		"file":         {origin("file:///srv/git/app.git"), "", ""},
		"helper":       {origin("ext::sh -c evil"), "", ""},
		"query secret": {origin("https://git.example.com/a?token=geheim"), "", "https://git.example.com/a"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRepo(t)
			c := r.loose(kindCommit, commit("1700000000", "x")).String()
			r.write(".git/refs/heads/main", c+"\n")
			tt.repo(r, c)
			got, err := Describe(r.dir)
			if err != nil || got.Tag != tt.tag || got.Source != tt.source || got.ID != c {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func origin(url string) func(*testRepo, string) {
	return func(r *testRepo, _ string) { r.write(".git/config", "[remote \"origin\"]\n\turl = "+url+"\n") }
}
