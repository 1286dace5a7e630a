package stage

import (
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/lazyregexp"
)

// packageForm is a Debian package as apt takes it (Debian Policy 5.6.1): a name,
// perhaps an architecture, a version or a release.
var packageForm = lazyregexp.New(`^([a-z0-9][a-z0-9+.-]+)(:[a-z0-9]+)?(?:=([A-Za-z0-9.+~:*-]+))?(?:/[a-z0-9-]+)?$`)

// compilers are packages that compiling needs, beside those named -dev.
var compilers = []string{
	"gcc", "g++", "cpp", "clang", "make", "cmake", "ninja-build", "build-essential", "pkg-config", "pkgconf", "autoconf", "automake", "libtool",
	"python3-pip", "python3-venv", "python3-setuptools", "python3-wheel", "python-dev-is-python3", "rustc", "cargo", "gfortran", "swig", "meson", "patchelf",
	"python3-virtualenv", "npm", "apt-utils", "apt-transport-https", "software-properties-common", "lsb-release", "dirmngr", "gnupg", "gnupg1", "gnupg2", "debhelper",
}

// runtimes are what is linked by what -dev packages compile, by Debian's names of
// bookworm, of those that Python projects compile against most.
var runtimes = map[string]string{
	"libpq-dev": "libpq5", "default-libmysqlclient-dev": "libmariadb3", "libmariadb-dev": "libmariadb3", "libmariadb-dev-compat": "libmariadb3", "libffi-dev": "libffi8", "libssl-dev": "libssl3",
	"libxml2-dev": "libxml2", "libxslt1-dev": "libxslt1.1", "libxslt-dev": "libxslt1.1", "libjpeg-dev": "libjpeg62-turbo", "libjpeg62-turbo-dev": "libjpeg62-turbo",
	"zlib1g-dev": "zlib1g", "libmagic-dev": "libmagic1", "libcurl4-openssl-dev": "libcurl4", "libldap2-dev": "libldap-2.5-0", "libsasl2-dev": "libsasl2-2", "libgeos-dev": "libgeos-c1v5",
	"libgdal-dev": "libgdal32", "libsndfile1-dev": "libsndfile1", "libmemcached-dev": "libmemcached11", "unixodbc-dev": "unixodbc", "freetds-dev": "libsybdb5", "libkrb5-dev": "libgssapi-krb5-2",
	"libwebp-dev": "libwebp7", "libtiff-dev": "libtiff6", "libfreetype6-dev": "libfreetype6", "libcairo2-dev": "libcairo2", "libxmlsec1-dev": "libxmlsec1-openssl", "libzbar-dev": "libzbar0", "portaudio19-dev": "libportaudio2", "libatlas-base-dev": "libatlas3-base",
}

// aptValues are options of apt-get with a value behind them.
var aptValues = []string{"-o", "--option", "-t", "--target-release", "--default-release", "-c", "--config-file", "-a"}

// apt is apt-get, apt and aptitude.
func apt(c *command) {
	verb, names := "", []string(nil)
	recommends := true
	for i := 0; i < len(c.args); i++ {
		switch arg := c.args[i]; {
		case slices.Contains(aptValues, arg):
			i++
		case arg == "--no-install-recommends" || strings.Contains(arg, "Install-Recommends"):
			recommends = false
		case strings.HasPrefix(arg, "-"):
		case verb == "":
			verb = arg
		default:
			names = append(names, arg)
		}
	}
	switch verb {
	case "install", "reinstall":
		c.aptInstall(names, recommends)
	case "remove", "purge":
		c.s.removePackages(names)
		skip(c.step, "what isn't listed isn't installed")
	case "update", "clean", "autoclean", "autoremove", "autopurge", "":
		skip(c.step, "there is nothing to refresh or to clean up")
	case "upgrade", "dist-upgrade", "full-upgrade":
		leave(c.step, "take a newer base; the lock of packages: has the newest versions of what it installs")
	case "build-dep":
		skip(c.step, "tools for compiling; only wheels are installed")
	default:
		leave(c.step, "list what is needed under packages:")
	}
}

// aptInstall adds packages to the image's. What is for compiling isn't needed,
// since only wheels are installed; what it would link to may be.
func (c *command) aptInstall(names []string, recommends bool) {
	if c.building {
		skip(c.step, "tools for compiling; only wheels are installed")
		return
	}
	var kept, tools, odd []string
	for _, name := range names {
		if name == "" {
			continue
		}
		m := packageForm.FindStringSubmatch(strings.TrimSuffix(name, "+"))
		switch {
		case m == nil:
			odd = append(odd, name)
		case isCompiler(m[1]):
			tools = append(tools, m[1])
		default:
			text := m[1]
			if m[3] != "" {
				text += "=" + m[3]
			}
			kept = append(kept, text)
			c.s.Packages = set(c.s.Packages, Setting{Key: m[1], Value: text, Step: c.step})
		}
	}
	switch {
	case c.unknown || len(odd) > 0:
		how := "only running it tells which packages these are; list them under packages:"
		if len(kept) > 0 {
			how = "packages: has those that stand there; only running it tells the others"
		}
		leave(c.step, how)
	case len(kept) > 0:
		carry(c.step, "packages")
		if !recommends {
			break
		}
		c.step.Note = "without what they recommend"
	case len(tools) > 0:
		skip(c.step, "tools for compiling; only wheels are installed"+linked(tools))
	default:
		skip(c.step, "it names no package")
	}
}

// linked names the libraries that what is compiled with some packages links to.
func linked(tools []string) string {
	var libs []string
	for _, t := range tools {
		if lib, ok := runtimes[t]; ok && !slices.Contains(libs, lib) {
			libs = append(libs, lib)
		}
	}
	if len(libs) == 0 {
		return ""
	}
	return ". Wheels that don't bring them along need " + strings.Join(libs, ", ") + " under packages: (assemble check tells)"
}

func isCompiler(name string) bool {
	return slices.Contains(compilers, name) || strings.HasSuffix(name, "-dev") || hasPrefixAny(name, "gcc-", "g++-", "clang-", "llvm", "linux-headers")
}

func (s *State) removePackages(names []string) {
	s.Packages = slices.DeleteFunc(s.Packages, func(p Setting) bool { return slices.Contains(names, p.Key) })
}
