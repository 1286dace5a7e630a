package config

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"time"

	"github.com/assemble-image/assemble/internal/lazyregexp"
)

const (
	maxID     = math.MaxInt32
	maxBases  = 16
	maxBudget = 126 // an image has at most 127 layers, one of them the base's
	maxWait   = 24 * time.Hour
	minMemory = 16 << 20
	minLayer  = 1 << 20

	// maxEpoch is the last second of the year 9999.
	maxEpoch = 253402300799
)

var (
	platformForm = lazyregexp.New(`^linux/[a-z0-9_]+(/[a-z0-9]+)?$`)
	userForm     = lazyregexp.New(`^[a-z_][a-z0-9_-]{0,31}$`)
	envForm      = lazyregexp.New(`^[A-Za-z_][A-Za-z0-9_]*$`)
	moduleForm   = lazyregexp.New(`^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$`)
)

// architectures are those that wheels are made for.
var architectures = []string{"386", "amd64", "arm", "arm64", "loong64", "ppc64le", "riscv64", "s390x"}

// Validate checks the whole, once flags are in. The error is an [*Error].
func (c *Config) Validate() error {
	c.fill()
	return joinProblems(c.check())
}

// RequireLock returns an [*Error] where no lock is given. An image can do
// without, but not what works on the lock itself.
func (c *Config) RequireLock() error {
	if !c.Lock.IsZero() {
		return nil
	}
	return joinProblems([]*Problem{c.problem("lock", "is missing; specify the file that pins the wheels, with hashes")})
}

// checker gathers problems.
type checker struct {
	c        *Config
	problems []*Problem
}

func (k *checker) add(path, format string, args ...any) {
	k.problems = append(k.problems, k.c.problem(path, format, args...))
}

// check returns what is wrong with the fields that are there.
func (c *Config) check() []*Problem {
	k := &checker{c: c}
	k.base()
	k.packages()
	k.app()
	k.models()
	k.dirs()
	k.user()
	k.accounts()
	k.process()
	k.container()
	k.system()
	k.texts()
	k.smoke()
	k.build()
	k.vars()
	k.doctor()
	return k.problems
}

func (k *checker) base() {
	c := k.c
	if len(c.Base) == 0 {
		k.add("base", "must name an image")
	}
	if len(c.Base) > maxBases {
		k.add("base", "has more than %d candidates", maxBases)
	}
	for i, b := range c.Base {
		path := fmt.Sprintf("base[%d]", i)
		switch {
		case b == "":
			k.add(path, "is empty")
		case strings.ContainsFunc(b, isControl) || strings.Contains(b, " "):
			k.add(path, "%q contains a space or a control character", b)
		}
	}
	for registry, list := range c.Mirrors {
		for _, m := range list {
			if m == "" || strings.ContainsFunc(m, isControl) || strings.ContainsAny(m, " @?#") {
				k.add("mirrors."+registry, "%q is not HOST[:PORT][/PREFIX]", m)
			}
		}
	}
	if strings.ContainsFunc(c.BaseName, isControl) || strings.Contains(c.BaseName, " ") {
		k.add("base_name", "%q contains a space or a control character", c.BaseName)
	}
	if !platformForm.MatchString(c.Platform) {
		k.add("platform", "%q is not a platform such as linux/arm64", c.Platform)
	} else if arch := strings.Split(c.Platform, "/")[1]; !contains(architectures, arch) {
		k.add("platform", "%q is not an architecture; known names are %s", arch, strings.Join(architectures, ", "))
	}
}

func (k *checker) app() {
	taken := map[string]int{}
	for i, a := range k.c.App {
		path := fmt.Sprintf("app[%d]", i)
		if a.From.IsZero() {
			k.add(path+".from", "is missing")
		} else if a.From.URL == "" && k.outside(path, a.From.Path) {
			k.add(path+".from", "%q is outside the config's directory", a.From)
		}
		k.source(path, a)
		k.appRest(path, a)
		if a.To == "" {
			k.add(path+".to", "is missing")
			continue
		}
		if !k.absolute(path+".to", a.To) {
			continue
		}
		if j, ok := taken[clean(a.To)]; ok {
			k.add(path+".to", "%q is already used by app[%d]", a.To, j)
			continue
		}
		taken[clean(a.To)] = i
	}
	for i, p := range k.c.AllowSecrets {
		path := fmt.Sprintf("allow_secrets[%d]", i)
		if _, err := filepath.Match(p, ""); err != nil {
			k.add(path, "%q is not a pattern: %v", p, err)
		} else if p == "" || strings.HasPrefix(p, "!") || strings.ContainsFunc(p, isControl) {
			k.add(path, "%q is not a path or pattern", p)
		}
	}
	for i, p := range k.c.AllowReplace {
		k.absolute(fmt.Sprintf("allow_replace[%d]", i), p)
	}
}

// outside reports whether a path from the config leaves its directory. What a
// flag names may lie anywhere.
func (k *checker) outside(path string, p Path) bool {
	if at, ok := k.c.origin(path); !ok || at.flag != "" {
		return false
	}
	rel, err := filepath.Rel(k.c.Dir, p.Abs)
	return err != nil || !filepath.IsLocal(rel)
}

func (k *checker) dirs() {
	k.places()
	if k.c.Workdir != "" && clean(k.c.Workdir) != "/" {
		k.absolute("workdir", k.c.Workdir)
	}
}

// absolute complains of a path in the image that isn't absolute and clean, or
// is the root. It returns whether the path is fine.
func (k *checker) absolute(field, p string) bool {
	switch {
	case p == "":
		k.add(field, "is empty")
	case strings.ContainsFunc(p, isControl):
		k.add(field, "%q contains a control character", p)
	case !strings.HasPrefix(p, "/"):
		k.add(field, "%q is relative; a path in the image starts with /", p)
	case contains(strings.Split(p, "/"), ".."), contains(strings.Split(p, "/"), "."):
		k.add(field, "%q contains . or ..", p)
	case clean(p) == "/":
		k.add(field, "is the root of the image")
	default:
		return true
	}
	return false
}

func (k *checker) user() {
	u := k.c.User
	switch {
	case u.UID < 0 || u.UID > maxID:
		k.add("user.uid", "%d is not a user ID (0 to %d)", u.UID, maxID)
	case u.UID == 0 && u.Name != "" && u.Name != "root" && k.c.given("user.uid"):
		k.add("user.uid", "0 is root, not %s", u.Name)
	case u.UID == 0 && u.Name != "" && u.Name != "root" && !k.c.UserFromBase():
		k.add("user.uid", "is missing; %s needs a user ID, and 0 is root's", u.Name)
	}
	if u.GID < 0 || u.GID > maxID {
		k.add("user.gid", "%d is not a group ID (0 to %d)", u.GID, maxID)
	}
	if u.Name != "" && !userForm.MatchString(u.Name) {
		k.add("user.name", "%q is not a user name (lower-case letters, digits, - and _; 32 at most)", u.Name)
	}
	if u.Group != "" && !userForm.MatchString(u.Group) {
		k.add("user.group", "%q is not a group name (lower-case letters, digits, - and _; 32 at most)", u.Group)
	}
	if u.Group != "" && k.c.given("user.gid") {
		k.add("user.group", "is given beside user.gid; one of them tells the group")
	}
	if u.Name == "root" && u.UID != 0 {
		k.add("user.name", "root has the user ID 0, not %d", u.UID)
	}
	if u.Home != "" && clean(u.Home) != "/" && k.absolute("user.home", u.Home) && strings.Contains(u.Home, ":") {
		k.add("user.home", "%q contains a colon, which /etc/passwd doesn't allow", u.Home)
	}
}
