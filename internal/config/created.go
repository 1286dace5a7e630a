package config

import (
	"fmt"
	"strconv"
	"time"
)

// CreatedGit is what created says for the time of the commit.
const CreatedGit = "git"

// CreatedTime returns the time that created gives, false where it gives none or
// is [CreatedGit].
func (c *Config) CreatedTime() (time.Time, bool) {
	if c.Created == "" || c.Created == CreatedGit {
		return time.Time{}, false
	}
	t, err := parseTime(c.Created)
	return t, err == nil
}

// parseTime reads a time by RFC 3339, a day, or seconds since 1970.
func parseTime(s string) (time.Time, error) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && n >= 0 && n <= maxEpoch {
		return time.Unix(n, 0).UTC(), nil
	}
	for _, form := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(form, s); err == nil && t.Unix() >= 0 && t.Unix() <= maxEpoch {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is neither git nor a time from 1970 on, such as 2026-01-31T12:00:00Z, 2026-01-31 or 1769860800", s)
}
