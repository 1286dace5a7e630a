package config

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// userForms are how a user is written in one text.
const userForms = "NAME[:GROUP], UID[:GID] or NAME:UID[:GID[:HOME]]"

// HasUser reports whether a user was given, be it root by number.
func (c *Config) HasUser() bool {
	return !c.User.IsZero() || c.given("user.uid") || c.given("user.gid")
}

// UserFromBase reports whether but the user's name was given, so that the base
// must have the user and tell the numbers.
func (c *Config) UserFromBase() bool {
	u := c.User
	return u.Name != "" && u.UID == 0 && u.Shell == "" && len(u.Groups) == 0 &&
		!c.given("user.uid") && !c.given("user.gid") && !c.given("user.home")
}

// parseUser takes a user in one text: "nobody", "1000", "1000:1000",
// "app:1000:1000:/app" or "nobody:nogroup".
func (c *Config) parseUser(text string, at origin) error {
	parts := strings.Split(text, ":")
	names := []string{"user.name", "user.uid", "user.gid", "user.home"}
	if isNumber(parts[0]) {
		names = names[1:3]
	}
	if len(parts) == 2 && parts[1] != "" && !isNumber(parts[1]) {
		names = []string{names[0], "user.group"}
	}
	if parts[0] == "" || len(parts) > len(names) {
		return fmt.Errorf("%q is not %s", text, userForms)
	}
	for i, s := range parts {
		switch names[i] {
		case "user.uid", "user.gid":
			n, err := strconv.ParseInt(s, 10, 64)
			if err != nil || n > math.MaxInt32 || n < math.MinInt32 {
				return fmt.Errorf("%q is not %s: %q is not a number that fits", text, userForms, s)
			}
			c.target(names[i]).SetInt(n)
		default:
			c.target(names[i]).SetString(s)
		}
		c.origins[names[i]] = at
	}
	c.origins["user"] = at
	c.fillUser()
	return nil
}

// isNumber reports whether a text is meant as a number: it begins with a sign
// or a digit, as no name does.
func isNumber(s string) bool { return s != "" && strings.ContainsRune("+-0123456789", rune(s[0])) }

// user decodes the user from one text, where the node is a scalar.
func (d *decoder) user(n ast.Node, v reflect.Value) bool {
	text, ok := textOf(n)
	if _, isInt := n.(*ast.IntegerNode); isInt {
		text, ok = n.GetToken().Value, true
	}
	if !ok || v.Type() != reflect.TypeFor[User]() {
		return false
	}
	if err := d.c.parseUser(text, place(tokenOf(n))); err != nil {
		d.add(tokenOf(n), "user", "%s", err)
	}
	return true
}
