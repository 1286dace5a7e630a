package requirements

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/lazyregexp"
)

// neverSent are variables that no index has any business with.
var neverSent = map[string]bool{"COSIGN_PASSWORD": true}

// variable is what pip replaces by the value of an environment variable.
var variable = lazyregexp.New(`\$\{([A-Z0-9_]+)\}`)

// hasVariable reports whether pip would replace something in text.
func hasVariable(text string) bool {
	return strings.Contains(text, "${") && variable.MatchString(text)
}

// maxNamed bounds how many variables a message looks at.
const maxNamed = 20

// misplaced is what is said of variables that pip would replace, or leave as
// they are where they aren't set.
func (o Options) misplaced(text string) string {
	const only = "variables are only replaced in the user name and password of an index or find-links URL"
	var unset []string
	for _, match := range variable.FindAllStringSubmatch(text, maxNamed) {
		if name := match[1]; o.Env != nil && o.Env(name) == "" && !neverSent[name] && !slices.Contains(unset, name) {
			unset = append(unset, name)
		}
	}
	switch len(unset) {
	case 0:
		return only
	case 1:
		return "the environment variable " + unset[0] + " is not set, and " + only
	}
	return "the environment variables " + strings.Join(unset, ", ") + " are not set, and " + only
}

// expandURL replaces the variables in the user information of an index's or a
// find-links URL, for hosts that may have them. A file comes from anybody, and
// pip replaces variables anywhere in it: then it could have any secret of the
// environment sent to any host, or printed. What is wrong is said of the text
// as it was written.
func (o Options) expandURL(text string) (string, error) {
	if o.Env == nil || !hasVariable(text) {
		return text, nil
	}
	scheme, rest, isURL := strings.Cut(text, "://")
	end := strings.IndexAny(rest, "/?#\\")
	if end < 0 {
		end = len(rest)
	}
	at := strings.LastIndexByte(rest[:end], '@')
	if !isURL || at < 0 || hasVariable(scheme) || hasVariable(rest[at:]) {
		return "", errors.New(o.misplaced(text))
	}
	user, err := o.expandUser(rest[:at], rest[at+1:end])
	if err != nil {
		return "", err
	}
	return scheme + "://" + user + rest[at:], nil
}

const notSent = "variables are not sent to %q: neither the config nor a flag names that host"

// expandUser replaces the variables in a URL's user information.
func (o Options) expandUser(user, hostport string) (string, error) {
	u, err := url.Parse("https://" + hostport)
	if err != nil || u.Host != hostport {
		return "", fmt.Errorf("the URL can't be parsed")
	}
	allowed := o.CredentialHost != nil && o.CredentialHost(u.Host)
	for _, match := range variable.FindAllStringSubmatch(user, -1) {
		name := match[1]
		value := o.Env(name)
		switch {
		case neverSent[name]:
			return "", fmt.Errorf("the variable %s is never sent anywhere", name)
		case value == "" && allowed:
			return "", fmt.Errorf("the environment variable %s is not set", name)
		case value == "":
			return "", fmt.Errorf("the environment variable %s is not set, and "+notSent, name, u.Host)
		case !allowed:
			return "", fmt.Errorf(notSent, u.Host)
		}
		user = strings.ReplaceAll(user, match[0], escapeUser(value))
	}
	return user, nil
}

// escapeUser escapes what would end the user information of a URL, or is not
// allowed in it (RFC 3986, 3.2.1). A "%" stays: the value may be escaped.
func escapeUser(value string) string {
	var b strings.Builder
	for i := range len(value) {
		if c := value[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`/?#[]@\^"<>{}|`+"`", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
