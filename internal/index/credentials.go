package index

import (
	"net/url"

	"github.com/assemble-image/assemble/internal/wire"
)

// The environment variables that [EnvironmentCredential] reads.
const (
	EnvUsername = "ASSEMBLE_INDEX_USERNAME"
	EnvPassword = "ASSEMBLE_INDEX_PASSWORD"
)

// Credential is a user name and a password, or a token in the place of either.
type Credential struct{ Username, Password string }

func (c Credential) isZero() bool { return c == Credential{} }

// String hides the credential from messages.
func (c Credential) String() string { return "****" }

// GoString hides the credential from %#v.
func (c Credential) GoString() string { return "index.Credential{****}" }

// Keyring finds the credential for a URL's host. It is asked with scheme, host
// and port only.
type Keyring func(u *url.URL) (Credential, bool)

// EnvironmentCredential returns what ASSEMBLE_INDEX_USERNAME and
// ASSEMBLE_INDEX_PASSWORD say, as getenv tells them.
func EnvironmentCredential(getenv func(string) string) Credential {
	return Credential{Username: getenv(EnvUsername), Password: getenv(EnvPassword)}
}

// credential returns what to send to a URL: what the user put into a URL of
// this very origin, else what the keyring has. The keyring knows no schemes, so
// that it is asked for plain HTTP only where the user named the host.
func (c *Client) credential(u *url.URL) (Credential, bool) {
	c.mu.Lock()
	own, found := c.own[origin(u)]
	named := c.named[u.Hostname()]
	c.mu.Unlock()
	if found && (own.Password != "" || c.opt.Keyring == nil) {
		return own, true
	}
	if c.opt.Keyring == nil || (u.Scheme != "https" && !named && !wire.IsLoopback(u.Hostname())) {
		return own, found
	}
	cred, ok := c.opt.Keyring(&url.URL{Scheme: u.Scheme, Host: u.Host})
	switch {
	case !ok || found && cred.Username != own.Username:
		return own, found
	}
	return cred, true
}
