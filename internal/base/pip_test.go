package base_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/embeddedbase"
)

// TestPip holds which of pip's files count, in which order, and where pip itself
// is found: also behind a link, and not in another project's directory.
func TestPip(t *testing.T) {
	got := read(t, embeddedbase.Options{Layers: [][]embeddedbase.File{{
		{Path: "etc/pip.conf", Link: "../opt/pip.conf"},
		{Path: "opt/pip.conf", Data: "etc"},
		{Path: "root/.config/pip/pip.conf", Data: "root"},
		{Path: "usr/local/pip.conf", Data: "prefix"},
		{Path: "home/other/pip.conf", Data: "other"},
		{Path: "usr/local/lib/python3.10/site-packages/pip/_internal/models/index.py", Data: "models"},
		{Path: "usr/local/lib/python3.10/site-packages/other/models/index.py", Data: "other"},
	}}}).Pip
	want := base.Pip{
		Configs: []base.PipConfig{{Path: "/etc/pip.conf", Text: "etc"}, {Path: "/root/.config/pip/pip.conf", Text: "root"}, {Path: "/usr/local/pip.conf", Text: "prefix"}},
		Models:  "models",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
