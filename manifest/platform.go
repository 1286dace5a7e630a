package manifest

import (
	"fmt"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// PlatformError reports that no image for the wanted platform was found.
type PlatformError struct {
	// Want is the target.
	Want v1.Platform
	// Have lists what there is instead, in the order it was found.
	Have []v1.Platform
}

// Error names the target and what there is instead.
func (e *PlatformError) Error() string {
	have := make([]string, len(e.Have))
	for i, p := range e.Have {
		have[i] = platformName(p)
	}
	if len(have) == 0 {
		have = []string{"no platform"}
	}
	return fmt.Sprintf("no image for %s, only for %s", platformName(e.Want), strings.Join(have, ", "))
}

func platformName(p v1.Platform) string {
	if p.OS == "" && p.Architecture == "" {
		return "an unnamed platform"
	}
	return p.String()
}

// SamePlatform reports whether an image made for have is the one meant by
// want. Variants that merely spell out an architecture's default (arm64/v8,
// arm/v7, amd64/v1) equal the bare name. OS versions and features, which
// Linux images don't carry, are not compared.
func SamePlatform(want, have v1.Platform) bool {
	return want.OS == have.OS && want.Architecture == have.Architecture &&
		normalVariant(want) == normalVariant(have)
}

func normalVariant(p v1.Platform) string {
	v := p.Variant
	if v != "" && v[0] >= '0' && v[0] <= '9' {
		v = "v" + v
	}
	switch {
	case p.Architecture == "arm64" && v == "v8",
		p.Architecture == "arm" && v == "v7",
		p.Architecture == "amd64" && v == "v1":
		return ""
	}
	return v
}

// isAny reports whether p names no platform, so that any will do.
func isAny(p v1.Platform) bool { return p.OS == "" && p.Architecture == "" }

// checkPlatform checks an image's own configuration against the target.
func checkPlatform(want v1.Platform, cf *v1.ConfigFile) error {
	have := v1.Platform{OS: cf.OS, Architecture: cf.Architecture, Variant: cf.Variant}
	if have.OS == "" || have.Architecture == "" {
		return fmt.Errorf("the image's configuration names no platform (os %q, architecture %q)", have.OS, have.Architecture)
	}
	if !isAny(want) && !SamePlatform(want, have) {
		return &PlatformError{Want: want, Have: []v1.Platform{have}}
	}
	return nil
}
