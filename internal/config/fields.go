package config

// Form says how a flag gives a field's value.
type Form string

// The forms of fields.
const (
	FormText     Form = "string"
	FormPath     Form = "path"
	FormInt      Form = "int"
	FormBool     Form = "bool"
	FormDuration Form = "duration" // 120s
	FormSize     Form = "size"     // 512MiB
	FormList     Form = "list"     // repeated, or one JSON list
	FormMap      Form = "map"      // NAME=VALUE, repeated
	FormApp      Form = "app"      // FROM:TO, repeated
	FormPackages Form = "list or mapping"
	FormMode     Form = "mode" // 0755
	FormUser     Form = "user" // NAME[:GROUP], UID[:GID] or NAME:UID[:GID[:HOME]]
)

// Repeated reports whether the flag may be given several times.
func (f Form) Repeated() bool { return f == FormList || f == FormMap || f == FormApp }

// Field describes one field of assemble.yaml.
type Field struct {
	// Path is the field's name, with dots for what is nested: smoke.http.port.
	Path string
	Form Form
	// Flag is the flag that overrides it, without dashes; "" for parts of
	// fields that have one as a whole.
	Flag string
	// Default is what holds where the field is left out, in words or YAML.
	Default string
	// Example is the field's value in YAML's flow style.
	Example string
	// Doc says what it is, in one or a few sentences.
	Doc string
}

// Fields returns all fields, in the order of the reference.
func Fields() []Field {
	var all []Field
	for _, part := range [][]Field{imageFields, modelFields, accountFields, containerFields, systemFields, smokeFields, buildFields, doctorFields} {
		all = append(all, part...)
	}
	return all
}

// fieldAt returns the field of that path, if it has a flag.
func fieldAt(path string) (Field, bool) {
	for _, f := range Fields() {
		if f.Path == path && f.Flag != "" {
			return f, true
		}
	}
	return Field{}, false
}

var imageFields = []Field{
	{
		Path: "base", Form: FormList, Flag: "base", Default: "[" + defaultBase + "]",
		Example: "[python:3.10-slim-bookworm, 'oci:base']",
		Doc: "The image to build upon: a list that is tried in order, or a single string. " +
			"Each is a registry reference, `oci:DIR[:TAG]`, `oci-archive:FILE[:TAG]`, `docker-archive:FILE[:NAME:TAG]`, `containerd:NAME`, an image of this machine's containerd, or `embedded:`, which is built in and has no programs.",
	},
	{
		Path: "base_name", Form: FormText, Flag: "base-name", Default: "the first of base, where that is in a registry", Example: "docker.io/library/python:3.10-slim-bookworm",
		Doc: "What the image calls its base, in the annotation `org.opencontainers.image.base.name`, whichever candidate has answered.",
	},
	{
		Path: "base_lock", Form: FormPath, Flag: "base-lock", Default: "base.lock, where it is there", Example: "base.lock",
		Doc: "The file in which `assemble base lock` pins bases by digest. See [Pinning the base](#pinning-the-base).",
	},
	{
		Path: "base_verify.key", Form: FormPath, Flag: "base-key", Default: "none; bases aren't verified", Example: "base.pub",
		Doc: "A public key. A base is used only if a signature matches it.",
	},
	{
		Path: "base_max_age", Form: FormDuration, Flag: "base-max-age", Default: "none", Example: "90d",
		Doc: "How old a base may be until a note says that it is; `d` stands for 24 hours.",
	},
	{
		Path: "mirrors", Form: FormMap, Flag: "mirror", Default: "none", Example: "{docker.io: [mirror.example.com/dockerhub]}",
		Doc: "Where images of a registry are looked for before it is asked itself, in order: `HOST[:PORT][/PREFIX]`, with `http://` for plain HTTP. " +
			"The flag takes REGISTRY=MIRROR. See [Mirrors](#mirrors).",
	},
	{
		Path: "hosts_dir", Form: FormPath, Flag: "hosts-dir", Default: "/etc/containerd/certs.d", Example: "certs.d",
		Doc: "A directory with a `REGISTRY/hosts.toml` for each registry that has mirrors, as containerd has it. They come after those of mirrors.",
	},
	{
		Path: "platform", Form: FormText, Flag: "platform", Default: defaultPlatform, Example: "linux/arm64",
		Doc: "What the image runs on. Wheels are chosen for it, and the base must have it.",
	},
	{
		Path: "lock", Form: FormPath, Flag: "lock", Default: "none; the image gets no wheels", Example: "requirements.prod.lock",
		Doc: "The file that pins every wheel by version and hash. " +
			"A requirements file with version ranges also works: versions are then chosen from the wheelhouse.",
	},
	{
		Path: "extras", Form: FormList, Flag: "extra", Default: "none", Example: "[postgres]",
		Doc: "Extras of the locked project to install as well. Only for `pylock.toml` and `uv.lock`.",
	},
	{
		Path: "groups", Form: FormList, Flag: "group", Default: "pylock.toml's default groups; none of uv.lock's", Example: "[production]",
		Doc: "Dependency groups (PEP 735) to install as well. Only for `pylock.toml` and `uv.lock`.",
	},
	{
		Path: "project", Form: FormText, Flag: "project", Default: "the one beside the lock, or the only one", Example: ".",
		Doc: "Which project to install if a `uv.lock` has several. A directory (`.`, `./backend`) stands for the project whose pyproject.toml is there: " +
			"nothing is built, but the wheel that was built of it, in its dist/, goes in. See [Wheels of your own](#wheels-of-your-own).",
	},
	{
		Path: "wheelhouse", Form: FormPath, Flag: "wheelhouse", Default: defaultWheelhouse, Example: "wheelhouse/",
		Doc: "The directory with the wheels that the lock pins.",
	},
	{
		Path: "wheels", Form: FormList, Flag: "wheels", Default: "none", Example: "['dist/*.whl']",
		Doc: "Wheels of your own, by path; `*` stands for any characters of a name. Each takes the place of what the lock pins of its project, " +
			"be it source only, and is added where the lock doesn't know it. See [Wheels of your own](#wheels-of-your-own).",
	},
	{
		Path: "require_hashes", Form: FormBool, Flag: "require-hashes", Default: "false; but a single hash in a requirements file makes all required", Example: "true",
		Doc: "Whether every line of a requirements file must have a hash, as with pip. A range must then match exactly one wheel of the wheelhouse by its hashes.",
	},
	{
		Path: "packages", Form: FormPackages, Default: "none", Example: "[libgl1, 'libpq5=15.*']",
		Doc: "Debian packages to install on top of the base's: a list of them, or a mapping with the fields below. " +
			"`assemble lock` chooses them as apt would and writes packages.lock. See [Debian packages](debian.md).",
	},
	{
		Path: "packages.install", Form: FormList, Flag: "package", Default: "none", Example: "[libgl1, 'libpq5=15.*']",
		Doc: "The packages, by name; a version after an equals sign, or the beginning of one with `*`.",
	},
	{
		Path: "packages.recommends", Form: FormBool, Flag: "package-recommends", Default: "false", Example: "true",
		Doc: "Whether what they recommend is installed, too.",
	},
	{
		Path: "packages.sources", Form: FormList, Flag: "package-source", Default: "those that apt has in the base", Example: "['http://deb.debian.org/debian bookworm main', debs/]",
		Doc: "Where packages come from, instead of the base's sources: lines as in sources.list(5), where `deb` may be left out, with the options " +
			"`pin-priority=N` and `mirrors=URI,URI` beside apt's; or directories with .deb files, which need no signature.",
	},
	{
		Path: "packages.keyring", Form: FormPath, Flag: "package-keyring", Default: "the keys that the sources name, or apt trusts in the base", Example: "archive-keyring.gpg",
		Doc: "The OpenPGP keys that sign the sources, as a file, armored or not.",
	},
	{
		Path: "packages.snapshot", Form: FormText, Flag: "package-snapshot", Default: "none; as the archives are when they are locked", Example: "'2026-11-01T00:00:00Z'",
		Doc: "The time at which the archives are to be seen, for archives that have snapshots, as Debian's and Ubuntu's.",
	},
	{
		Path: "packages.lock", Form: FormPath, Flag: "package-lock", Default: defaultPackageLock, Example: "packages.lock",
		Doc: "The file that pins every package by version and hash.",
	},
	{
		Path: "packages.dir", Form: FormPath, Flag: "package-dir", Default: defaultPackageDir, Example: "debs/",
		Doc: "The directory with the packages that the lock pins.",
	},
	{
		Path: "app", Form: FormApp, Flag: "app", Default: "none", Example: "[{from: src, to: /app/src}]",
		Doc: "Directories or files of the application, each a layer of its own, in this order. " +
			"`.dockerignore` and `.assembleignore` apply.",
	},
	{
		Path: "app[].from", Form: FormPath, Example: "src",
		Doc: "The directory or file here, inside the config's directory; or the http or https URL of a file, with its `sha256`, which is downloaded into the cache.",
	},
	{
		Path: "app[].to", Form: FormText, Example: "/app/src",
		Doc: "Where it goes in the image, absolute. For a file, the file's own path.",
	},
	{
		Path: "app[].user", Form: FormText, Default: "root", Example: "appuser",
		Doc: "Who owns it: `NAME[:GROUP]` or `UID[:GID]`, of the base, `user` or `accounts`.",
	},
	{
		Path: "app[].mode", Form: FormMode, Default: "0644, or 0755 for what is executable", Example: "'0640'",
		Doc: "The mode of the files, in octal. Directories, and files of a directory that are executable here, can also be executed by whoever may read them: `0640` makes them 0750.",
	},
	{
		Path: "app[].sha256", Form: FormText, Default: "none; needed for a URL", Example: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		Doc: "The SHA-256 that the file, or the archive, must have.",
	},
	{
		Path: "app[].unpack", Form: FormBool, Default: "false", Example: "true",
		Doc: "Whether `from` is an archive to be unpacked below `to`: zip, tar, or tar in gzip, xz, zstd or bzip2.",
	},
	{
		Path: "app[].strip", Form: FormInt, Default: "0", Example: "1",
		Doc: "How many directories at the beginning of an archive's paths to leave out.",
	},
	{
		Path: "app[].include", Form: FormList, Default: "everything", Example: "['**/*.py', templates]",
		Doc: "What to take of a directory: patterns as in `.dockerignore`, relative to `from`. A directory stands for all that is in it. What ignore files leave out stays out.",
	},
	{
		Path: "app[].exclude", Form: FormList, Default: "none", Example: "[tests, '**/*.md']",
		Doc: "What to leave out of it: patterns as in `.dockerignore`, relative to `from`.",
	},
	{
		Path: "allow_secrets", Form: FormList, Flag: "allow-secret", Default: "none", Example: "[config/.env.defaults, 'tests/**/*.pem']",
		Doc: "Files of app that go into the image though they look like secrets: paths or patterns, as messages give them or relative to the config's directory. " +
			"A directory stands for all that is in it. See [What is left out of app](#what-is-left-out-of-app).",
	},
	{
		Path: "allow_replace", Form: FormList, Flag: "allow-replace", Default: "none", Example: "[/etc/passwd]",
		Doc: "Files that app may put in the place of what the base needs to work, such as `/etc/passwd` or the interpreter: absolute paths in the image. " +
			"A directory stands for all that is in it.",
	},
	{
		Path: "dirs", Form: FormList, Flag: "dir", Default: "none", Example: "[/app/logs, {path: /app/spool, mode: 0770}]",
		Doc: "Empty directories to make, owned by the user, mode 0755: paths, or mappings with a mode and an owner. One that the base has gets them, too.",
	},
	{
		Path: "dirs[].path", Form: FormText, Example: "/app/spool",
		Doc: "The directory's path, absolute.",
	},
	{
		Path: "dirs[].mode", Form: FormMode, Default: "0755", Example: "'0770'",
		Doc: "The directory's mode, in octal; `1777` is that of /tmp.",
	},
	{
		Path: "dirs[].user", Form: FormText, Default: "the image's user", Example: "www-data",
		Doc: "Who owns the directory: `NAME[:GROUP]` or `UID[:GID]`.",
	},
	{
		Path: "user", Form: FormUser, Flag: "user", Default: "the base's", Example: "{name: appuser, uid: 1000, gid: 1000}",
		Doc: "The user that the image runs as. Added to the base's passwd and group if missing. In one text, too: a NAME that the base or `accounts.users` has (`nobody`, `root`), `UID[:GID]` (`1000:1000`) or `NAME:UID[:GID[:HOME]]`; a group that the base has by name, as in `nobody:nogroup`.",
	},
	{
		Path: "user.name", Form: FormText, Default: "none", Example: "appuser",
		Doc: "The user name. Without one, only the user ID is used and passwd is left unchanged.",
	},
	{
		Path: "user.uid", Form: FormInt, Default: "what the base has for the name", Example: "1000",
		Doc: "The user ID.",
	},
	{
		Path: "user.gid", Form: FormInt, Default: "the same as uid", Example: "1000",
		Doc: "The ID of the user's group.",
	},
	{
		Path: "user.group", Form: FormText, Default: "none", Example: "nogroup",
		Doc: "The name of the user's group, in place of gid: one of the base or of `accounts.groups`.",
	},
	{
		Path: "user.groups", Form: FormList, Default: "none", Example: "[video]",
		Doc: "Further groups that list the user: of the base or of `accounts.groups`. The image's user is then its number alone, since runtimes look for these groups only where no group is given.",
	},
	{
		Path: "user.home", Form: FormText, Default: "/home/NAME", Example: "/app",
		Doc: "The home directory in passwd.",
	},
	{
		Path: "user.shell", Form: FormText, Default: "/usr/sbin/nologin", Example: "/bin/sh",
		Doc: "The login shell in passwd.",
	},
	{
		Path: "workdir", Form: FormText, Flag: "workdir", Default: "the base's", Example: "/app",
		Doc: "The directory that the process starts in, absolute. It is made, owned by the user, if neither the base nor the app has it.",
	},
	{
		Path: "env", Form: FormMap, Flag: "env", Default: "none", Example: "{PYTHONPATH: /app/src, PATH: '/app/bin:${PATH}'}",
		Doc: "Environment variables, on top of the base's. `${NAME}` stands for the base's value of NAME. " +
			"Anyone who has the image can read them: don't put secrets here.",
	},
	{
		Path: "entrypoint", Form: FormList, Flag: "entrypoint", Default: "the base's",
		Example: "[gunicorn, -k, uvicorn.workers.UvicornWorker, 'main:app']",
		Doc:     "The program and its first arguments, as a list; no shell is involved. `{shell: TEXT}` has one run the text, as `/bin/sh -c`. `inherit` is the base's.",
	},
	{
		Path: "cmd", Form: FormList, Flag: "cmd", Default: "the base's; none where entrypoint is given", Example: "[--workers, '2']",
		Doc: "Arguments after the entrypoint, which can be replaced when the image is run. `inherit` keeps the base's beside an entrypoint of one's own; `{shell: TEXT}` is as for entrypoint.",
	},
	{
		Path: "ports", Form: FormList, Flag: "port", Default: "none", Example: "[8000, 53/udp]",
		Doc: "Ports that the image listens on, TCP unless `/udp` or `/sctp` follows, besides the base's.",
	},
	{
		Path: "labels", Form: FormMap, Flag: "label", Default: "none", Example: "{team: vision}",
		Doc: "Labels in the image's config, on top of the base's.",
	},
	{
		Path: "annotations", Form: FormMap, Flag: "annotation", Default: "none", Example: "{org.opencontainers.image.version: '1.4.2'}",
		Doc: "Annotations of the image's manifest.",
	},
	{
		Path: "sign.key", Form: FormPath, Flag: "key", Default: "none; the image isn't signed", Example: "cosign.key",
		Doc: "The private key, created by `assemble keygen` or cosign. Its password comes from COSIGN_PASSWORD or a prompt at a terminal.",
	},
}

var smokeFields = []Field{
	{
		Path: "smoke.http.port", Form: FormInt, Flag: "smoke-port", Default: "the only one of ports", Example: "8000",
		Doc: "The port of the health check. With `smoke.http`, even empty (`{}`), the image must answer.",
	},
	{
		Path: "smoke.http.path", Form: FormText, Flag: "smoke-path", Default: defaultHTTPPath, Example: "/api/v1/monitoring/health",
		Doc: "The path to request, with a query if needed.",
	},
	{
		Path: "smoke.http.status", Form: FormInt, Flag: "smoke-status", Default: "200", Example: "204",
		Doc: "The status that means healthy.",
	},
	{
		Path: "smoke.timeout", Form: FormDuration, Flag: "smoke-timeout", Default: "2m0s", Example: "120s",
		Doc: "How long the whole test may take: loading the image into containerd, starting it and all checks, including emulation. Stopping it comes on top, at most 10s.",
	},
	{
		Path: "smoke.env_file", Form: FormPath, Flag: "smoke-env-file", Default: "none", Example: ".env.smoke",
		Doc: "A file of NAME=VALUE lines for the test's environment. It doesn't go into the image.",
	},
	{
		Path: "smoke.imports", Form: FormList, Flag: "smoke-import", Default: "none", Example: "[torch, sklearn.svm]",
		Doc: "Python modules that must be importable in the running container.",
	},
	{
		Path: "smoke.stays_up", Form: FormDuration, Flag: "smoke-stays-up", Default: "a moment with `smoke.http`; otherwise the entrypoint may also exit with 0", Example: "10s",
		Doc: "How long the entrypoint must keep running, for workers that answer no requests. With `smoke.http`, counted from the first good answer.",
	},
	{
		Path: "smoke.command", Form: FormList, Flag: "smoke-command", Default: "none", Example: "[python, -m, selftest]",
		Doc: "A command that must exit with 0 in the running container, beside the image's own entrypoint.",
	},
	{
		Path: "smoke.memory", Form: FormSize, Flag: "smoke-memory", Default: "unlimited", Example: "512MiB",
		Doc: "How much memory the container may use.",
	},
	{
		Path: "smoke.read_only", Form: FormBool, Flag: "smoke-read-only", Default: "false", Example: "true",
		Doc: "Whether the container's root is mounted read-only.",
	},
}

var buildFields = []Field{
	{
		Path: "layers.budget", Form: FormInt, Flag: "layers", Default: "40", Example: "60",
		Doc: "How many layers to make of the wheels at most: large ones alone, small ones in groups. System packages get half as many more.",
	},
	{
		Path: "layers.max_layer", Form: FormSize, Flag: "max-layer", Default: "chosen by the planner", Example: "256MiB",
		Doc: "How many packed bytes a layer may have; a larger wheel is split by file.",
	},
	{
		Path: "layer_cache", Form: FormList, Flag: "layer-cache", Default: "none; the image under the target's tag is always looked at", Example: "[registry.example.com/team/app:main, 'registry.example.com/cache/ml:2026']",
		Doc: "Images in registries to take layers from when pushing, after the one under the target's own tag: other tags, other repositories. " +
			"See [record.md](record.md).",
	},
	{
		Path: "layer_cache_keys", Form: FormList, Flag: "layer-cache-key", Default: "the public half of sign.key", Example: "[cosign.pub]",
		Doc: "Public keys of which one must have signed the build record of an image that layers are taken from. " +
			"Without sign.key, they are asked for in other repositories than the target's.",
	},
	{
		Path: "layer_cache_insecure", Form: FormBool, Flag: "layer-cache-insecure", Default: "false", Example: "true",
		Doc: "Whether layers may be taken from other repositories without a signature. Whoever can push there then decides what is in the image. It has no effect when the push is signed.",
	},
	{
		Path: "on_conflict", Form: FormText, Flag: "on-conflict", Default: ConflictWarn, Example: "error",
		Doc: "What to do when two wheels contain the same path: `warn` (the later in the lock wins, as with pip, and both are named), `error`, or `last-wins` (without a note).",
	},
	{
		Path: "problems", Form: FormMap, Flag: "problem", Default: "all warn; all error in `assemble check`", Example: "{missing: error, version: error}",
		Doc: "Whether wheels that may not work together are an error: `warn` or `error`, by kind of problem. The kinds are `requires-python` (for a different Python), " +
			"`missing` (a requirement is missing), `version` (a requirement has the wrong version), `extra` (an extra is missing) and `metadata` (a requirement can't be parsed).",
	},
	{
		Path: "index", Form: FormList, Flag: "index", Default: "those that pip or uv are set up with, then those in the lock or the requirements, then the base's", Example: "['https://packages.example.com/simple']",
		Doc: "Package indexes to fetch missing wheels from, tried in order. Credentials belong in netrc rather than here. " +
			"An empty list disables indexes, even those in the lock. See [Where wheels come from](#where-wheels-come-from).",
	},
	{
		Path: "find_links", Form: FormList, Flag: "find-links", Default: "those in the lock or the requirements", Example: "[vendor/, 'https://packages.example.com/wheels.html']",
		Doc: "Places that list wheels of many projects, searched before the indexes. " +
			"Directories, pages with links, and wheels, each a path or a URL.",
	},
	{
		Path: "credential_hosts", Form: FormList, Flag: "credential-host", Default: "the hosts of index and find_links", Example: "[packages.example.com]",
		Doc: "Hosts that `${NAME}` in a requirements file may be sent to: in the user name or password of its index and find-links URLs. " +
			"Anywhere else, a variable in such a file is an error.",
	},
	{
		Path: "include_dirs", Form: FormList, Flag: "include-dir", Default: "none", Example: "[../common]",
		Doc: "Directories that requirements files may include files from, beside the config's own and that of the file itself. Symbolic links are followed first.",
	},
	{
		Path: "deny", Form: FormList, Flag: "deny", Default: "none", Example: "[triton, 'nvidia-*']",
		Doc: "Packages that must not be in the image; `*` stands for any characters. Versions are chosen that do without them: " +
			"`assemble lock` takes an older torch where the newest needs a GPU's libraries. Where there are none, it says who requires them.",
	},
	{
		Path: "exclude", Form: FormList, Flag: "exclude", Default: "none", Example: "[opencv-python]",
		Doc: "Packages to leave out of what others require, as with uv's exclude-dependencies. `assemble lock` writes them into the lock, " +
			"so that nobody calls them missing later, and the image's history names them.",
	},
	{
		Path: "override", Form: FormList, Flag: "override", Default: "none", Example: "['numpy==1.26.4']",
		Doc: "Requirements that replace what others, and you, ask of a package, as with uv's override-dependencies. " +
			"With a marker that doesn't hold, the package is left out. They are written where `exclude` is.",
	},
	{
		Path: "created", Form: FormText, Flag: "created", Default: "the time of source_date_epoch", Example: "git",
		Doc: "The time that the image says it was created at: `git` for that of the commit that is checked out in the config's directory, " +
			"or a time (`2026-01-31T12:00:00Z`), a day (`2026-01-31`) or seconds since 1970. Files and layers keep theirs.",
	},
	{
		Path: "source_date_epoch", Form: FormInt, Flag: "source-date-epoch",
		Default: "SOURCE_DATE_EPOCH from the environment, or 1980-01-01", Example: "1735689600",
		Doc: "The time given to files and image, in seconds since 1970 (UTC).",
	},
	{
		Path: "git_annotations", Form: FormBool, Flag: "git-annotations", Default: "false", Example: "true",
		Doc: "Whether the image's annotations say what it was made of, by the Git repository that the config is in: `org.opencontainers.image.revision`, " +
			"`org.opencontainers.image.version` (the commit's tag, without a leading v) and `org.opencontainers.image.source` (the remote called origin). " +
			"Those of `annotations` win. Each commit is another image then.",
	},
	{
		Path: "vars", Form: FormMap, Flag: "set", Default: "none", Example: "{version: dev}",
		Doc: "Values for `${var:NAME}` in the values of this file; a flag overrides them. `${var:NAME:-TEXT}` has a default of its own.",
	},
}
