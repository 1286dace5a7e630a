package provide

import "errors"

// The kinds of findings.
const (
	// KindOutdated: the lock isn't what the config asks for.
	KindOutdated = "outdated"
	// KindBase: the lock was made for another base.
	KindBase = "base"
)

// Finding is something that is wrong about a lock.
type Finding struct{ Kind, Text string }

// Findings takes the error of [Provider.Verify] apart: all that it says of the
// lock. An error that is about anything else is returned as it is.
func Findings(err error) ([]Finding, error) {
	var found []Finding
	var outdated *OutdatedError
	var other *BaseError
	if errors.As(err, &outdated) {
		found = append(found, Finding{KindOutdated, outdated.Error()})
	}
	if errors.As(err, &other) {
		found = append(found, Finding{KindBase, other.Error()})
	}
	if len(found) > 0 {
		return found, nil
	}
	return nil, err
}
