package main

import (
	"errors"
	"io/fs"
	"net"
	"strings"
	"syscall"

	"github.com/assemble-image/assemble/internal/app"
	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/internal/contents"
	"github.com/assemble-image/assemble/internal/git"
	"github.com/assemble-image/assemble/internal/index"
	"github.com/assemble-image/assemble/internal/osfile"
	"github.com/assemble-image/assemble/internal/pipconf"
	"github.com/assemble-image/assemble/internal/pipeline"
	"github.com/assemble-image/assemble/internal/registry"
	"github.com/assemble-image/assemble/internal/resolve"
	"github.com/assemble-image/assemble/internal/serve"
	"github.com/assemble-image/assemble/internal/smoke"
	"github.com/assemble-image/assemble/internal/supply"
	"github.com/assemble-image/assemble/internal/trust"
	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/manifest"
	"github.com/assemble-image/assemble/sign"
	"github.com/assemble-image/assemble/wheels"
	"github.com/assemble-image/assemble/wheels/requirements"
)

// hint says how to mend what went wrong, "" where the error itself says all.
// It is the only place that does.
func hint(err error) string {
	for _, h := range []func(error) string{hintRequirements, hintWheels, hintPackages, hintBase, hintIndex, hintRegistry, hintSign, hintSmoke, hintFiles} {
		if text := h(err); text != "" {
			return text
		}
	}
	return ""
}

func hintRequirements(err error) string {
	for _, p := range requirements.ListProblems(err) {
		switch p.Kind {
		case requirements.KindSyntax, requirements.KindEncoding:
			return "" // what follows such a line may mean anything
		case requirements.KindForeign:
			return "export it as requirements with uv export, uv pip compile, poetry export, pdm export or pipenv requirements; uv.lock and pylock.toml can be used directly, with lock: or --lock"
		case requirements.KindEditable, requirements.KindDirectory:
			return "only wheels can be installed: build one (uv build --wheel, or pip wheel --no-deps --wheel-dir dist .) and name it in the config, wheels: ['dist/*.whl']; or list the directory under app:"
		case requirements.KindSource, requirements.KindRepository:
			return "only wheels can be installed: build one of it (pip wheel --no-deps --wheel-dir dist NAME==VERSION) and name it in the config, wheels: ['dist/*.whl']"
		case requirements.KindUnpinned, requirements.KindUnhashed:
			return "create a lock from it: assemble lock FILE (or uv pip compile --generate-hashes)"
		case requirements.KindVariable:
			return "name the host in the config (credential_hosts: [HOST]), or put the credentials into netrc"
		case requirements.KindIgnored:
			return "pip would silently ignore this; put the marker before --hash, and options on separate lines"
		default:
		}
	}
	return ""
}

func hintWheels(err error) string {
	var own *supply.OwnError
	var denied *supply.DeniedError
	var overridden *supply.OverrideError
	var unsolved *resolve.ConflictError
	var missing *wheels.MissingError
	var mismatch *wheels.HashMismatchError
	var conflict *supply.ConflictError
	var hashes *supply.HashesError
	var choice *supply.ChoiceError
	var together *supply.WheelsError
	var tooMany *layers.LayersError
	var wrong *pipeline.FindingsError
	var limit *layers.LimitError
	switch {
	case isRecordFault(err):
		return "the wheel isn't what its RECORD says: rebuild it, or report it to the project; if you trust the file as it is, --no-verify-record uses it without RECORD"
	case errors.As(err, &own) && own.Project == "":
		return "nothing is built here: build the wheel first (uv build --wheel, or pip wheel --no-deps --wheel-dir dist .); paths count from the config's directory"
	case errors.As(err, &own):
		return "nothing is built here: build the wheel that is meant (uv build --wheel, or pip wheel --no-deps --wheel-dir dist .)"
	case errors.As(err, &missing):
		return "download the wheels: assemble fetch --index URL, with the URL of a package index; for a project that comes as source only, build a wheel and name it in the config, wheels: ['dist/*.whl']"
	case errors.As(err, &mismatch):
		return "the file is not the one that was locked: find out who replaced it, or let assemble fetch get it anew; if you built it yourself, name it in the config, wheels: [PATH]"
	case errors.As(err, &together):
		return "lock the requirements again (assemble lock FILE), or allow it: problems: {" + string(together.Finding.Kind) + ": warn}"
	case errors.As(err, &conflict):
		return "remove one of the two from the lock, or let the later one win: on_conflict: warn"
	case errors.As(err, &wrong):
		return "assemble check tells more, and with --fix writes packages into the config; what doesn't matter is said there, ignore: [{id: " + wrong.Found[0].ID + ", reason: …}]; --no-check pushes without"
	case errors.As(err, &tooMany):
		return "container runtimes support at most 127 layers: lower layers.budget, raise layers.max_layer, or merge app entries"
	case errors.As(err, &limit):
		return "the limit protects against zip bombs; check that this is the wheel you expect"
	case errors.Is(err, supply.ErrOutput):
		return "choose another file for the lock: --output requirements.lock, and lock: requirements.lock in the config"
	case errors.As(err, &denied):
		return "lock again, and versions are chosen that do without: assemble lock FILE"
	case errors.As(err, &unsolved) && unsolved.Denied:
		return "allow it in deny, or, if the program runs without it, leave it out by its name: exclude: [NAME]"
	case errors.As(err, &unsolved) && unsolved.SourceOnly:
		return "only wheels can be installed: build one of what comes as source (pip wheel --no-deps --wheel-dir dist NAME==VERSION) and name it in the config, wheels: ['dist/*.whl']"
	case errors.As(err, &overridden):
		return "lock again, and the override steers what is chosen: assemble lock FILE"
	case errors.As(err, &choice) && choice.Missing():
		return "versions are chosen from the wheelhouse only: add the missing wheels to it, or lock against an index: assemble lock FILE --index URL"
	case errors.As(err, &hashes):
		return "assemble lock FILE writes a lock with the version and hashes of everything that is installed"
	case errors.Is(err, supply.ErrUnpinned):
		return "specify the directory with the wheels (--wheelhouse DIR), or create a lock: assemble lock FILE"
	case errors.Is(err, layers.ErrSourceChanged):
		return "the wheelhouse was modified during the run; run it again"
	}
	return ""
}

// isRecordFault reports whether RECORD alone is at fault: as it was read, or as
// packing found its digests to be.
func isRecordFault(err error) bool {
	var record *wheels.RecordError
	var entry *layers.EntryError
	var content *layers.ContentError
	return errors.As(err, &record) ||
		errors.As(err, &entry) && strings.HasSuffix(entry.Owner, ".whl") && errors.As(err, &content) && content.What == "SHA-256"
}

func hintBase(err error) string {
	var none *base.UnavailableError
	var noPython *base.NoPythonError
	var platform *manifest.PlatformError
	var user *pipeline.UserError
	var group *pipeline.GroupError
	var unsupported *base.UnsupportedError
	var unrecorded *contents.UnrecordedError
	var misfit *pipeline.MisfitError
	var unsigned *pipeline.UnsignedBaseError
	switch {
	case errors.As(err, &misfit):
		return "build it anew on that base, with its lock and app: assemble push"
	case errors.As(err, &unsigned):
		return "use a base that is signed with this key, or sign it after a look: assemble sign --key KEY REF"
	case errors.As(err, &user), errors.As(err, &group):
		return userHint
	case errors.Is(err, contents.ErrNoTimezone):
		return "add the tz database by packages: [tzdata], or take a base that has it; some old names are in tzdata-legacy"
	case errors.Is(err, contents.ErrNoBundle):
		return "take a base that has certificates (ca-certificates in Debian, Alpine and Fedora), or name the file by a variable, such as env: {SSL_CERT_FILE: /app/corp.pem}"
	case errors.Is(err, contents.ErrNoCertifi):
		return "leave certifi: true out, or lock certifi, which requests and httpx bring along"
	case errors.Is(err, pipeline.ErrNoInit):
		return "add it by packages: [tini], or put one in by app and begin the entrypoint with it"
	case errors.As(err, &unrecorded):
		return "remove " + unrecorded.Name + " from the base image, by what installed it there, or from the lock"
	case errors.As(err, &platform):
		return "use a base image for this platform, or set platform: to one that it has"
	case errors.As(err, &unsupported):
		return "use a base image with CPython and glibc, such as python:3.10-slim-bookworm"
	case errors.As(err, &noPython):
		return "use a base image with Python, such as python:3.10-slim-bookworm"
	case !errors.As(err, &none):
	case errors.Is(err, base.ErrOffline):
		return "name a base on disk as well, base: [python:3.10-slim-bookworm, 'oci:base:3.10'], or run without --offline"
	case errors.Is(err, registry.ErrUnreachable):
		return "keep a local copy as a fallback: skopeo copy docker://python:3.10-slim-bookworm oci:base:3.10, then base: [python:3.10-slim-bookworm, oci:base:3.10]"
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.EISDIR):
		return "a base is a reference in a registry, or oci:DIR[:TAG], oci-archive:FILE or docker-archive:FILE; to copy one into a directory: skopeo copy docker://python:3.10-slim-bookworm oci:base:3.10"
	}
	return ""
}

func hintIndex(err error) string {
	var failed *index.Error
	var dial *net.OpError
	switch {
	case !errors.As(err, &failed):
	case errors.Is(err, index.ErrUnauthorized), errors.Is(err, index.ErrDenied):
		return "credentials come from the index's URL, from netrc, or from ASSEMBLE_INDEX_USERNAME and ASSEMBLE_INDEX_PASSWORD"
	case errors.Is(err, index.ErrOffline):
		return "run it once without --offline"
	case errors.As(err, &dial) && dial.Op == "dial":
		return "check the index's URL and the network; proxies are read from HTTPS_PROXY and NO_PROXY"
	}
	return ""
}

func hintRegistry(err error) string {
	switch {
	case errors.Is(err, registry.ErrUnsupported):
		return "many registries delete images only in their own administration; where tags alone can't be deleted, delete the image by its digest"
	case errors.Is(err, registry.ErrRefused):
		return "log in again (docker login, podman login, or crane auth login): the password is wrong or has expired"
	case errors.Is(err, registry.ErrUnauthorized), errors.Is(err, registry.ErrNoCredentials):
		return "log in first: docker login, podman login, or crane auth login"
	case errors.Is(err, registry.ErrDenied):
		return "this account is not allowed to do this; ask for push access, or log in with another account"
	case errors.Is(err, registry.ErrInsecure) && strings.Contains(err.Error(), "plain HTTP"):
		return "plain HTTP is only used for registries on this machine; --insecure allows it for others"
	case errors.Is(err, registry.ErrUnreachable):
		return "check the name and the network; proxies are read from HTTPS_PROXY and NO_PROXY"
	case errors.Is(err, registry.ErrNotFound):
		return "check the name and the tag; some registries require the repository to be created before the first push"
	case errors.Is(err, registry.ErrRateLimited):
		return "wait a while, or log in: registries often have higher limits for authenticated users"
	}
	return ""
}

func hintSign(err error) string {
	switch {
	case errors.Is(err, errNotATerminal):
		return "put the key's password into COSIGN_PASSWORD, an empty one for a key without"
	case errors.Is(err, sign.ErrPassword):
		return "check COSIGN_PASSWORD, or the password that you typed"
	case errors.Is(err, trust.ErrNoMatch):
		return "either this is the wrong public key, or someone else signed the image"
	case errors.Is(err, trust.ErrUnsigned):
		return "sign it: assemble sign --key cosign.key REF"
	}
	return ""
}

func hintSmoke(err error) string {
	var unavailable *smoke.UnavailableError
	var open *pipeline.OpenError
	switch {
	case errors.As(err, &open) && !isRemote(err):
		return "REF is a reference in a registry, or oci:DIR[:TAG], oci-archive:FILE[:TAG] or docker-archive:FILE[:TAG]"
	case errors.As(err, &unavailable) && unavailable.Denied:
		return "run as a user who may use containerd's socket (root, as a rule), or use a rootless containerd; --containerd specifies its socket"
	case errors.As(err, &unavailable):
		return "start containerd, or specify its socket with --containerd; images of another architecture need qemu-user-static with binfmt_misc"
	case errors.Is(err, pipeline.ErrNoSmokeTest):
		return "configure a test under smoke: in assemble.yaml, for example smoke: {http: {port: 8000, path: /health}}"
	}
	return ""
}

func hintFiles(err error) string {
	var cfg *config.Error
	var noConfig noConfigError
	var exists keyExistsError
	var configExists configExistsError
	var missing missingInputError
	var settings *pipconf.SettingsError
	switch {
	case errors.Is(err, errNoTopic):
		return "assemble help lists the commands and documents; a field has help by its name or its flag, as in assemble help --lock"
	case errors.As(err, &cfg):
		return hintConfig(cfg)
	case errors.As(err, &settings):
		return "mend it, or do without the settings of pip and uv: --no-config-discovery"
	case errors.As(err, &missing):
		return missing.hint
	case errors.As(err, &noConfig):
		return "create an assemble.yaml (assemble init, assemble help config), specify another file with --file, or do without: " + withoutConfig(noConfig.verb)
	case errors.As(err, &exists):
		return "nothing was overwritten; move the file away, or choose another --prefix"
	case errors.As(err, &configExists):
		return "nothing was overwritten; --force replaces it, and --stdout shows what it would be"
	case errors.Is(err, app.ErrCredential):
		return "take them out, or pass them when the image is run; what is no secret can be allowed by its path: allow_secrets: [FILE], or --allow-secret FILE"
	case errors.Is(err, contents.ErrReplaces):
		return "leave them out of the app (.dockerignore) or choose another place for it; if they are meant, allow them: allow_replace: [PATH], or --allow-replace PATH"
	case errors.Is(err, supply.ErrOutside):
		return "name its directory in the config if it is to be read: include_dirs: [DIR]"
	case errors.Is(err, pipeline.ErrOutputTaken):
		return "nothing was overwritten; choose another --output, or move away what is there"
	case errors.Is(err, osfile.ErrNotRegular) && strings.HasPrefix(err.Error(), "writing to "):
		return "oci-archive:- and docker-archive:- write to standard output"
	case errors.Is(err, git.ErrNoRepository):
		return "the config's directory must be in a checkout, with its .git; or give the time itself, for example --created 2026-01-31T12:00:00Z"
	case errors.Is(err, git.ErrUnsupported):
		return "give the time itself, for example --created \"$(git log -1 --format=%ct)\""
	case errors.Is(err, serve.ErrNotLoopback):
		return "the registry has no access control; --public allows this anyway"
	case errors.Is(err, supply.ErrNoIndex):
		return "specify a package index: index: [URL] in the config, or --index URL"
	case errors.Is(err, osfile.ErrNoTemp):
		return "set TMPDIR to a directory that can be written"
	case (errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)) && strings.Contains(err.Error(), "a spool: "):
		return "free some space there, or set TMPDIR to a directory with more room"
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return "free some space there and run it again: it resumes with what is already downloaded and packed"
	}
	return ""
}

// withoutConfig is how a verb is called where flags say all.
func withoutConfig(verb string) string {
	switch verb {
	case "lock":
		return "assemble lock requirements.txt --base IMAGE --output requirements.lock"
	case "fetch", "check":
		return "assemble " + verb + " --base IMAGE --lock FILE"
	case "push":
		return "assemble push REF --base IMAGE --lock FILE --app FROM:TO"
	case "plan":
		return "assemble plan --base IMAGE --lock FILE --app FROM:TO"
	}
	return "assemble build --base IMAGE --lock FILE --app FROM:TO --output oci:out"
}

const userHint = "for example user: {name: appuser, uid: 1000}; without it, the image runs as the base's user"

// hintConfig helps with what the config's own messages can't know: their
// places are named already.
func hintConfig(err *config.Error) string {
	if text := hintForeign(err.Problems); text != "" {
		return text
	}
	for _, p := range err.Problems {
		switch {
		case p.Field == "user":
			return userHint
		case p.Field == "lock" && strings.HasPrefix(p.What, "is missing"):
			return "specify it with --lock FILE; assemble lock FILE --output requirements.lock creates one"
		case p.Field == "" && strings.Contains(p.What, "it should be a mapping of fields"):
			return "a config has lines such as base: IMAGE and lock: FILE; assemble help config lists the fields"
		case p.Field == "" && strings.HasPrefix(p.What, "mapping value is not allowed"):
			return "a value that ends with a colon, or contains a colon and a space, needs quotes: base: 'embedded:'"
		}
	}
	return ""
}

// isRemote reports whether a registry is what failed.
func isRemote(err error) bool {
	var e *registry.Error
	return errors.As(err, &e)
}
