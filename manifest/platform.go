package manifest

import (
	"fmt"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// PlatformError reports that no image for the wanted platform was found.
type PlatformError struct {
	// Ref names where it was looked for; it may be empty.
	Ref string
	// Want is the target.
	Want v1.Platform
	// Have lists what there is instead, in the order in which it was found.
	Have []v1.Platform
}

// Error names the target and what there is instead, each platform once.
func (e *PlatformError) Error() string {
	have := make([]string, len(e.Have))
	for i, p := range e.Have {
		have[i] = platformName(p)
	}
	slices.Sort(have)
	have = slices.Compact(have)
	if len(have) == 0 {
		have = []string{"no platform"}
	}
	text := fmt.Sprintf("no image for %s, only for %s", platformName(e.Want), strings.Join(have, ", "))
	if e.Ref != "" {
		text = e.Ref + ": " + text
	}
	return text
}

func platformName(p v1.Platform) string {
	if p.OS == "" && p.Architecture == "" {
		return "an unnamed platform"
	}
	return (v1.Platform{OS: p.OS, Architecture: p.Architecture, Variant: p.Variant}).String()
}

// NormalizePlatform spells a platform in the one way in which platforms are
// compared and written: as containerd does (platforms.Normalize), after the
// values that image-spec's image-index.md gives. Names of other tools
// (aarch64, x86_64, armhf) become Go's, variants lose or gain their "v", an
// arm without variant is v7, and the variants that amd64 and arm64 have anyway
// (v1, v8) are left out. Unlike there, a missing OS stays missing.
func NormalizePlatform(p v1.Platform) v1.Platform {
	p.OS = strings.ToLower(p.OS)
	if p.OS == "macos" {
		p.OS = "darwin"
	}
	arch, variant := strings.ToLower(p.Architecture), strings.ToLower(p.Variant)
	switch arch {
	case "i386":
		arch, variant = "386", ""
	case "x86_64", "x86-64":
		arch = "amd64"
	case "aarch64":
		arch = "arm64"
	case "armhf":
		arch, variant = "arm", "v7"
	case "armel":
		arch, variant = "arm", "v6"
	}
	p.Architecture, p.Variant = arch, normalVariant(arch, variant)
	return p
}

func normalVariant(arch, variant string) string {
	switch arch + "/" + variant {
	case "amd64/v1", "arm64/8", "arm64/v8", "arm64/v8.0":
		return ""
	case "arm64/9", "arm64/9.0", "arm64/v9.0":
		return "v9"
	case "arm/", "arm/7":
		return "v7"
	case "arm/5", "arm/6", "arm/8":
		return "v" + variant
	}
	return variant
}

// SamePlatform reports whether an image made for have is the one meant by
// want: whether they are equal once normalized; see [NormalizePlatform]. The
// zero platform wants any. OS versions and features, which Linux images don't
// carry, are not compared, and an image that would merely run there too
// (arm/v6 on arm/v7) is not the same.
func SamePlatform(want, have v1.Platform) bool {
	if isAny(want) {
		return true
	}
	want, have = NormalizePlatform(want), NormalizePlatform(have)
	return want.OS == have.OS && want.Architecture == have.Architecture && want.Variant == have.Variant
}

// CheckPlatform checks an image's own configuration against the platform that
// is wanted; the zero one wants any, but the image must name its own. A
// configuration without a variant fits any: older builders name it in the
// index alone. The error is a [*PlatformError] where the platform is another.
func CheckPlatform(want v1.Platform, cf *v1.ConfigFile) error {
	have := configPlatform(cf)
	if have.OS == "" || have.Architecture == "" {
		return fmt.Errorf("the image's configuration names no platform (os %q, architecture %q)", have.OS, have.Architecture)
	}
	if cf.Variant == "" {
		want.Variant = ""
	}
	if !SamePlatform(want, have) {
		return &PlatformError{Want: want, Have: []v1.Platform{have}}
	}
	return nil
}

func configPlatform(cf *v1.ConfigFile) v1.Platform {
	return v1.Platform{OS: cf.OS, Architecture: cf.Architecture, Variant: cf.Variant}
}

// isAny reports whether p names no platform, so that any will do.
func isAny(p v1.Platform) bool { return p.OS == "" && p.Architecture == "" }
