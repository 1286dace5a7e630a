package wheels_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/internal/wheeltest"
	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/wheels"
	"github.com/assemble-image/assemble/wheels/requirements"
)

// A wheel that only a lock describes has the same digest, size and name as the
// file itself, and says that there is nothing to open.
func TestDescribePin(t *testing.T) {
	path := wheeltest.Wheel{Name: "Demo", Version: "1.0"}.Write(t, t.TempDir())
	local, err := wheels.Identify(path, wheels.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want, err := wheels.Describe(local)
	if err != nil {
		t.Fatal(err)
	}
	p := pin(t, "demo", "1.0")
	p.Wheels = []requirements.Wheel{
		{Name: "demo-1.0-cp310-cp310-win_amd64.whl", Size: 7, Hashes: []string{"sha256:" + strings.Repeat("0", 64)}},
		{Name: local.Name, Size: local.Size, Hashes: []string{"sha512:" + strings.Repeat("0", 128), "sha256:" + local.Digest()}},
	}
	got, err := wheels.DescribePin(p, supported(t))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-file +lock):\n%s", diff)
	}
	s := got.Source()
	if !s.Absent() || s.Name != local.Name || s.Digest() != local.Digest() || s.Size != local.Size {
		t.Errorf("source %+v", s)
	}
	if item := got.Item(); item != (layers.Item{Name: "demo", Size: local.Size}) {
		t.Errorf("item %+v", item)
	}
	if _, err := s.Open(); !errors.Is(err, layers.ErrSourceAbsent) || errors.Is(err, os.ErrNotExist) {
		t.Errorf("opening it: %v", err)
	}
}

func TestDescribePinRefuses(t *testing.T) {
	hash := []string{"sha256:" + strings.Repeat("a", 64)}
	for name, list := range map[string][]requirements.Wheel{
		"no wheels":  nil,
		"no size":    {{Name: "demo-1.0-py3-none-any.whl", Hashes: hash}},
		"no SHA-256": {{Name: "demo-1.0-py3-none-any.whl", Size: 1, Hashes: []string{"sha512:" + strings.Repeat("a", 128)}}},
		"short hash": {{Name: "demo-1.0-py3-none-any.whl", Size: 1, Hashes: []string{"sha256:aa"}}},
		"bad hash":   {{Name: "demo-1.0-py3-none-any.whl", Size: 1, Hashes: []string{"sha256:" + strings.Repeat("x", 64)}}},
		"bad name":   {{Name: "demo.whl", Size: 1, Hashes: hash}},
		"other tags": {{Name: "demo-1.0-cp310-cp310-win_amd64.whl", Size: 1, Hashes: hash}},
	} {
		p := pin(t, "demo", "1.0")
		p.Wheels = list
		var missing *wheels.MissingError
		if _, err := wheels.DescribePin(p, supported(t)); !errors.As(err, &missing) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
