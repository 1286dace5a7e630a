package config

import (
	"fmt"
	"strings"

	"github.com/assemble-image/assemble/internal/lazyregexp"
)

var (
	denyForm    = lazyregexp.New(`^[A-Za-z0-9*]([A-Za-z0-9._*-]*[A-Za-z0-9*])?$`)
	packageForm = lazyregexp.New(`^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$`)
	// overrideForm has the name of a requirement (PEP 508) and what follows it.
	overrideForm = lazyregexp.New(`^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(\[[^\]]*\])?\s*([^\s].*)$`)
	separators   = lazyregexp.New(`[-_.]+`)
)

// steering checks what is said of requirements: deny, wheels, exclude and
// override.
func (k *checker) steering() {
	for i, d := range k.c.Deny {
		if !denyForm.MatchString(d) || strings.Trim(d, "*") == "" {
			k.add(fmt.Sprintf("deny[%d]", i), "%q is not a package name such as triton or nvidia-*", d)
		}
	}
	for i, g := range k.c.Wheels {
		k.glob(fmt.Sprintf("wheels[%d]", i), g)
	}
	excluded := map[string]int{}
	for i, name := range k.c.Exclude {
		field := fmt.Sprintf("exclude[%d]", i)
		switch before, again := excluded[packageName(name)]; {
		case strings.Contains(name, "*"):
			k.add(field, "%q is a pattern; name each package (deny takes patterns)", name)
		case !packageForm.MatchString(name):
			k.add(field, "%q is not a package name such as opencv-python", name)
		case again:
			k.add(field, "%q is the same as exclude[%d]", name, before)
		default:
			excluded[packageName(name)] = i
		}
	}
	for i, text := range k.c.Override {
		field := fmt.Sprintf("override[%d]", i)
		m := overrideForm.FindStringSubmatch(text)
		switch {
		case m == nil || strings.ContainsFunc(text, isControl):
			k.add(field, "%q is not a requirement such as numpy==1.26.4", text)
		case strings.HasPrefix(m[3], "@"):
			k.add(field, "names a URL; only a requirements file may, or wheels for a file of your own")
		case !strings.ContainsAny(m[3][:1], "<>=!~(;"):
			k.add(field, "%q is not a requirement such as numpy==1.26.4", text)
		default:
			if j, ok := excluded[packageName(m[1])]; ok {
				k.add(field, "%s is left out by exclude[%d]", m[1], j)
			}
		}
	}
}

// packageName is a package's name in the form by which names are compared (PEP
// 503).
func packageName(name string) string { return strings.ToLower(separators.ReplaceAllString(name, "-")) }
