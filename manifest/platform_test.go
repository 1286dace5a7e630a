package manifest_test

import (
	"errors"
	"testing"

	"github.com/containerd/platforms"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/assemble-image/assemble/manifest"
)

// Every combination is normalized as containerd does it.
func TestPlatformsAreNormalizedAsInContainerd(t *testing.T) {
	archs := []string{"amd64", "AMD64", "x86_64", "x86-64", "i386", "386", "arm", "armhf", "armel", "arm64", "aarch64", "riscv64", "s390x", "ppc64le"}
	variants := []string{"", "v1", "v2", "v3", "5", "v5", "6", "v6", "7", "v7", "V7", "8", "v8", "V8", "v8.0", "v8.2", "9", "9.0", "v9.0", "v9"}
	for _, os := range []string{"linux", "Linux", "macos", "windows"} {
		for _, arch := range archs {
			for _, variant := range variants {
				want := platforms.Normalize(ocispec.Platform{OS: os, Architecture: arch, Variant: variant})
				got := manifest.NormalizePlatform(v1.Platform{OS: os, Architecture: arch, Variant: variant})
				if got.OS != want.OS || got.Architecture != want.Architecture || got.Variant != want.Variant {
					t.Errorf("%s/%s/%s becomes %v, in containerd %v", os, arch, variant, got, want)
				}
				if again := manifest.NormalizePlatform(got); !again.Equals(got) {
					t.Errorf("%v becomes %v when normalized again", got, again)
				}
			}
		}
	}
}

func platform(t *testing.T, s string) v1.Platform {
	t.Helper()
	p, err := v1.ParsePlatform(s)
	must(t, err)
	return *p
}

func TestSamePlatform(t *testing.T) {
	for _, tt := range []struct {
		want, have string
		same       bool
	}{
		{"linux/arm64", "linux/arm64/v8", true},
		{"linux/arm64/v8", "linux/arm64", true},
		{"linux/arm64", "linux/aarch64/8", true},
		{"linux/arm64", "linux/arm64/v9", false},
		{"linux/arm", "linux/arm/v7", true},
		{"linux/arm/v7", "linux/arm", true},
		{"linux/arm", "linux/arm/v6", false},
		{"linux/arm/v7", "linux/arm/v6", false},
		{"linux/arm/v6", "linux/arm/6", true},
		{"linux/arm/v6", "linux/arm", false},
		{"linux/amd64", "linux/amd64/v1", true},
		{"linux/amd64", "linux/amd64/v3", false},
		{"linux/amd64/v3", "linux/amd64", false},
		{"linux/arm64", "linux/arm", false},
		{"linux/arm64", "windows/arm64", false},
		{"", "linux/riscv64", true},
		{"linux/riscv64", "", false},
	} {
		if got := manifest.SamePlatform(platform(t, tt.want), platform(t, tt.have)); got != tt.same {
			t.Errorf("want %q, have %q: %v", tt.want, tt.have, got)
		}
	}
}

func TestCheckPlatform(t *testing.T) {
	for _, tt := range []struct {
		want string
		have v1.ConfigFile
		ok   bool
	}{
		{"linux/arm64", v1.ConfigFile{OS: "linux", Architecture: "arm64", Variant: "v8"}, true},
		{"", v1.ConfigFile{OS: "linux", Architecture: "arm64"}, true},
		{"linux/arm/v6", v1.ConfigFile{OS: "linux", Architecture: "arm"}, true}, // the index alone names the variant
		{"linux/arm/v6", v1.ConfigFile{OS: "linux", Architecture: "arm", Variant: "v7"}, false},
		{"linux/arm64", v1.ConfigFile{OS: "linux", Architecture: "amd64"}, false},
	} {
		err := manifest.CheckPlatform(platform(t, tt.want), &tt.have)
		var other *manifest.PlatformError
		if (err == nil) != tt.ok || (err != nil && !errors.As(err, &other)) {
			t.Errorf("want %q, have %s/%s/%s: %v", tt.want, tt.have.OS, tt.have.Architecture, tt.have.Variant, err)
		}
	}
	if err := manifest.CheckPlatform(v1.Platform{}, &v1.ConfigFile{OS: "linux"}); err == nil {
		t.Error("a configuration without an architecture is taken")
	}
}
