package base

import (
	"strings"
	"testing"
)

func TestFit(t *testing.T) {
	facts := func(change func(*Facts)) *Facts {
		f := &Facts{
			Python: Python{Minor: "3.10", Executable: "/usr/bin/python3", SitePackages: "/s"}, Libc: Libc{"glibc", "2.36"},
			Passwd: []byte("root"), Links: map[string]string{"/bin": "usr/bin"},
			Packages: []Package{{Name: "a", Version: "1"}}, Dists: []Dist{{Name: "pip", Version: "23", Dir: "/s/pip-23.dist-info"}},
		}
		if change != nil {
			change(f)
		}
		return f
	}
	owned := map[string]bool{"/etc/passwd": true, "/var/lib/dpkg/status": true, "/s/pip-23.dist-info": true}
	for _, tt := range []struct {
		name   string
		change func(*Facts)
		owned  map[string]bool
		want   string
	}{
		{"the same", nil, owned, ""},
		{"another Python", func(f *Facts) { f.Python.Minor = "3.11" }, nil, "Python is 3.11, and was 3.10"},
		{"another patch of Python", func(f *Facts) { f.Python.Version = "3.10.20" }, owned, ""},
		{"other directories", func(f *Facts) { f.Python.SitePackages = "/t" }, nil, "the directory of packages"},
		{"musl", func(f *Facts) { f.Libc = Libc{"musl", "1.2"} }, nil, "the C library is musl"},
		{"an older glibc", func(f *Facts) { f.Libc.Version = "2.31" }, nil, "glibc is 2.31, and was 2.36"},
		{"a newer glibc", func(f *Facts) { f.Libc.Version = "2.100" }, owned, ""},
		{"a link", func(f *Facts) { f.Links = nil }, nil, "/bin leads to none"},
		{"other accounts", func(f *Facts) { f.Passwd = []byte("x") }, owned, "/etc/passwd has other accounts"},
		{"other accounts, and none of its own", func(f *Facts) { f.Passwd = []byte("x") }, nil, ""},
		{"packages", func(f *Facts) { f.Packages[0].Version = "2" }, owned, "dpkg's database"},
		{"packages, and none of its own", func(f *Facts) { f.Packages[0].Version = "2" }, nil, ""},
		{"what it removes", func(f *Facts) { f.Dists[0] = Dist{Name: "pip", Version: "24", Dir: "/s/pip-24.dist-info"} }, owned, "pip 24"},
		{"what it leaves", func(f *Facts) { f.Dists[0] = Dist{Name: "pip", Version: "24", Dir: "/s/pip-24.dist-info"} }, nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := strings.Join(Fit(facts(nil), facts(tt.change), tt.owned), "\n")
			if (tt.want == "") != (got == "") || !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
