package config

import (
	"time"
)

// Config is assemble.yaml. The fields are plain values, so that whoever has
// flags can set them; Validate checks the whole afterwards.
type Config struct {
	// File is the config's name as messages give it, "" where there is none.
	File string `yaml:"-"`
	// Dir is the absolute directory that relative paths start from.
	Dir string `yaml:"-"`

	Base            []string          `yaml:"base"`
	BaseName        string            `yaml:"base_name"`
	Platform        string            `yaml:"platform"`
	Lock            Path              `yaml:"lock"`
	Extras          []string          `yaml:"extras"`
	Groups          []string          `yaml:"groups"`
	Project         string            `yaml:"project"`
	Wheelhouse      Path              `yaml:"wheelhouse"`
	Wheels          []Glob            `yaml:"wheels"`
	RequireHashes   bool              `yaml:"require_hashes"`
	Packages        Packages          `yaml:"packages"`
	App             []App             `yaml:"app"`
	Models          []Model           `yaml:"models"`
	AllowSecrets    []string          `yaml:"allow_secrets"`
	AllowReplace    []string          `yaml:"allow_replace"`
	Dirs            []Place           `yaml:"dirs"`
	EmptyFiles      []Place           `yaml:"empty_files"`
	Links           map[string]string `yaml:"links"`
	Timezone        string            `yaml:"timezone"`
	CACertificates  []Path            `yaml:"ca_certificates"`
	Certifi         bool              `yaml:"certifi"`
	User            User              `yaml:"user"`
	Accounts        Accounts          `yaml:"accounts"`
	ArbitraryUID    bool              `yaml:"arbitrary_uid"`
	Workdir         string            `yaml:"workdir"`
	Env             map[string]string `yaml:"env"`
	Entrypoint      Command           `yaml:"entrypoint"`
	Cmd             Command           `yaml:"cmd"`
	Ports           []Port            `yaml:"ports"`
	Init            bool              `yaml:"init"`
	Volumes         []string          `yaml:"volumes"`
	StopSignal      string            `yaml:"stop_signal"`
	Healthcheck     *Healthcheck      `yaml:"healthcheck"`
	Labels          map[string]string `yaml:"labels"`
	Annotations     map[string]string `yaml:"annotations"`
	Sign            Sign              `yaml:"sign"`
	Smoke           Smoke             `yaml:"smoke"`
	Layers          Layers            `yaml:"layers"`
	OnConflict      string            `yaml:"on_conflict"`
	Problems        map[string]string `yaml:"problems"`
	Ignore          []Ignore          `yaml:"ignore"`
	Needs           []Need            `yaml:"needs"`
	Budget          Budget            `yaml:"budget"`
	Index           []string          `yaml:"index"`
	FindLinks       []Link            `yaml:"find_links"`
	CredentialHosts []string          `yaml:"credential_hosts"`
	IncludeDirs     []Path            `yaml:"include_dirs"`
	Deny            []string          `yaml:"deny"`
	Exclude         []string          `yaml:"exclude"`
	Override        []string          `yaml:"override"`
	Created         string            `yaml:"created"`
	SourceDateEpoch *int64            `yaml:"source_date_epoch"`
	GitAnnotations  bool              `yaml:"git_annotations"`
	Vars            map[string]string `yaml:"vars"`

	LayerCache         []string `yaml:"layer_cache"`
	LayerCacheKeys     []Path   `yaml:"layer_cache_keys"`
	LayerCacheInsecure bool     `yaml:"layer_cache_insecure"`

	// Where bases come from.
	BaseLock   Path                `yaml:"base_lock"`
	BaseVerify BaseVerify          `yaml:"base_verify"`
	BaseMaxAge time.Duration       `yaml:"base_max_age"`
	Mirrors    map[string][]string `yaml:"mirrors"`
	HostsDir   Path                `yaml:"hosts_dir"`

	origins  map[string]origin
	inherits map[string]bool // what the base has and keeps, by the field
}

// BaseVerify says whose signature a base must have.
type BaseVerify struct {
	// Key is a public key's file.
	Key Path `yaml:"key"`
}

// App is a directory or file of the application.
type App struct {
	// From is the directory or file on this machine, or a file at a URL.
	From Source `yaml:"from"`
	// To is where it goes in the image, absolute.
	To string `yaml:"to"`
	// User owns it, "" for root.
	User Owner `yaml:"user"`
	// Mode is that of the files, 0 for the usual one.
	Mode Mode `yaml:"mode"`
	// SHA256 is what a file must have, "" for any; see [App.Digest].
	SHA256 string `yaml:"sha256"`
	// Unpack unpacks an archive, without the first Strip directories of its paths.
	Unpack bool `yaml:"unpack"`
	Strip  int  `yaml:"strip"`
	// Include and Exclude are patterns of what is taken of a directory, and of
	// what isn't.
	Include []string `yaml:"include"`
	Exclude []string `yaml:"exclude"`
}

// User is whom the image runs as. The zero User leaves the base's.
type User struct {
	Name string `yaml:"name"`
	UID  int    `yaml:"uid"`
	// GID is the same as UID where the config doesn't give it.
	GID int `yaml:"gid"`
	// Group is the name of a group that the base has, in the place of GID.
	Group string `yaml:"group"`
	// Groups are further ones that list the user.
	Groups []string `yaml:"groups"`
	Home   string   `yaml:"home"`
	// Shell is the login shell, "" for none.
	Shell string `yaml:"shell"`
}

// IsZero reports whether nothing of a user was given that isn't zero; see
// [Config.HasUser].
func (u User) IsZero() bool {
	return u.Name == "" && u.UID == 0 && u.GID == 0 && u.Group == "" && u.Home == "" && u.Shell == "" && len(u.Groups) == 0
}

// Sign says how the image is signed.
type Sign struct {
	// Key is the private key's file; not signed where it is unset.
	Key Path `yaml:"key"`
}

// Smoke is the test that an image passes before it is tagged.
type Smoke struct {
	// HTTP is the health check, nil for none.
	HTTP *HTTP `yaml:"http"`
	// Timeout bounds the whole test.
	Timeout time.Duration `yaml:"timeout"`
	EnvFile Path          `yaml:"env_file"`
	// Imports are Python modules that must be importable.
	Imports []string `yaml:"imports"`
	// StaysUp is how long the entrypoint must keep running, 0 for a moment.
	StaysUp time.Duration `yaml:"stays_up"`
	// Command must exit with 0 in the container, beside the entrypoint.
	Command Command `yaml:"command"`
	// Memory bounds the container, 0 for no bound.
	Memory   Size `yaml:"memory"`
	ReadOnly bool `yaml:"read_only"`
}

// HTTP is a health check.
type HTTP struct {
	Port   int    `yaml:"port"`
	Path   string `yaml:"path"`
	Status int    `yaml:"status"`
}

// Layers bounds how wheels are grouped.
type Layers struct {
	// Budget is the number of layers on top of the base.
	Budget int `yaml:"budget"`
	// MaxLayer splits larger layers; 0 leaves that to the planner.
	MaxLayer Size `yaml:"max_layer"`
}

// What on_conflict may be.
const (
	ConflictWarn     = "warn"
	ConflictError    = "error"
	ConflictLastWins = "last-wins"
)

// What problems may say of a kind.
const (
	ProblemWarn  = "warn"
	ProblemError = "error"
)

// ProblemKinds are the kinds of problems that wheels may have together.
func ProblemKinds() []string {
	return []string{"requires-python", "missing", "version", "extra", "metadata"}
}

// New returns the config of an empty file in the directory dir ("" means the
// current one), for use without a file.
func New(dir string) (*Config, error) {
	abs, err := absDir(dir)
	if err != nil {
		return nil, err
	}
	c := &Config{Dir: abs, origins: map[string]origin{}}
	c.fill()
	return c, nil
}
