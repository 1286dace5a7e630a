package choose

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/packages"
)

// statusFile is dpkg's record of what is installed.
const statusFile = "var/lib/dpkg/status"

// BaseError says that packages can't be chosen for a base, since it isn't one
// of dpkg's.
type BaseError struct {
	// OS is what it calls itself; empty where it doesn't say.
	OS string
	// Reason is what it lacks.
	Reason string
}

func (e *BaseError) Error() string {
	if e.OS == "" {
		return "the base takes no Debian packages: " + e.Reason
	}
	return fmt.Sprintf("the base (%s) takes no Debian packages: %s", e.OS, e.Reason)
}

// Installed returns the packages that a root file system has for an
// architecture. The error is a [*BaseError] where it isn't one of dpkg's.
func Installed(root fs.FS, arch string) ([]packages.Package, error) {
	data, err := fs.ReadFile(root, statusFile)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(bytes.TrimSpace(data)) == 0 {
		return nil, &BaseError{OS: osName(root), Reason: lacking(root)}
	}
	if err != nil {
		return nil, fmt.Errorf("reading the base's %q: %w", "/"+statusFile, err)
	}
	installed, foreign, err := packages.ReadStatus(bytes.NewReader(data), arch)
	if err != nil {
		return nil, err
	}
	if len(installed) == 0 && len(foreign) > 0 {
		return nil, &BaseError{OS: osName(root), Reason: fmt.Sprintf("it has packages, but none for %s: %s", arch, foreign[0])}
	}
	return installed, nil
}

// lacking says what kind of a base has no status.
func lacking(root fs.FS) string {
	for _, sign := range []struct{ path, reason string }{
		{"lib/apk/db/installed", "its packages are apk's"},
		{"usr/lib/apk/db/installed", "its packages are apk's"},
		{"var/lib/rpm", "its packages are rpm's"},
		{"usr/lib/sysimage/rpm", "its packages are rpm's"},
		{"var/lib/dpkg/status.d", "dpkg's record in it is in pieces (/var/lib/dpkg/status.d), which neither dpkg nor apt could go on with"},
	} {
		if _, err := fs.Stat(root, sign.path); err == nil {
			return sign.reason
		}
	}
	return "it has no /" + statusFile
}

// osName is the name of the system in os-release(5).
func osName(root fs.FS) string {
	for _, name := range []string{"etc/os-release", "usr/lib/os-release"} {
		data, err := fs.ReadFile(root, name)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(data)) {
			if value, ok := strings.CutPrefix(strings.TrimSpace(line), "PRETTY_NAME="); ok {
				return strings.Trim(value, `"'`)
			}
		}
	}
	return ""
}

// architectures are Debian's names for those of images, by the image's name and
// variant.
var architectures = map[string]string{
	"amd64": "amd64", "arm64": "arm64", "arm64/v8": "arm64", "386": "i386", "arm/v7": "armhf", "arm/v6": "armel", "arm/v5": "armel", "arm": "armhf",
	"ppc64le": "ppc64el", "s390x": "s390x", "riscv64": "riscv64", "mips64le": "mips64el", "loong64": "loong64",
}

// Architecture returns Debian's name for an image's architecture and variant.
func Architecture(arch, variant string) (string, error) {
	key := arch
	if variant != "" {
		key += "/" + variant
	}
	if name, ok := architectures[key]; ok {
		return name, nil
	}
	if name, ok := architectures[arch]; ok && arch != "arm" {
		return name, nil
	}
	return "", fmt.Errorf("the architecture %q: Debian has no packages for it", key)
}
