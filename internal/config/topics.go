package config

// Topic is a group of fields that belong together, for help.
type Topic struct {
	// Title heads the group.
	Title string
	// Fields are those of the topic that have a flag, in order.
	Fields []Brief
}

// Brief is what help says of a field, on one line.
type Brief struct {
	// Path is the field's.
	Path string
	// Value stands for the flag's value, "" where it takes none.
	Value string
	// Text says what the field is, in some fifty characters.
	Text string
}

// Topics returns all fields that have a flag, by topic.
func Topics() []Topic { return topics }

// BriefOf returns what help says of the field at path. A field that no topic
// has gets what its form says.
func BriefOf(path string) Brief {
	for _, t := range topics {
		for _, b := range t.Fields {
			if b.Path == path {
				return b
			}
		}
	}
	return Brief{Path: path}
}

// The titles of topics that other flags belong to, too.
const (
	TopicBase     = "Base image"
	TopicWheels   = "Wheels"
	TopicPackages = "System packages"
	TopicSigning  = "Signing"
	TopicSmoke    = "Smoke test"
)

var topics = []Topic{
	{Title: TopicBase, Fields: []Brief{
		{"base", "REF", "image to build upon; the first that answers"},
		{"platform", "OS/ARCH", "what the image runs on, for example linux/amd64"},
		{"base_name", "NAME", "what the image calls its base"},
		{"base_lock", "FILE", "lock that pins bases by digest"},
		{"base_verify.key", "FILE", "public key that must have signed the base"},
		{"base_max_age", "TIME", "age of a base from which on it is noted"},
		{"mirrors", "REGISTRY=MIRROR", "where a registry's images are looked for first"},
		{"hosts_dir", "DIR", "directory of containerd's hosts.toml files"},
	}},
	{Title: TopicWheels, Fields: []Brief{
		{"lock", "FILE", "lock that pins the wheels"},
		{"wheelhouse", "DIR", "directory with the wheels"},
		{"index", "URL", "package index to fetch missing wheels from"},
		{"find_links", "PLACE", "directory, page or wheel to look into before that"},
		{"extras", "NAME", "extra of the locked project to install"},
		{"groups", "NAME", "dependency group to install"},
		{"wheels", "PATTERN", "wheels of your own, for example dist/*.whl"},
		{"project", "DIR|NAME", "where your wheel was built; or which of a uv.lock"},
		{"require_hashes", "", "require a hash on every line of requirements"},
		{"deny", "PATTERN", "do without these packages, for example nvidia-*"},
		{"exclude", "NAME", "leave this dependency of others out"},
		{"override", "REQ", "requirement that replaces what others ask"},
		{"on_conflict", "HOW", "two wheels with one path: warn, error, last-wins"},
		{"problems", "KIND=HOW", "wheels that don't go together: warn or error"},
		{"credential_hosts", "HOST", "host that ${NAME} in requirements may be sent to"},
		{"include_dirs", "DIR", "where requirements may include files from"},
	}},
	{Title: TopicPackages, Fields: []Brief{
		{"packages.install", "NAME", "Debian package to install, or NAME=VERSION"},
		{"packages.recommends", "", "install what these recommend, too"},
		{"packages.sources", "SOURCE", "where from: URI SUITE COMPONENT…, or a directory"},
		{"packages.keyring", "FILE", "keys that sign the sources, not the base's"},
		{"packages.snapshot", "TIME", "take the archives as they were then"},
		{"packages.lock", "FILE", "lock that pins the packages"},
		{"packages.dir", "DIR", "directory with the packages"},
	}},
	{Title: "Application", Fields: []Brief{
		{"app", "FROM:TO", "directory or file of the app; each is a layer"},
		{"allow_secrets", "PATTERN", "take a file of app that looks like a secret"},
		{"allow_replace", "PATH", "let app replace what the base needs"},
		{"dirs", "DIR", "empty directory to make, owned by the user"},
		{"empty_files", "FILE", "empty file to make, owned by the user"},
		{"links", "LINK=TARGET", "symbolic link to make"},
		{"timezone", "ZONE", "time zone, for example Europe/Berlin"},
		{"ca_certificates", "FILE", "authority that the image trusts, in PEM"},
		{"certifi", "", "let Python's certifi trust them, too"},
		{"user", "USER", "NAME[:GROUP], UID[:GID] or NAME:UID[:GID[:HOME]]"},
		{"arbitrary_uid", "", "work as any user ID, as OpenShift chooses"},
		{"workdir", "DIR", "directory that the process starts in"},
		{"env", "NAME=VALUE", "environment variable"},
		{"entrypoint", "ARG", "program and its first arguments"},
		{"cmd", "ARG", "further arguments, which can be replaced"},
		{"ports", "PORT", "port that the image listens on, for example 53/udp"},
		{"init", "", "let tini start the entrypoint"},
		{"volumes", "DIR", "directory that outlives the container"},
		{"stop_signal", "SIGNAL", "signal that ends the container"},
	}},
	{Title: "Image and layers", Fields: []Brief{
		{"labels", "NAME=VALUE", "label in the image's config"},
		{"annotations", "NAME=VALUE", "annotation of the image's manifest"},
		{"created", "TIME", "when the image was created; git: with the commit"},
		{"git_annotations", "", "say which commit the image was made of"},
		{"vars", "NAME=VALUE", "value for ${var:NAME} in the config"},
		{"source_date_epoch", "N", "time of files and image, in seconds since 1970"},
		{"layers.budget", "N", "how many layers to make at most"},
		{"layers.max_layer", "SIZE", "split a layer that is larger, for example 256MiB"},
		{"layer_cache", "REF", "image in a registry to take layers from"},
		{"layer_cache_keys", "FILE", "public key that must have signed what it tells"},
		{"layer_cache_insecure", "", "take layers of other repositories unsigned"},
	}},
	{Title: "Checks", Fields: []Brief{
		{"budget.image", "SIZE", "how large the image may be"},
		{"budget.growth", "SIZE", "how much larger than what the tag names now"},
		{"budget.layer", "SIZE", "how large one of its layers may be"},
	}},
	{Title: TopicSigning, Fields: []Brief{
		{"sign.key", "FILE", "private key, created by keygen or cosign"},
	}},
	{Title: TopicSmoke, Fields: []Brief{
		{"smoke.http.port", "PORT", "port of the health check"},
		{"smoke.http.path", "PATH", "path that it asks for"},
		{"smoke.http.status", "N", "status that means healthy"},
		{"smoke.stays_up", "TIME", "how long the entrypoint must keep running"},
		{"smoke.command", "ARG", "command that must exit with 0 in the container"},
		{"smoke.imports", "MODULE", "Python module that must be importable"},
		{"smoke.timeout", "TIME", "how long the whole test may take"},
		{"smoke.env_file", "FILE", "lines NAME=VALUE for the test's environment"},
		{"smoke.memory", "SIZE", "memory that the container may use"},
		{"smoke.read_only", "", "mount the container's root read-only"},
	}},
}
