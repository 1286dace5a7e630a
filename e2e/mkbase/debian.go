package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// addDebs unpacks Debian packages and records them in dpkg's database the way
// dpkg itself does, so that readers of it see an installed system.
func addDebs(ctx context.Context, t *tree, debs []string) error {
	var status bytes.Buffer
	for _, deb := range debs {
		fields, err := exec.CommandContext(ctx, "dpkg-deb", "-f", deb).Output()
		if err != nil {
			return fmt.Errorf("reading the fields of %q: %w", filepath.Base(deb), err)
		}
		paths, err := addDeb(ctx, t, deb)
		if err != nil {
			return fmt.Errorf("unpacking %q: %w", filepath.Base(deb), err)
		}
		pkg, rest, _ := strings.Cut(string(fields), "\n")
		fmt.Fprintf(&status, "%s\nStatus: install ok installed\n%s\n", pkg, rest)
		name := strings.TrimPrefix(pkg, "Package: ")
		if strings.Contains(rest, "Multi-Arch: same") {
			name += ":arm64"
		}
		t.write("var/lib/dpkg/info/"+name+".list", 0o644, []byte(strings.Join(paths, "\n")+"\n"))
	}
	t.write("var/lib/dpkg/status", 0o644, status.Bytes())
	t.write("var/lib/dpkg/arch", 0o644, []byte("arm64\n"))
	t.write("var/lib/dpkg/info/format", 0o644, []byte("1\n"))
	return nil
}

func addDeb(ctx context.Context, t *tree, deb string) ([]string, error) {
	cmd := exec.CommandContext(ctx, "dpkg-deb", "--fsys-tarfile", deb)
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	return t.addTar(bytes.NewReader(out))
}

// configure does what the packages' maintainer scripts would have done, as far
// as a program in the image can notice.
func configure(t *tree) error {
	for _, c := range []struct {
		to, from string
		mode     int64
	}{
		{"etc/passwd", "usr/share/base-passwd/passwd.master", 0o644},
		{"etc/group", "usr/share/base-passwd/group.master", 0o644},
		{"etc/nsswitch.conf", "usr/share/libc-bin/nsswitch.conf", 0o644},
		{"etc/profile", "usr/share/base-files/profile", 0o644},
		{"root/.profile", "usr/share/base-files/dot.profile", 0o644},
		{"root/.bashrc", "usr/share/base-files/dot.bashrc", 0o644},
	} {
		data, err := t.read(c.from)
		if err != nil {
			return err
		}
		if c.to == "etc/passwd" {
			// The master leaves the password field of root empty; x says /etc/shadow.
			data = bytes.ReplaceAll(data, []byte(":*:"), []byte(":x:"))
			data = bytes.Replace(data, []byte("root::"), []byte("root:x:"), 1)
		}
		t.write(c.to, c.mode, data)
	}
	var shadow, bundle bytes.Buffer
	passwd, err := t.read("etc/passwd")
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(passwd)) {
		name, _, _ := strings.Cut(line, ":")
		fmt.Fprintf(&shadow, "%s:*:20089:0:99999:7:::\n", name)
	}
	t.write("etc/shadow", 0o640, shadow.Bytes())
	for _, name := range t.under("usr/share/ca-certificates") {
		if strings.HasSuffix(name, ".crt") {
			data, err := t.read(name)
			if err != nil {
				return err
			}
			bundle.Write(data)
		}
	}
	t.write("etc/ssl/certs/ca-certificates.crt", 0o644, bundle.Bytes())
	t.symlink("usr/bin/awk", "mawk")
	t.symlink("etc/localtime", "/usr/share/zoneinfo/Etc/UTC")
	t.write("etc/timezone", 0o644, []byte("Etc/UTC\n"))
	t.symlink("etc/mtab", "/proc/mounts")
	t.symlink("var/run", "/run")
	for _, dir := range []string{"dev", "proc", "sys", "run", "mnt", "opt", "srv", "media"} {
		t.mkdir(dir, 0o755)
	}
	return nil
}
