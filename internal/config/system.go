package config

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/lazyregexp"
)

// zoneForm is a name of the tz database: Europe/Berlin, Etc/GMT+1, UTC.
var zoneForm = lazyregexp.New(`^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9][A-Za-z0-9_+-]*){0,2}$`)

// system checks what is said of the system in the image.
func (k *checker) system() {
	c := k.c
	if c.Timezone != "" && (!zoneForm.MatchString(c.Timezone) || path.Clean(c.Timezone) != c.Timezone) {
		k.add("timezone", "%q is not a time zone such as Europe/Berlin", c.Timezone)
	}
	names := map[string]int{}
	for i, p := range c.CACertificates {
		field := fmt.Sprintf("ca_certificates[%d]", i)
		if p.IsZero() {
			k.add(field, "is empty")
			continue
		}
		if j, ok := names[CertificateName(p)]; ok {
			k.add(field, "%q gets the same name in the image as ca_certificates[%d]", p, j)
		}
		names[CertificateName(p)] = i
	}
	if c.Certifi && len(c.CACertificates) == 0 {
		k.add("certifi", "is given without ca_certificates, of which it is told")
	}
	if c.Init && len(c.Entrypoint) > 0 && slices.Contains(inits, path.Base(c.Entrypoint[0])) {
		k.add("init", "is given, and the entrypoint begins with %s", c.Entrypoint[0])
	}
}

// inits are programs that do what init does.
var inits = []string{"tini", "tini-static", "dumb-init", "docker-init", "catatonit"}

// CertificateName is the name that the certificates of a file get in the image.
func CertificateName(p Path) string {
	name := strings.TrimSuffix(filepath.Base(p.Abs), filepath.Ext(p.Abs))
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == ',' || r == '(' || r == ')' || r == '/' || isControl(r) {
			return '_'
		}
		return r
	}, name)
}

var systemFields = []Field{
	{
		Path: "timezone", Form: FormText, Flag: "timezone", Default: "the base's", Example: "Europe/Berlin",
		Doc: "The time zone: `/etc/localtime` leads to it, and `/etc/timezone` has its name. The base, or `packages`, must have the tz database (tzdata).",
	},
	{
		Path: "ca_certificates", Form: FormList, Flag: "ca-certificate", Default: "none", Example: "[corp.pem]",
		Doc: "Files with certificates of authorities, in PEM, that programs in the image are to trust: they come into the base's bundle, and where the base's own program (update-ca-certificates) finds them. Python's requests and httpx read certifi's bundle: see `certifi`.",
	},
	{
		Path: "certifi", Form: FormBool, Flag: "certifi", Default: "false", Example: "true",
		Doc: "Whether `ca_certificates` come into the bundle of Python's certifi, too: that of the lock's wheel, or else the base's.",
	},
	{
		Path: "init", Form: FormBool, Flag: "init", Default: "false", Example: "true",
		Doc: "Whether tini starts the entrypoint: it passes signals on and reaps what is left of child processes. The image must have it: `packages: [tini]`.",
	},
}
