package supply

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/wheels/requirements"
)

// However many projects are denied, each cause is one line, with the way to it as
// the comments of pip-compile, uv and assemble have it.
func TestDenied(t *testing.T) {
	pin := func(line int, name, comment string) requirements.Pin {
		return requirements.Pin{Name: name, Normalized: name, File: "r.lock", Line: line, Comment: comment}
	}
	for _, c := range []struct {
		what string
		pins []requirements.Pin
		want []string
	}{
		{"nothing", []requirements.Pin{pin(1, "torch", "")}, nil},
		{"asked for", []requirements.Pin{pin(1, "triton", "via -r requirements.in")}, []string{
			"r.lock:1: triton must not be in the image (deny: triton)",
		}},
		{"no comments", []requirements.Pin{pin(1, "nvidia-a", ""), pin(3, "nvidia-b", ""), pin(5, "triton", "")}, []string{
			"r.lock:1: nvidia-a, nvidia-b, triton must not be in the image (deny: nvidia-*, triton)",
		}},
		{"two causes", []requirements.Pin{
			pin(1, "nvidia-a", "via\n  nvidia-b\n  torch"), pin(3, "nvidia-b", "via nvidia-a"), pin(5, "nvidia-ml", "via yolo"),
			pin(7, "torch", "via Vision[x]"), pin(9, "triton", "via\n  #   torch"), pin(11, "vision", "via\n  -r requirements.in\n  yolo"),
			pin(13, "yolo", "via -r requirements.in"),
		}, []string{
			"r.lock:1: nvidia-a, nvidia-b, triton must not be in the image (deny: nvidia-*, triton), but requirements.in wants vision, vision wants torch, torch wants what is denied",
			"r.lock:5: nvidia-ml must not be in the image (deny: nvidia-*), but requirements.in wants yolo, yolo wants what is denied",
		}},
		{"a ring", []requirements.Pin{pin(1, "triton", "via a"), pin(2, "a", "via b"), pin(3, "b", "via a")}, []string{
			"r.lock:1: triton must not be in the image (deny: triton)",
		}},
	} {
		s := settings{cfg: &config.Config{Deny: []string{"nvidia-*", "triton"}}}
		var got []string
		if err := s.denied(c.pins); err != nil {
			got = strings.Split(err.Error(), "\n")
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: (-want +got):\n%s", c.what, diff)
		}
	}
}
