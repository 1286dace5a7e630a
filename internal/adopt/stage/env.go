package stage

import (
	"path"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"

	"github.com/assemble-image/assemble/internal/adopt/draft"
	"github.com/assemble-image/assemble/internal/credential"
	"github.com/assemble-image/assemble/internal/lazyregexp"
)

// buildOnly are variables that only tools which install packages read.
var buildOnly = []string{
	"PIP_", "POETRY_", "UV_", "PIPENV_", "PDM_", "HATCH_", "DEBIAN_", "DEBCONF_", "APT_", "CONDA_", "PYTHON_PIP_VERSION", "GET_POETRY_IGNORE_DEPRECATION",
	"YARN_", "NPM_", "PUPPETEER_SKIP", "CYPRESS_",
}

// secretName is a variable that by its name holds a secret.
var secretName = lazyregexp.New(`(?i)(^|_)(PASSWORD|PASSWD|PASS|SECRET|SECRETS|TOKEN|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|SECRET_?KEY|ENCRYPTION_?KEY|CREDENTIALS?|DSN|PAT)(_|$)`)

// urlPassword is a URL with a user and a password.
var urlPassword = lazyregexp.New(`[a-zA-Z][a-zA-Z0-9+.-]*://[^/@\s:]*:[^/@\s]+@`)

// assigned is a variable that is set, or an option that is given, whose name says
// that it holds a secret; inURL is what stands before a URL's host.
var (
	assigned = lazyregexp.New(`(?i)([A-Z0-9_-]*(?:PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|CREDENTIAL)[A-Z0-9_-]*)=("[^"]*"|'[^']*'|[^\s'"]+)`)
	inURL    = lazyregexp.New(`://[^/@\s'"]+@`)
)

// Redact takes secrets out of what is shown of an instruction.
func Redact(text string) string {
	return inURL.ReplaceAllString(assigned.ReplaceAllString(text, "$1=…"), "://…@")
}

// IsSecret reports whether a variable looks like a secret, by its name or by its
// value. One without a value, or with another variable's, isn't.
func IsSecret(name, value string) bool {
	if strings.Trim(marked.ReplaceAllString(value, ""), " \t") == "" {
		return false
	}
	var none credential.Kind
	if kind, _ := credential.Find([]byte(value+"\n"), credential.Data); kind != none {
		return true
	}
	return secretName.MatchString(name) || urlPassword.MatchString(value)
}

// IsBuildOnly reports whether a variable is for tools that don't run here.
func IsBuildOnly(name string) bool { return hasPrefixAny(name, buildOnly...) }

// env is ENV.
func (in *interpreter) env(s *State, step *draft.Step, c *instructions.EnvCommand) {
	before := s.clone() // a line's values don't see each other
	var kept, dropped, secret []string
	for _, kv := range c.Env {
		key, errKey := in.expand(before, kv.Key)
		value, err := in.expand(before, kv.Value)
		if err != nil || errKey != nil || !isName.MatchString(key) {
			leave(step, "it can't be expanded; write the value into the config")
			return
		}
		if key == "PATH" {
			value = s.pathOf(value)
		}
		setting := Setting{Key: key, Value: value, Step: step, Secret: IsSecret(key, value) || s.namesSecret(kv.Value)}
		switch {
		case key == "VIRTUAL_ENV":
			s.venvs = append(s.venvs, value)
			dropped = append(dropped, key)
		case IsBuildOnly(key), key == "PATH" && value == mark+"PATH"+mark:
			dropped = append(dropped, key)
		case setting.Secret:
			secret = append(secret, key)
		default:
			kept = append(kept, key)
		}
		s.Env = set(s.Env, setting)
	}
	switch {
	case len(secret) > 0:
		step.Text = redact(c)
		leave(step, strings.Join(secret, ", ")+" looks like a secret, which anyone who has the image could read; give it where the image is run, and to the test by smoke.env_file")
	case len(kept) > 0:
		carry(step, "env")
	default:
		skip(step, strings.Join(dropped, ", ")+": for tools that don't run here, or for a virtual environment, which the image doesn't need")
	}
}

// namesSecret reports whether a text has a variable with a value whose name says
// that it is a secret: an argument that is one.
func (s *State) namesSecret(text string) bool {
	for _, m := range portVariable.FindAllStringSubmatch(text, -1) {
		if value, ok := s.lookup(m[1]); ok && IsSecret(m[1], value) {
			return true
		}
	}
	return false
}

// redact leaves the values out of an ENV with a secret.
func redact(c *instructions.EnvCommand) string {
	names := make([]string, len(c.Env))
	for i, kv := range c.Env {
		names[i] = kv.Key + "=…"
	}
	return "ENV " + strings.Join(names, " ")
}

// EnvToKeep are the variables that the image gets.
func (s *State) EnvToKeep() []Setting {
	var keep []Setting
	for _, e := range s.Env {
		if e.Key == "PATH" { // an environment may be made after its PATH is set
			e.Value = s.pathOf(e.Value)
		}
		if e.Key == "VIRTUAL_ENV" || IsBuildOnly(e.Key) || e.Secret || e.Key == "PATH" && e.Value == mark+"PATH"+mark {
			continue
		}
		keep = append(keep, e)
	}
	return keep
}

// pathOf takes directories of virtual environments and of installers off a PATH:
// what they had is in the base's own place.
func (s *State) pathOf(value string) string {
	parts := strings.Split(value, ":")
	parts = slices.DeleteFunc(parts, func(dir string) bool { return dir == "" || s.isVenvBin(dir) || isToolBin(dir) })
	return strings.Join(slices.Compact(parts), ":")
}

// isVenvBin reports whether a directory has the programs of Python packages that
// a stage installed into a place of its own.
func (s *State) isVenvBin(dir string) bool {
	if path.Base(dir) != "bin" {
		return false
	}
	parent := path.Dir(dir)
	base := path.Base(parent)
	return slices.Contains(s.venvs, parent) || base == ".venv" || base == "venv" || base == ".local" || base == "env" && strings.Count(parent, "/") > 1
}

// isToolBin reports whether a directory has the programs of an installer.
func isToolBin(dir string) bool {
	return hasPrefixAny(dir, "/opt/poetry", "/etc/poetry", "/root/.cargo", "/root/.poetry", "/opt/conda")
}
