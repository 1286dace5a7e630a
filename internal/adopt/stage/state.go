package stage

import (
	"maps"
	"slices"

	"github.com/assemble-image/assemble/internal/adopt/draft"
)

// State is what a stage has come to after some of its instructions.
type State struct {
	// Base is the image that the stage is built upon, "" for an unknown one.
	Base, Platform string
	From           *draft.Step

	Env     []Setting
	Labels  []Setting
	Workdir Setting // Value is absolute
	User    Setting // NAME[:GROUP] or numbers
	Signal  Setting
	Ports   []Setting // "8000", "53/udp"
	Volumes []Setting
	Health  *Health

	Entrypoint, Cmd *Process

	Copies   []Copy
	Dirs     []Dir
	Owners   []Owner
	Modes    []Mode
	Links    []Setting // Key leads to Value
	Zone     Setting   // the time zone
	Accounts []Account
	Groups   []Group
	Packages []Setting // Debian's, by Value
	Certs    bool      // update-ca-certificates was run
	Touched  []Setting // empty files

	args   map[string]string
	shell  []string
	venvs  []string // directories of virtual environments and their like
	wheels []string // directories with wheels that were made or copied
	setCmd bool     // in this stage
}

// Setting is a value with the step that it is from.
type Setting struct {
	Key, Value string
	Step       *draft.Step
	// Secret says that the value looks like a secret.
	Secret bool
}

// Process is an entrypoint or a cmd.
type Process struct {
	Args []string
	Step *draft.Step
	// Note says how Args differ from what was written.
	Note string
}

// Health is a HEALTHCHECK.
type Health struct {
	None bool
	// Args is what is run; with Shell, a shell runs the only one.
	Args  []string
	Shell bool
	// Times are those that were given, by Docker's names: interval, timeout,
	// start_period, start_interval; and retries.
	Times []draft.Pair
	Step  *draft.Step
}

// Copy is files of the build context that go into the image.
type Copy struct {
	// From is the path in the context, relative; "." is all of it. FromDir says
	// that it was written as a directory's.
	From    string
	FromDir bool
	// To is absolute. Dir says that it names a directory that the file goes into.
	To  string
	Dir bool
	// Chown and Chmod are as given, Exclude has patterns.
	Chown, Chmod string
	Exclude      []string
	// Unpack says that an archive is unpacked; SHA256 is that of a file that From
	// is the URL of.
	Unpack bool
	SHA256 string
	Step   *draft.Step
}

// Dir is a directory that is made.
type Dir struct {
	Path string
	Mode string
	Step *draft.Step
}

// Owner is a chown.
type Owner struct {
	Path      string
	User      string
	Recursive bool
	Step      *draft.Step
}

// Mode is a chmod.
type Mode struct {
	Path, Mode string
	Recursive  bool
	Step       *draft.Step
}

// Account is a user that is made.
type Account struct {
	Name string
	// UID and GID are "" where the program chooses them.
	UID, GID string
	// Group is the primary group by name.
	Group string
	// Groups are further ones.
	Groups      []string
	Home, Shell string
	System      bool
	// Low says that numbers of system accounts count from 100 up, as Debian's
	// adduser has it, and not from 999 down.
	Low  bool
	Step *draft.Step
}

// Group is a group that is made.
type Group struct {
	Name, GID string
	System    bool
	Low       bool // as of an [Account]
	Step      *draft.Step
}

// clone returns the state that a stage built upon this one begins with.
func (s *State) clone() *State {
	c := *s
	c.Env, c.Labels, c.Ports, c.Volumes = slices.Clone(s.Env), slices.Clone(s.Labels), slices.Clone(s.Ports), slices.Clone(s.Volumes)
	c.Copies, c.Dirs, c.Owners, c.Modes = slices.Clone(s.Copies), slices.Clone(s.Dirs), slices.Clone(s.Owners), slices.Clone(s.Modes)
	c.Links, c.Accounts, c.Groups, c.Packages = slices.Clone(s.Links), slices.Clone(s.Accounts), slices.Clone(s.Groups), slices.Clone(s.Packages)
	c.venvs, c.wheels = slices.Clone(s.venvs), slices.Clone(s.wheels)
	c.args = maps.Clone(s.args)
	c.setCmd = false
	return &c
}

// set replaces or adds a setting by its key.
func set(list []Setting, s Setting) []Setting {
	for i := range list {
		if list[i].Key == s.Key {
			list[i] = s
			return list
		}
	}
	return append(list, s)
}

// get returns the value of a key.
func get(list []Setting, key string) (string, bool) {
	for _, s := range list {
		if s.Key == key {
			return s.Value, true
		}
	}
	return "", false
}
