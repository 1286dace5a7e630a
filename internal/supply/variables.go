package supply

import (
	"errors"
	"fmt"
	"strings"

	"github.com/assemble-image/assemble/internal/lazyregexp"
)

var variable = lazyregexp.New(`\$\{[A-Za-z_][A-Za-z0-9_]*\}`)

// checkVariables refuses URLs with a variable that was left as it is: servers
// would be asked for a user of that name, and refuse, or say that there is no
// such project. The rest of the URL may be secret and isn't told.
func (s sources) checkVariables() error {
	var errs []error
	check := func(what string, list []string) {
		for i, text := range list {
			if name := variable.FindString(text); name != "" && strings.Contains(text, "://") {
				errs = append(errs, fmt.Errorf("reading %s %d: the variable %s was not expanded: "+
					"requirements files expand upper-case environment variables, config and flags don't", what, i+1, name))
			}
		}
	}
	check("find_links", s.links)
	check("the URL of index", s.indexes)
	return errors.Join(errs...)
}
