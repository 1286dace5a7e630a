package wheels

import (
	"errors"
	"fmt"
	"strings"
)

// BuildInfo is what a wheel's WHEEL file says (binary distribution format).
type BuildInfo struct {
	// Version is the wheel format's version; its major number is 1.
	Version string
	// Generator names the program that made the wheel.
	Generator string
	// Purelib says that the root of the archive is installed into purelib
	// instead of platlib.
	Purelib bool
	// Tags are the compatibility tags, as written.
	Tags []string
}

// parseBuildInfo reads a WHEEL file.
func parseBuildInfo(text string) (BuildInfo, error) {
	f := parseHeaders(text)
	version, err := f.one("Wheel-Version")
	if err != nil {
		return BuildInfo{}, err
	}
	root, err := f.one("Root-Is-Purelib")
	if err != nil {
		return BuildInfo{}, err
	}
	if version == "" {
		return BuildInfo{}, errors.New("no Wheel-Version")
	}
	major, minor, dotted := strings.Cut(version, ".")
	if major != "1" || !dotted || minor == "" || strings.Trim(minor, "0123456789.") != "" {
		return BuildInfo{}, fmt.Errorf("unsupported Wheel-Version %.40q, only 1.x is supported", version)
	}
	return BuildInfo{
		Version:   version,
		Generator: f.first("Generator"),
		Purelib:   strings.EqualFold(root, "true"),
		Tags:      f.all("Tag"),
	}, nil
}
