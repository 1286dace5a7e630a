package embeddedbase

import "strings"

// triplet returns Debian's name for an architecture's library directory.
func triplet(arch string) string {
	if arch == "amd64" {
		return "x86_64-linux-gnu"
	}
	return "aarch64-linux-gnu"
}

// debian is the skeleton of debian:bookworm-slim: merged /usr, the C library
// and the files that describe users and packages.
func debian(arch string) []File {
	lib := "usr/lib/" + triplet(arch)
	files := []File{symlink("bin", "usr/bin")}
	for _, d := range []string{"boot", "dev", "etc", "etc/alternatives", "etc/ld.so.conf.d", "home"} {
		files = append(files, dir(d))
	}
	files = append(files,
		file("etc/debian_version", "12.12\n"),
		file("etc/group", group),
		file("etc/ld.so.conf", "include /etc/ld.so.conf.d/*.conf\n"),
		file("etc/ld.so.conf.d/libc.conf", "/usr/local/lib\n"),
		symlink("etc/os-release", "../usr/lib/os-release"),
		file("etc/passwd", passwd),
		symlink("lib", "usr/lib"),
	)
	for _, d := range []string{"media", "mnt", "opt", "proc"} {
		files = append(files, dir(d))
	}
	files = append(files, File{Path: "root/", Mode: 0o700}, dir("run"), symlink("sbin", "usr/sbin"), dir("srv"), dir("sys"),
		File{Path: "tmp/", Mode: 0o1777}, dir("usr"), dir("usr/bin"),
		program("usr/bin/dash", notAProgram), program("usr/bin/env", notAProgram), symlink("usr/bin/sh", "dash"),
		dir("usr/include"), dir("usr/lib"), dir(lib))
	files = append(files, libraries(arch, lib)...)
	files = append(files, file("usr/lib/os-release", osRelease))
	for _, d := range []string{
		"usr/local", "usr/local/bin", "usr/local/etc", "usr/local/include", "usr/local/lib", "usr/local/sbin", "usr/local/share",
		"usr/sbin", "usr/share", "usr/share/doc", "usr/src", "var", "var/cache", "var/lib", "var/lib/dpkg", "var/log",
	} {
		files = append(files, dir(d))
	}
	return append(files,
		file("var/lib/dpkg/status", strings.ReplaceAll(dpkgStatus, "ARCH", arch)),
		symlink("var/run", "/run"), File{Path: "var/tmp/", Mode: 0o1777})
}

func libraries(arch, lib string) []File {
	loader, short := "ld-linux-aarch64.so.1", "usr/lib"
	if arch == "amd64" {
		loader, short = "ld-linux-x86-64.so.2", "usr/lib64"
	}
	return []File{
		program(lib+"/"+loader, notAProgram),
		program(lib+"/libc.so.6", "\x7fELF\x00GNU C Library (Debian GLIBC 2.36-9+deb12u10) stable release version 2.36.\n\x00"),
		file(lib+"/libcrypt.so.1.1.0", notAProgram), symlink(lib+"/libcrypt.so.1", "libcrypt.so.1.1.0"),
		file(lib+"/libgcc_s.so.1", notAProgram),
		file(lib+"/libm.so.6", notAProgram),
		file(lib+"/libstdc++.so.6.0.30", notAProgram), symlink(lib+"/libstdc++.so.6", "libstdc++.so.6.0.30"),
		file(lib+"/libz.so.1.2.13", notAProgram), symlink(lib+"/libz.so.1", "libz.so.1.2.13"),
		symlink(short+"/"+loader, triplet(arch)+"/"+loader),
	}
}

// python is the skeleton of CPython as the official image installs it.
func python() []File {
	const site = "usr/local/lib/python3.10/site-packages"
	return []File{
		symlink("usr/local/bin/pip", "pip3"),
		program("usr/local/bin/pip3", "#!/usr/local/bin/python3.10\n"),
		symlink("usr/local/bin/python", "python3"),
		symlink("usr/local/bin/python3", "python3.10"),
		program("usr/local/bin/python3.10", notAProgram),
		dir("usr/local/include/python3.10"),
		file("usr/local/include/python3.10/patchlevel.h", patchlevel),
		program("usr/local/lib/libpython3.10.so.1.0", notAProgram),
		program("usr/local/lib/libpython3.so", notAProgram),
		dir("usr/local/lib/python3.10"),
		dir("usr/local/lib/python3.10/lib-dynload"),
		file("usr/local/lib/python3.10/os.py", "# skeleton\n"),
		dir(site),
		file(site+"/README.txt", "skeleton\n"),
		dir(site + "/pip"),
		file(site+"/pip/__init__.py", "__version__ = \"23.0.1\"\n"),
		dir(site + "/pip-23.0.1.dist-info"),
		file(site+"/pip-23.0.1.dist-info/INSTALLER", "pip\n"),
		file(site+"/pip-23.0.1.dist-info/METADATA", "Metadata-Version: 2.1\nName: pip\nVersion: 23.0.1\nRequires-Python: >=3.7\n\n"),
		file(site+"/pip-23.0.1.dist-info/RECORD", pipRecord),
	}
}
