package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/assemble-image/assemble/internal/lazyregexp"
)

// minHealth is the shortest time that Docker takes in a health check.
const minHealth = time.Millisecond

var signalForm = lazyregexp.New(`^(SIG[A-Z0-9+-]{1,12}|[0-9]{1,2})$`)

// container checks what a runtime is told, beside what it runs.
func (k *checker) container() {
	c := k.c
	k.ports()
	taken := map[string]int{}
	for i, v := range c.Volumes {
		field := fmt.Sprintf("volumes[%d]", i)
		if !k.absolute(field, v) {
			continue
		}
		if j, ok := taken[clean(v)]; ok {
			k.add(field, "%q is the same as volumes[%d]", v, j)
		}
		taken[clean(v)] = i
	}
	if s := c.StopSignal; s != "" && !signalForm.MatchString(s) {
		k.add("stop_signal", "%q is neither a name such as SIGTERM nor a number", s)
	}
	k.health()
}

func (k *checker) ports() {
	seen := map[Port]bool{}
	for i, p := range k.c.Ports {
		field := fmt.Sprintf("ports[%d]", i)
		if k.port(field, p.Number) && seen[p] {
			k.add(field, "%s is listed twice", p)
		}
		seen[p] = true
	}
}

func (k *checker) health() {
	h := k.c.Healthcheck
	switch {
	case h == nil:
		return
	case h.Disable:
		if len(h.Command) > 0 {
			k.add("healthcheck.command", "is given beside disable")
		}
		return
	case len(h.Command) == 0:
		k.add("healthcheck.command", "is missing")
	}
	for field, t := range map[string]time.Duration{
		"interval": h.Interval, "timeout": h.Timeout, "start_period": h.StartPeriod, "start_interval": h.StartInterval,
	} {
		if name := "healthcheck." + field; t != 0 && t < minHealth || t > maxWait {
			k.add(name, "%s is not between %s and %s", t, minHealth, maxWait)
		}
	}
	if h.Retries < 0 {
		k.add("healthcheck.retries", "%d is less than 0", h.Retries)
	}
}

// places checks what is made in the image: directories, empty files, links.
func (k *checker) places() {
	taken := map[string]string{} // field by path
	k.placeList("dirs", k.c.Dirs, taken)
	k.placeList("empty_files", k.c.EmptyFiles, taken)
	for _, at := range slices.Sorted(maps.Keys(k.c.Links)) {
		field := "links." + at
		if !k.absolute(field, at) {
			continue
		}
		k.take(field, at, taken)
		switch target := k.c.Links[at]; {
		case target == "" || strings.ContainsFunc(target, isControl):
			k.add(field, "%q is nothing that a link can lead to", target)
		case clean(target) == clean(at):
			k.add(field, "leads to itself")
		}
	}
	for i, a := range k.c.App {
		if at, ok := taken[clean(a.To)]; ok && !strings.HasPrefix(at, "dirs") && a.To != "" {
			k.add(fmt.Sprintf("app[%d].to", i), "%q is already used by %s", a.To, at)
		}
	}
	k.inside(taken)
}

func (k *checker) placeList(name string, list []Place, taken map[string]string) {
	for i, p := range list {
		field := fmt.Sprintf("%s[%d]", name, i)
		if p.Mode != 0 && p.Mode&0o700 == 0 {
			k.add(field+".mode", "%s lets the owner do nothing", p.Mode)
		}
		k.owner(field+".user", p.User)
		at := field
		if k.c.given(field + ".path") {
			at += ".path"
		}
		if p.Path == "" && at == field && k.isMapping(field) {
			k.add(field, "has no path")
			continue
		}
		if k.absolute(at, p.Path) {
			k.take(field, p.Path, taken)
		}
	}
}

// isMapping reports whether any field of the one at path was given.
func (k *checker) isMapping(path string) bool {
	return k.c.given(path+".mode") || k.c.given(path+".user")
}

func (k *checker) take(field, path string, taken map[string]string) {
	if other, ok := taken[clean(path)]; ok {
		k.add(field, "%q is the same as %s", path, other)
		return
	}
	taken[clean(path)] = field
}

// inside complains of what would lie in a link or a file.
func (k *checker) inside(taken map[string]string) {
	for _, at := range slices.Sorted(maps.Keys(taken)) {
		for up := parentDir(at); up != "/"; up = parentDir(up) {
			if field, ok := taken[up]; ok && !strings.HasPrefix(field, "dirs") {
				k.add(taken[at], "%q can't be in %s, which is no directory", at, field)
			}
		}
	}
}

func parentDir(p string) string { return clean(p[:max(1, strings.LastIndexByte(p, '/'))]) }
