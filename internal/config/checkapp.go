package config

import (
	"fmt"
	"path"
	"strings"
)

// appRest checks what an entry of app says beside from and to.
func (k *checker) appRest(field string, a App) {
	k.owner(field+".user", a.User)
	if a.Mode != 0 && a.Mode&0o400 == 0 {
		k.add(field+".mode", "%s doesn't let the owner read", a.Mode)
	}
	for name, list := range map[string][]string{"include": a.Include, "exclude": a.Exclude} {
		for i, p := range list {
			k.pattern(fmt.Sprintf("%s.%s[%d]", field, name, i), p)
		}
	}
}

// pattern checks a pattern of paths below a directory.
func (k *checker) pattern(field, p string) {
	_, err := path.Match(p, "")
	switch clean := path.Clean("/" + p); {
	case p == "" || strings.ContainsFunc(p, isControl):
		k.add(field, "%q is not a path or pattern", p)
	case strings.HasPrefix(p, "!"):
		k.add(field, "%q begins with !, which only ignore files know", p)
	case err != nil:
		k.add(field, "%q is not a pattern: %v", p, err)
	case clean == "/" || contains(strings.Split(p, "/"), ".."):
		k.add(field, "%q names the directory itself, or leaves it", p)
	}
}
