package config

import "time"

// The defaults of fields, each named once.
const (
	defaultBase       = "python:3.10-slim-bookworm"
	defaultPlatform   = "linux/arm64"
	defaultWheelhouse = "wheelhouse"
	defaultTimeout    = 120 * time.Second
	defaultHTTPPath   = "/"
	defaultHTTPStatus = 200
	defaultBudget     = 40
)

// fill gives the fields that were left out their defaults. It is idempotent,
// since a flag may bring what a default depends on.
func (c *Config) fill() {
	if len(c.Base) == 0 && !c.given("base") {
		c.Base = []string{defaultBase}
	}
	setDefault(&c.Platform, defaultPlatform)
	if c.Wheelhouse.IsZero() && !c.given("wheelhouse") {
		c.Wheelhouse = NewPath(c.Dir, defaultWheelhouse)
	}
	c.fillPackages()
	setDefault(&c.OnConflict, ConflictWarn)
	c.fillUser()
	c.fillAccounts()
	c.fillSmoke()
	if !c.given("layers.budget") {
		setDefault(&c.Layers.Budget, defaultBudget)
	}
}

func (c *Config) fillUser() {
	u := &c.User
	if c.given("user.uid") && !c.given("user.gid") && u.Group == "" {
		u.GID = u.UID
	}
	switch {
	case u.Name == "" || c.given("user.home"):
	default:
		setDefault(&u.Home, homeOf(u.Name))
	}
}

func (c *Config) fillSmoke() {
	if !c.given("smoke.timeout") {
		setDefault(&c.Smoke.Timeout, defaultTimeout)
	}
	h := c.Smoke.HTTP
	if h == nil {
		return
	}
	if !c.given("smoke.http.port") && len(c.tcpPorts()) == 1 {
		setDefault(&h.Port, c.tcpPorts()[0])
	}
	if !c.given("smoke.http.path") {
		setDefault(&h.Path, defaultHTTPPath)
	}
	if !c.given("smoke.http.status") {
		setDefault(&h.Status, defaultHTTPStatus)
	}
}

// given reports whether the file or a flag has the field itself.
func (c *Config) given(path string) bool {
	_, ok := c.origins[path]
	return ok
}

func setDefault[T comparable](p *T, v T) {
	var zero T
	if *p == zero {
		*p = v
	}
}
