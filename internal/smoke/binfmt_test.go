package smoke

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

const (
	qemuARM64 = "enabled\ninterpreter /usr/bin/qemu-aarch64-static\nflags: OCF\noffset 0\n" +
		"magic 7f454c460201010000000000000000000200b700\nmask ffffffffffffff00fffffffffffffffffeffffff\n"
	qemuS390X = "enabled\ninterpreter /usr/bin/qemu-s390x-static\nflags: OCF\noffset 0\n" +
		"magic 7f454c4602020100000000000000000000020016\nmask ffffffffffffff00fffffffffffffffffffeffff\n"
	python = "enabled\ninterpreter /usr/bin/python3.11\nflags: \noffset 0\nmagic a70d0d0a\n"
)

func TestCanRun(t *testing.T) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("the cases are an amd64 host's")
	}
	const dir = "proc/sys/fs/binfmt_misc/"
	status := &fstest.MapFile{Data: []byte("enabled")}
	host := func(files map[string]string) fstest.MapFS {
		root := fstest.MapFS{dir + "status": status, dir + "register": {}}
		for name, text := range files {
			root[dir+name] = &fstest.MapFile{Data: []byte(text)}
		}
		return root
	}
	for _, tt := range []struct {
		name     string
		root     fstest.MapFS
		os, arch string
		emulated bool
		want     string
	}{
		{"native", fstest.MapFS{}, "linux", "amd64", false, ""},
		{"32 bit of the same", fstest.MapFS{}, "linux", "386", false, ""},
		{"emulated", host(map[string]string{"python3.11": python, "qemu-aarch64": qemuARM64}), "linux", "arm64", true, ""},
		{"big endian", host(map[string]string{"qemu-s390x": qemuS390X}), "linux", "s390x", true, ""},
		{"not mounted", fstest.MapFS{}, "linux", "arm64", false, "binfmt_misc is not mounted"},
		{"nothing registered", host(map[string]string{"python3.11": python}), "linux", "arm64", false, "no interpreter is registered"},
		{"another's", host(map[string]string{"qemu-s390x": qemuS390X}), "linux", "arm64", false, "no interpreter is registered"},
		{"without F", host(map[string]string{"q": strings.Replace(qemuARM64, "OCF", "OC", 1)}), "linux", "arm64", false, "q is registered in binfmt_misc without the flag F"},
		{"disabled", host(map[string]string{"q": strings.Replace(qemuARM64, "enabled", "disabled", 1)}), "linux", "arm64", false, "q is registered in binfmt_misc but disabled"},
		{"unknown architecture", host(map[string]string{"q": qemuARM64}), "linux", "vax", false, "no emulation for linux/vax"},
		{"another system", fstest.MapFS{}, "windows", "amd64", false, "can't run windows images"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			emulated, err := canRun(tt.root, v1.Platform{OS: tt.os, Architecture: tt.arch})
			if tt.want == "" && err != nil || emulated != tt.emulated {
				t.Fatalf("emulated %v, error %v", emulated, err)
			}
			if _, ok := errors.AsType[*UnavailableError](err); tt.want != "" && (!ok || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("error %v, want an UnavailableError with %q", err, tt.want)
			}
		})
	}
}

func FuzzParseBinfmt(f *testing.F) {
	f.Add(qemuARM64)
	f.Add(python)
	f.Add("enabled\noffset -5\nmagic 7f\n")
	f.Add("offset 19\nmagic 0000\nmask 00ff00")
	f.Fuzz(func(_ *testing.T, text string) {
		parseBinfmt(text).matches(elfHeader("arm64"))
	})
}
