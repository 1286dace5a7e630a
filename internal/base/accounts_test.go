package base_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/embeddedbase"
)

func TestAccounts(t *testing.T) {
	facts := read(t, embeddedbase.Options{})
	for _, tt := range []struct {
		name          string
		user          base.UserSpec
		passwd, group string // what is added
	}{
		{"new", base.UserSpec{Name: "appuser", UID: 1000, GID: 1000}, "appuser:x:1000:1000::/home/appuser:/usr/sbin/nologin\n", "appuser:x:1000:\n"},
		{"home", base.UserSpec{Name: "app.User-1", UID: 7, GID: 7, Home: "/app"}, "app.User-1:x:7:7::/app:/usr/sbin/nologin\n", "app.User-1:x:7:\n"},
		{"group is there", base.UserSpec{Name: "appuser", UID: 1000, GID: 100}, "appuser:x:1000:100::/home/appuser:/usr/sbin/nologin\n", ""},
		{"both are there", base.UserSpec{Name: "nobody", UID: 65534, GID: 65534}, "", ""},
		{"the largest number", base.UserSpec{Name: "u", UID: 1<<31 - 1, GID: 0}, "u:x:2147483647:0::/home/u:/usr/sbin/nologin\n", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			passwd, group, changed, err := base.Accounts(facts, nil, []base.UserSpec{tt.user})
			if err != nil {
				t.Fatal(err)
			}
			if want := string(facts.Passwd) + tt.passwd; string(passwd) != want {
				t.Errorf("passwd is %q, want %q", passwd, want)
			}
			if want := string(facts.Group) + tt.group; string(group) != want {
				t.Errorf("group is %q, want %q", group, want)
			}
			if want := tt.passwd+tt.group != ""; changed != want {
				t.Errorf("changed is %v", changed)
			}
		})
	}
}

func TestAccountsKeepTheBasesBytes(t *testing.T) {
	raw := []byte("root:x:0:0::/root:/bin/sh\n+::::::\nno line feed")
	spare := append(make([]byte, 0, 1000), raw...)
	passwd, group, _, err := base.Accounts(&base.Facts{Passwd: spare}, nil, []base.UserSpec{{Name: "u", UID: 5, GID: 5}})
	if err != nil {
		t.Fatal(err)
	}
	if want := string(raw) + "\nu:x:5:5::/home/u:/usr/sbin/nologin\n"; string(passwd) != want {
		t.Errorf("passwd is %q", passwd)
	}
	if string(group) != "u:x:5:\n" {
		t.Errorf("group is %q", group)
	}
	if got := spare[:cap(spare)]; !bytes.Equal(got[:len(raw)], raw) || got[len(raw)] != 0 {
		t.Error("the facts' own memory was written to")
	}
}

func TestAccountsContradictions(t *testing.T) {
	facts := read(t, embeddedbase.Options{})
	for _, tt := range []struct {
		name string
		user base.UserSpec
		want []string
	}{
		{"name with another number", base.UserSpec{Name: "www-data", UID: 1000, GID: 33}, []string{"33:33", "1000:33"}},
		{"name with another group", base.UserSpec{Name: "www-data", UID: 33, GID: 100}, []string{"33:33", "33:100"}},
		{"number of another", base.UserSpec{Name: "app", UID: 33, GID: 33}, []string{`"www-data"`, `"app"`, "33"}},
		{"root's number", base.UserSpec{Name: "app", UID: 0, GID: 0}, []string{`"root"`}},
		{"group with another number", base.UserSpec{Name: "staff", UID: 1000, GID: 1000}, []string{`"staff"`, "50", "1000"}},
		{"both at once", base.UserSpec{Name: "staff", UID: 33, GID: 1000}, []string{`"www-data"`, `group "staff"`}},
		{"number wraps to root", base.UserSpec{Name: "app", UID: 1 << 31, GID: 5}, []string{"2147483648"}},
		{"negative", base.UserSpec{Name: "app", UID: 5, GID: -1}, []string{"-1"}},
		{"colon in name", base.UserSpec{Name: "a:b", UID: 5, GID: 5}, []string{`"a:b"`}},
		{"empty name", base.UserSpec{UID: 5, GID: 5}, []string{"name"}},
		{"number as name", base.UserSpec{Name: "1000", UID: 5, GID: 5}, []string{"name"}},
		{"line in home", base.UserSpec{Name: "app", UID: 5, GID: 5, Home: "/a\nroot2:x:0:0"}, []string{"home"}},
		{"relative home", base.UserSpec{Name: "app", UID: 5, GID: 5, Home: "app"}, []string{"home"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			passwd, group, changed, err := base.Accounts(facts, nil, []base.UserSpec{tt.user})
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error lacks %s: %v", want, err)
				}
			}
			if passwd != nil || group != nil || changed {
				t.Error("something besides the error is returned")
			}
		})
	}
}

func TestSeveralAccounts(t *testing.T) {
	facts := &base.Facts{
		Passwd: []byte("root:x:0:0:root:/root:/bin/sh\n"), Group: []byte("root:x:0:\nvideo:x:44:a,b"),
		Users: []base.User{{Name: "root"}}, Groups: []base.Group{{Name: "root"}, {Name: "video", GID: 44}},
	}
	for _, tt := range []struct {
		name          string
		groups        []base.GroupSpec
		users         []base.UserSpec
		passwd, group string // what is added; or the error, after "error: "
	}{
		{"none", nil, nil, "", "root:x:0:\nvideo:x:44:a,b"},
		{"known", []base.GroupSpec{{"video", 44}}, []base.UserSpec{{Name: "root"}}, "", "root:x:0:\nvideo:x:44:a,b"},
		{
			"two users of a new group",
			[]base.GroupSpec{{"media", 50}},
			[]base.UserSpec{{Name: "a", UID: 1, GID: 50, Shell: "/bin/sh"}, {Name: "b", UID: 2, GID: 2, Groups: []string{"media", "a", "video"}}},
			"error: ", `no group "a"`,
		},
		{
			"members",
			[]base.GroupSpec{{"media", 50}},
			[]base.UserSpec{{Name: "a", UID: 1, GID: 50, Shell: "/bin/sh"}, {Name: "c", UID: 2, GID: 2, Groups: []string{"media", "video", "video"}}},
			"a:x:1:50::/home/a:/bin/sh\nc:x:2:2::/home/c:/usr/sbin/nologin\n",
			"root:x:0:\nvideo:x:44:a,b,c\nmedia:x:50:c\nc:x:2:\n",
		},
		{"the same number", nil, []base.UserSpec{{Name: "a", UID: 1, GID: 1}, {Name: "b", UID: 1, GID: 1}}, "error: ", `user ID 1 belongs to "a"`},
		{"the group's number is another's", []base.GroupSpec{{"media", 44}}, nil, "error: ", `group ID 44 belongs to "video"`},
		{"the group has another number", []base.GroupSpec{{"video", 45}}, nil, "error: ", "has that group with ID 44, not 45"},
		{"a line in the shell", nil, []base.UserSpec{{Name: "a", UID: 1, GID: 1, Shell: "/bin/sh\nroot2::0:0::/:/bin/sh"}}, "error: ", "shell"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			passwd, group, changed, err := base.Accounts(facts, tt.groups, tt.users)
			if tt.passwd == "error: " {
				if err == nil || !strings.Contains(err.Error(), tt.group) {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if want := string(facts.Passwd) + tt.passwd; string(passwd) != want || string(group) != tt.group {
				t.Errorf("got\n%s\nand\n%s", passwd, group)
			}
			if changed != (tt.passwd != "") {
				t.Errorf("changed: %v", changed)
			}
		})
	}
}
