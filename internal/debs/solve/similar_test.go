package solve_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/assemble-image/assemble/internal/debs/packages"
	"github.com/assemble-image/assemble/internal/debs/solve"
)

// What is misspelt, or called by a part of its name, is met with names like it.
func TestSimilarNames(t *testing.T) {
	var list strings.Builder
	for _, name := range []string{"libgl1", "libglx0", "python3-opencv", "libopencv-dev", "opencv-data", "libopencv-core406", "tzdata", "default-jre", "zz", "chromium"} {
		fmt.Fprintf(&list, "Package: %s\nVersion: 1\nArchitecture: arm64\nFilename: x.deb\nSize: 1\nSHA256: %s\n\n", name, strings.Repeat("0", 64))
	}
	distilled, err := packages.Distill(strings.NewReader(list.String()), "arm64")
	if err != nil {
		t.Fatal(err)
	}
	x, err := packages.Open(distilled)
	if err != nil {
		t.Fatal(err)
	}
	sources := []solve.Source{{Index: x, Priority: 500, Name: "a"}, {Index: x, Priority: 500, Name: "a"}}
	for name, want := range map[string]string{
		"libgl":            "[libgl1 libglx0]",
		"libg1l":           "[]",
		"libglxO":          "[libglx0]",
		"LibGL":            "[libgl1 libglx0]",
		"opencv":           "[opencv-data libopencv-dev python3-opencv libopencv-core406]",
		"tzdat":            "[tzdata]",
		"tz-data":          "[tzdata]",
		"chromium-browser": "[chromium]",
		"python-opencw":    "[python3-opencv]",
		"openssl":          "[]",
		"z":                "[]",
		"jre":              "[default-jre]",
		"lib":              "[libgl1 libglx0 libopencv-dev libopencv-core406]",
	} {
		_, err := solve.Solve(sources, nil, "arm64", []solve.Request{{Name: name}}, solve.Options{})
		var missing solve.NotFoundErrors
		if !errors.As(err, &missing) || fmt.Sprint(missing[0].Similar) != want || len(missing[0].Sources) != 1 {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
	}
}
