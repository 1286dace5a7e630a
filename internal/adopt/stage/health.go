package stage

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"

	"github.com/assemble-image/assemble/internal/adopt/draft"
	"github.com/assemble-image/assemble/internal/lazyregexp"
)

// health is HEALTHCHECK.
func (in *interpreter) health(s *State, step *draft.Step, c *instructions.HealthCheckCommand) {
	h := &Health{Step: step}
	if c.Health == nil || len(c.Health.Test) == 0 {
		leave(step, "it can't be read")
		return
	}
	switch kind, args := c.Health.Test[0], c.Health.Test[1:]; {
	case kind == "NONE":
		h.None = true
	case kind == "CMD-SHELL" && len(args) == 1:
		h.Args, h.Shell = args, true
	default:
		h.Args = args
	}
	for _, t := range []struct {
		name  string
		value time.Duration
	}{
		{"interval", c.Health.Interval},
		{"timeout", c.Health.Timeout},
		{"start_period", c.Health.StartPeriod},
		{"start_interval", c.Health.StartInterval},
	} {
		if t.value > 0 {
			h.Times = append(h.Times, draft.Pair{Key: t.name, Value: t.value.String()})
		}
	}
	if c.Health.Retries > 0 {
		h.Times = append(h.Times, draft.Pair{Key: "retries", Value: strconv.Itoa(c.Health.Retries)})
	}
	s.Health = h
	carry(step, "smoke")
}

// local is a URL of the container itself, as health checks ask for it.
var local = lazyregexp.New(`\bhttps?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])[^\s'"` + "`" + `)|;,<>\\]*`)

// portVariable is a port that stands in a variable, perhaps with a default.
var portVariable = lazyregexp.New(`\$\{?([A-Za-z_][A-Za-z0-9_]*)(?::?-([0-9]+))?\}?`)

// LocalURL finds the port and the path that a health check asks for over HTTP.
// The port is "" where it is the usual one or isn't known.
func LocalURL(text string, lookup func(string) (string, bool)) (port, path string, ok bool) {
	for _, m := range portVariable.FindAllStringSubmatch(text, -1) {
		value, ok := lookup(m[1])
		if !ok || value == "" {
			value = m[2]
		}
		text = strings.ReplaceAll(text, m[0], value)
	}
	u, err := url.Parse(strings.TrimSuffix(local.FindString(text), ":"))
	if err != nil || u.Host == "" || u.Scheme != "http" {
		return "", "", false
	}
	path = u.EscapedPath()
	if path == "" {
		path = "/"
	}
	if u.RawQuery != "" {
		path += "?" + u.RawQuery
	}
	port = u.Port()
	if port == "" && !strings.Contains(local.FindString(text), "localhost:") {
		port = "80"
	}
	return port, path, true
}

// Lookup returns a variable of the state, for texts that a shell would expand.
func (s *State) Lookup(name string) (string, bool) { return s.lookup(name) }
