package choose_test

import (
	"testing"

	imagebase "github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/debs/choose"
	"github.com/assemble-image/assemble/internal/embeddedbase"
)

// A base's upper layer replaces what apt has in the lower ones, and a keyring
// may be a link.
func TestLockOnAnImage(t *testing.T) {
	b := newBase(t, "a 1;Depends: libc6 (>= 2)", "libc6 2")
	sources := string(b.MapFS["etc/apt/sources.list.d/a.sources"].Data)
	img := embeddedbase.Image(embeddedbase.Options{Layers: [][]embeddedbase.File{
		{
			{Path: "etc/apt/sources.list", Data: "deb http://nowhere.invalid/ stable main\n"},
			{Path: "var/lib/dpkg/status", Data: list("libc6 0")},
			{Path: "usr/share/keyrings/real.gpg", Data: string(b.MapFS["usr/share/keyrings/a.gpg"].Data)},
		},
		{
			{Path: "etc/apt/.wh.sources.list"},
			{Path: "etc/apt/sources.list.d/a.sources", Data: sources},
			{Path: "usr/share/keyrings/a.gpg", Link: "real.gpg"},
			{Path: "var/lib/dpkg/status", Data: list("libc6 1;Essential: yes")},
		},
	}})
	root, err := choose.Root(t.Context(), img, imagebase.FactsOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := choose.Lock(t.Context(), root, "arm64", choose.Request{Install: []string{"a"}}, choose.Options{Client: b.client})
	if err != nil || versions(got) != "a=1 libc6=2" || got.Packages[1].Replaces != "1" {
		t.Errorf("got %s, %v", versions(got), err)
	}
}
