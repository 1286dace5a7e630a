package wheels

import (
	"fmt"
	"testing"
	"time"

	"github.com/assemble-image/assemble/wheels/requirements"
	"github.com/assemble-image/assemble/wheels/tags"
)

// Why a wheelhouse has no wheel for a pin is told in time that doesn't grow with
// the square of its files: anybody may have filled it.
func TestSelectAmongMany(t *testing.T) {
	var house []Candidate
	for i := range 60_000 {
		name := fmt.Sprintf("demo-%d.0-py3-none-any.whl", i)
		f, err := tags.ParseFilename(name)
		if err != nil {
			t.Fatal(err)
		}
		house = append(house, Candidate{Path: name, Filename: f})
	}
	start := time.Now()
	_, err := Select([]requirements.Pin{{Name: "demo", Normalized: "demo"}}, house, nil, nil)
	if took := time.Since(start); err == nil || took > 3*time.Second {
		t.Errorf("it took %v: %.100v", took, err)
	}
}
