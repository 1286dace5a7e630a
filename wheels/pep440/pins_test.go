package pep440_test

import (
	"testing"

	"github.com/assemble-image/assemble/wheels/pep440"
)

func TestPinsExactly(t *testing.T) {
	for text, want := range map[string]bool{
		"==1.0": true, "===1.0": true, "===anything": true, ">=0.5,==1.0": true, "==1.0+cpu,!=2": true,
		"": false, "==1.*": false, "~=1.0": false, "!=1.0": false, ">=1.0,<=1.0": false,
	} {
		set, err := pep440.ParseSpecifiers(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := set.PinsExactly(); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}
