package configure

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/debs/shell"
	"github.com/assemble-image/assemble/internal/debs/version"
)

// dpkg answers what scripts ask of dpkg(1).
func (s *session) dpkg(c *shell.Call) int {
	args := slices.DeleteFunc(slices.Clone(c.Args), func(a string) bool {
		return strings.HasPrefix(a, "--admindir") || strings.HasPrefix(a, "--root") || a == "--no-pager" || a == "--"
	})
	if len(args) == 0 {
		c.Fail("error: need an action option")
		return 2
	}
	switch args[0] {
	case "--compare-versions":
		return compareVersions(c, args[1:])
	case "--print-architecture":
		fmt.Fprintln(c.Stdout, s.opt.Arch)
		return 0
	case "--print-foreign-architectures":
		return 0
	case "--validate-version":
		if len(args) > 1 {
			if _, err := version.Parse(args[1]); err == nil {
				return 0
			}
		}
		return 1
	}
	if strings.HasPrefix(args[0], "--assert-") {
		return 0
	}
	return s.query(c, args)
}

// compareVersions is dpkg --compare-versions: an empty version is earlier than
// any other to the named operators, and later to those with "-nl".
func compareVersions(c *shell.Call, args []string) int {
	if len(args) != 3 {
		c.Fail("error: --compare-versions takes three arguments: <version> <relation> <version>")
		return 2
	}
	a, op, b := args[0], args[1], args[2]
	op, emptyIsLater := strings.CutSuffix(op, "-nl")
	if a == "" || b == "" {
		order := len(b) - len(a) // the empty one is later
		if !emptyIsLater {
			order = -order
		}
		return verdict(c, cmp.Compare(order, 0), op)
	}
	return verdict(c, version.Compare(a, b), op)
}

func verdict(c *shell.Call, order int, op string) int {
	ok := false
	switch op {
	case "lt", "<<":
		ok = order < 0
	case "le", "<=", "<":
		ok = order <= 0
	case "eq", "=":
		ok = order == 0
	case "ne":
		ok = order != 0
	case "ge", ">=", ">":
		ok = order >= 0
	case "gt", ">>":
		ok = order > 0
	default:
		c.Fail("error: --compare-versions bad relation '%s'", op)
		return 2
	}
	if ok {
		return 0
	}
	return 1
}

// dpkgTrigger is dpkg-trigger(1).
func (s *session) dpkgTrigger(c *shell.Call) int {
	for _, a := range c.Args {
		if !strings.HasPrefix(a, "-") {
			s.activate(a)
		}
	}
	return 0
}
