package config

import (
	"fmt"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode"
)

// process checks what runs: entrypoint, cmd, env.
func (k *checker) process() {
	c := k.c
	commands := map[string]Command{"entrypoint": c.Entrypoint, "cmd": c.Cmd, "smoke.command": c.Smoke.Command}
	if c.Healthcheck != nil {
		commands["healthcheck.command"] = c.Healthcheck.Command
	}
	for field, args := range commands {
		for i, a := range args {
			if strings.ContainsRune(a, 0) || i == 0 && a == "" {
				k.add(fmt.Sprintf("%s[%d]", field, i), "%q can't be an argument", a)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Env)) {
		switch {
		case !envForm.MatchString(name):
			k.add("env."+name, "%q is not a variable name (letters, digits and _)", name)
		case strings.ContainsRune(c.Env[name], 0):
			k.add("env."+name, "contains a NUL byte")
		}
	}
}

func (k *checker) port(field string, p int) bool {
	if p < 1 || p > 65535 {
		k.add(field, "%d is not a port (1 to 65535)", p)
		return false
	}
	return true
}

// texts checks labels and annotations.
func (k *checker) texts() {
	for field, m := range map[string]map[string]string{"labels": k.c.Labels, "annotations": k.c.Annotations} {
		for _, name := range slices.Sorted(maps.Keys(m)) {
			if name == "" || strings.ContainsFunc(name, func(r rune) bool { return r == ' ' || isControl(r) }) {
				k.add(field+"."+name, "%q can't be a key", name)
			}
			if strings.ContainsRune(m[name], 0) {
				k.add(field+"."+name, "contains a NUL byte")
			}
		}
	}
}

func (k *checker) smoke() {
	s := k.c.Smoke
	if h := s.HTTP; h != nil {
		switch {
		case h.Port == 0 && !k.c.given("smoke.http.port") && len(k.c.Ports) == 0:
			k.add("smoke.http", "has no port, and ports is empty")
		case h.Port == 0 && !k.c.given("smoke.http.port") && len(k.c.tcpPorts()) == 0:
			k.add("smoke.http", "has no port, and ports lists none for TCP")
		case h.Port == 0 && !k.c.given("smoke.http.port"):
			k.add("smoke.http", "has no port, and ports lists %d", len(k.c.tcpPorts()))
		default:
			k.port("smoke.http.port", h.Port)
		}
		if !strings.HasPrefix(h.Path, "/") || strings.ContainsFunc(h.Path, func(r rune) bool { return r == ' ' || isControl(r) }) {
			k.add("smoke.http.path", "%q is not a path that starts with /", h.Path)
		} else if strings.Contains(h.Path, "#") {
			k.add("smoke.http.path", "%q has a #, and what follows it is never sent", h.Path)
		}
		if h.Status < 100 || h.Status > 599 {
			k.add("smoke.http.status", "%d is not an HTTP status (100 to 599)", h.Status)
		}
	}
	if s.Timeout <= 0 || s.Timeout > maxWait {
		k.add("smoke.timeout", "%s is not between 0s and %s", s.Timeout, maxWait)
	}
	switch {
	case !k.c.given("smoke.stays_up"):
	case s.StaysUp <= 0:
		k.add("smoke.stays_up", "%s is not more than 0s", s.StaysUp)
	case s.StaysUp >= s.Timeout:
		k.add("smoke.stays_up", "%s is not less than smoke.timeout (%s), which bounds the whole test", s.StaysUp, s.Timeout)
	}
	for i, m := range s.Imports {
		if !moduleForm.MatchString(m) {
			k.add(fmt.Sprintf("smoke.imports[%d]", i), "%q is not a Python module", m)
		}
	}
	if s.Memory < 0 || s.Memory > 0 && s.Memory < minMemory {
		k.add("smoke.memory", "%s is less than the %s that a container needs", s.Memory, Size(minMemory))
	}
}

// build checks what steers the build itself.
func (k *checker) build() {
	c := k.c
	if c.Layers.Budget < 1 || c.Layers.Budget > maxBudget {
		k.add("layers.budget", "%d is not between 1 and %d", c.Layers.Budget, maxBudget)
	}
	if m := c.Layers.MaxLayer; m < 0 || m > 0 && m < minLayer {
		k.add("layers.max_layer", "%s is less than %s", m, Size(minLayer))
	}
	for i, ref := range c.LayerCache {
		if ref == "" || strings.ContainsFunc(ref, isControl) || strings.Contains(ref, " ") {
			k.add(fmt.Sprintf("layer_cache[%d]", i), "%q is not a reference", ref)
		}
	}
	kinds := []string{ConflictWarn, ConflictError, ConflictLastWins}
	if !contains(kinds, c.OnConflict) {
		k.add("on_conflict", "%q is not one of %s", c.OnConflict, strings.Join(kinds, ", "))
	}
	for _, kind := range slices.Sorted(maps.Keys(c.Problems)) {
		if known := slices.Concat(ProblemKinds(), doctorKinds); !contains(known, kind) {
			k.add("problems", "%q is not one of %s (for paths that two wheels own, use on_conflict)", kind, strings.Join(known, ", "))
		} else if says := c.Problems[kind]; says != ProblemWarn && says != ProblemError {
			k.add("problems."+kind, "%q is not one of %s, %s", says, ProblemWarn, ProblemError)
		}
	}
	for i, s := range c.Index {
		// The URL isn't repeated: it may hold a password.
		u, err := url.Parse(s)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
			k.add(fmt.Sprintf("index[%d]", i), "is not an http or https URL of a package index")
		}
	}
	for i, l := range c.FindLinks {
		k.link(fmt.Sprintf("find_links[%d]", i), l)
	}
	for i, h := range c.CredentialHosts {
		if u, err := url.Parse("https://" + h); err != nil || h == "" || u.Host != h {
			k.add(fmt.Sprintf("credential_hosts[%d]", i), "%q is not a host, or a host and port", h)
		}
	}
	for i, d := range c.IncludeDirs {
		if d.IsZero() {
			k.add(fmt.Sprintf("include_dirs[%d]", i), "is empty")
		}
	}
	k.steering()
	if c.Created != "" && c.Created != CreatedGit {
		if _, err := parseTime(c.Created); err != nil {
			k.add("created", "%s", err)
		}
	}
	if e := c.SourceDateEpoch; e != nil && (*e < 0 || *e > maxEpoch) {
		k.add("source_date_epoch", "%d is not a number of seconds since 1970, up to the year 9999", *e)
	}
}

// clean returns a path in the image without doubled or trailing slashes.
func clean(p string) string { return path.Clean(p) }

// isControl reports characters that can't be part of a name.
func isControl(r rune) bool { return unicode.IsControl(r) || r == unicode.ReplacementChar }

func contains(list []string, s string) bool { return slices.Contains(list, s) }
