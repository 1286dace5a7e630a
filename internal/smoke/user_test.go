package smoke

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

var testAccounts = accountFiles{
	passwd: []byte("root:x:0:0:root:/root:/bin/sh\nappuser:x:1000:1001::/app:/bin/sh\n"),
	group:  []byte("root:x:0:\napp:x:1001:\nvideo:x:44:appuser,root\naudio:x:29:appuser\n"),
}

func TestResolveUser(t *testing.T) {
	type ids struct {
		UID, GID int
		More     []int
	}
	for _, tt := range []struct {
		spec     string
		accounts accountFiles
		want     ids
	}{
		{"", testAccounts, ids{0, 0, []int{44}}},
		{"root", testAccounts, ids{0, 0, []int{44}}},
		{"appuser", testAccounts, ids{1000, 1001, []int{44, 29}}},
		{"1000", testAccounts, ids{1000, 1001, []int{44, 29}}},
		{"1000:0", testAccounts, ids{1000, 0, nil}},
		{"appuser:video", testAccounts, ids{1000, 44, nil}},
		{"4711", testAccounts, ids{4711, 0, nil}},
		{"4711:4712", accountFiles{}, ids{4711, 4712, nil}},
		{"", accountFiles{}, ids{0, 0, nil}},
		{"2147483647", accountFiles{}, ids{2147483647, 0, nil}},
	} {
		t.Run(tt.spec, func(t *testing.T) {
			u, err := resolveUser(tt.spec, tt.accounts)
			if err != nil {
				t.Fatal(err)
			}
			got := ids{u.Uid, u.Gid, append([]int(nil), u.Sgids...)}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestResolveUserErrors(t *testing.T) {
	for _, spec := range []string{
		"nobody-here", "appuser:nogroup", "4294967296", "4294967295", "2147483648", "65536000000000000000000",
		"-1", "+0", "0x0:0", "1000:", ":1000", "1000:4294967296", "a b", "a\nb", "a:b:c", "root\x00", " 0", "../x",
	} {
		if u, err := resolveUser(spec, testAccounts); err == nil || u != nil {
			t.Errorf("user %q: got %+v, want an error", spec, u)
		}
	}
	for _, spec := range []string{"root", "appuser:1"} {
		if u, err := resolveUser(spec, accountFiles{}); err == nil {
			t.Errorf("user %q without accounts: got %+v, want an error", spec, u)
		}
	}
}

// FuzzResolveUser: whatever the image says, ids are those of the file or the
// numbers named, and never root's by accident.
func FuzzResolveUser(f *testing.F) {
	for _, s := range []string{"appuser", "1000:1000", "4294967296", "-0", "٠", "1000:", "0 "} {
		f.Add(s, testAccounts.passwd, testAccounts.group)
	}
	f.Add("x", []byte("x:x:4294967296:0:::\n"), []byte("::::"))
	f.Fuzz(func(t *testing.T, spec string, passwd, group []byte) {
		u, err := resolveUser(spec, accountFiles{passwd, group})
		if err != nil {
			if u != nil {
				t.Fatalf("%+v with error %v", u, err)
			}
			return
		}
		if u.Uid < 0 || u.Gid < 0 || int64(u.Uid) > 1<<31-1 || int64(u.Gid) > 1<<31-1 {
			t.Fatalf("user %q: %d:%d", spec, u.Uid, u.Gid)
		}
	})
}
