package install

import (
	"strings"
	"testing"

	"github.com/assemble-image/assemble/internal/debs/configure"
)

// TestInOrder unpacks what is needed first, as apt does; cycles are cut.
func TestInOrder(t *testing.T) {
	pkg := func(name string, fields ...string) configure.Package {
		p := configure.Package{Name: name}
		for i := 0; i+1 < len(fields); i += 2 {
			p.Control.Set(fields[i], fields[i+1])
		}
		return p
	}
	list := []configure.Package{
		pkg("a-tool", "Depends", "libz (>= 1),\n mail-agent | x"),
		pkg("b", "Depends", "c"),
		pkg("c", "Depends", "b"),
		pkg("liba", "Pre-Depends", "libq"),
		pkg("libq"),
		pkg("libz", "Depends", "liba"),
		pkg("postman", "Provides", "mail-agent (= 2)"),
		pkg("z-important", "Priority", "important"),
		pkg("z-essential", "Essential", "yes", "Depends", "z-important"),
	}
	var got []string
	for _, p := range inOrder(list) {
		got = append(got, p.Name)
	}
	if text := strings.Join(got, " "); text != "z-important z-essential libq liba libz postman a-tool c b" {
		t.Error(text)
	}
}
