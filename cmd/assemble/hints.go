package main

import (
	"errors"
	"io/fs"
	"net"
	"strings"
	"syscall"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/internal/index"
	"github.com/assemble-image/assemble/internal/pipeline"
	"github.com/assemble-image/assemble/internal/registry"
	"github.com/assemble-image/assemble/internal/serve"
	"github.com/assemble-image/assemble/internal/smoke"
	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/manifest"
	"github.com/assemble-image/assemble/sign"
	"github.com/assemble-image/assemble/wheels"
	"github.com/assemble-image/assemble/wheels/requirements"
)

// hint says how to mend what went wrong, "" where the error itself says all.
// It is the only place that does.
func hint(err error) string {
	for _, h := range []func(error) string{hintRequirements, hintWheels, hintBase, hintIndex, hintRegistry, hintSign, hintSmoke, hintFiles} {
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
			return "export it as requirements, with uv export, uv pip compile, poetry export, pdm export or pipenv requirements; uv.lock and pylock.toml are taken as they are by lock: or --lock"
		case requirements.KindEditable, requirements.KindDirectory:
			return "an image can't hold an editable project: build a wheel of it (pip wheel --no-deps --wheel-dir dist .) and lock its name with assemble lock FILE --find-links dist, or list the directory under app:"
		case requirements.KindSource, requirements.KindRepository:
			return "only wheels are installed: build one (pip wheel --no-deps --wheel-dir dist), then lock requirements that name the project, with it: assemble lock FILE --find-links dist"
		case requirements.KindUnpinned, requirements.KindUnhashed:
			return "make a lock of it: assemble lock FILE (or uv pip compile --generate-hashes)"
		case requirements.KindIgnored:
			return "pip would drop this without a word; put the marker before --hash, and options on lines of their own"
		default:
		}
	}
	return ""
}

func hintWheels(err error) string {
	var missing *wheels.MissingError
	var mismatch *wheels.HashMismatchError
	var conflict *pipeline.ConflictError
	var hashes *pipeline.HashesError
	var choice *pipeline.ChoiceError
	var together *pipeline.WheelsError
	var tooMany *layers.LayersError
	var limit *layers.LimitError
	switch {
	case errors.As(err, &missing):
		return "fill the wheelhouse: assemble fetch --index URL, with the URL of a package index"
	case errors.As(err, &mismatch):
		return "the file is not the one that was locked: delete it and download it again, or find out who replaced it; one that you built yourself must be locked: assemble lock FILE --find-links DIR"
	case errors.As(err, &together):
		return "lock the requirements again (assemble lock FILE), or let it pass: problems: {" + string(together.Finding.Kind) + ": warn}"
	case errors.As(err, &conflict):
		return "take one of the two out of the lock, or let the later one win: on_conflict: warn"
	case errors.As(err, &tooMany):
		return "runtimes stop at 127 layers: lower layers.budget, raise layers.max_layer, or merge app entries"
	case errors.As(err, &limit):
		return "if the wheel is to be trusted, raise the limit named here"
	case errors.Is(err, pipeline.ErrOutput):
		return "name another file for the lock: --output requirements.lock, and lock: requirements.lock in the config"
	case errors.As(err, &choice) && choice.Lacking():
		return "versions come from the wheelhouse alone: put the missing wheels there, or lock against an index: assemble lock FILE --index URL"
	case errors.As(err, &hashes):
		return "assemble lock FILE writes the versions and hashes of all that is installed, each pinned with =="
	case errors.Is(err, pipeline.ErrUnpinned):
		return "name the directory with the wheels (--wheelhouse DIR), or make a lock: assemble lock FILE"
	case errors.Is(err, layers.ErrSourceChanged):
		return "something wrote to the wheelhouse meanwhile; run it again"
	}
	return ""
}

func hintBase(err error) string {
	var none *base.UnavailableError
	var noPython *base.NoPythonError
	var platform *manifest.PlatformError
	switch {
	case errors.As(err, &platform):
		return "take a base that is made for the platform, or set platform: to one it has"
	case errors.As(err, &noPython):
		return "take a base that has Python, such as python:3.10-slim-bookworm"
	case !errors.As(err, &none):
	case errors.Is(err, registry.ErrUnreachable):
		return "keep a copy at hand and list it too: skopeo copy docker://python:3.10-slim-bookworm oci:base:3.10, then base: [python:3.10-slim-bookworm, oci:base:3.10]"
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.EISDIR):
		return "a base is a reference in a registry, or oci:DIR[:TAG], oci-archive:FILE or docker-archive:FILE; skopeo copy docker://python:3.10-slim-bookworm oci:base:3.10 makes a directory of one"
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
		return "check the index's URL and the network; proxies are taken from HTTPS_PROXY and NO_PROXY"
	}
	return ""
}

func hintRegistry(err error) string {
	switch {
	case errors.Is(err, registry.ErrUnauthorized):
		return "log in first: docker login, podman login, or crane auth login"
	case errors.Is(err, registry.ErrDenied):
		return "the account that you are logged in with may not do this; ask for the right to push, or log in with another"
	case errors.Is(err, registry.ErrInsecure) && strings.Contains(err.Error(), "plain HTTP"):
		return "plain HTTP is spoken to this machine only; --insecure permits it for others"
	case errors.Is(err, registry.ErrUnreachable):
		return "check the name and the network; proxies are taken from HTTPS_PROXY and NO_PROXY"
	case errors.Is(err, registry.ErrNotFound):
		return "check the name and the tag; some registries want a repository to be made before its first push"
	case errors.Is(err, registry.ErrRateLimited):
		return "wait for a while, or log in: registries let known users do more"
	}
	return ""
}

func hintSign(err error) string {
	switch {
	case errors.Is(err, sign.ErrPassword):
		return "check COSIGN_PASSWORD, or what was typed"
	case errors.Is(err, pipeline.ErrNoMatch):
		return "this is the wrong public key, or somebody else has signed"
	case errors.Is(err, pipeline.ErrUnsigned):
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
	case errors.As(err, &unavailable):
		return "start containerd, or name its socket with --containerd; images of another architecture need qemu-user-static with binfmt_misc"
	case errors.Is(err, pipeline.ErrNoSmokeTest):
		return "describe a test under smoke: in assemble.yaml, as in smoke: {http: {port: 8000, path: /health}}"
	}
	return ""
}

func hintFiles(err error) string {
	var cfg *config.Error
	var noConfig noConfigError
	var exists keyExistsError
	var missing missingInputError
	switch {
	case errors.As(err, &cfg):
		return hintConfig(cfg)
	case errors.As(err, &missing):
		return missing.hint
	case errors.As(err, &noConfig):
		return "write an assemble.yaml (see docs/configuration.md), or name another with --file"
	case errors.As(err, &exists):
		return "nothing was replaced; move the file away, or take another --prefix"
	case errors.Is(err, serve.ErrNotLoopback):
		return "there is no access control; --public permits it all the same"
	case errors.Is(err, pipeline.ErrNoIndex):
		return "name a package index: index: [URL] in the config, or --index URL"
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return "make room there and run it again: it goes on with what is downloaded and packed already"
	}
	return ""
}

// hintConfig helps with what the config's own messages can't know: their
// places are named already.
func hintConfig(err *config.Error) string {
	for _, p := range err.Problems {
		switch {
		case p.Field == "user":
			return "as in user: {name: appuser, uid: 1000}; without it, the image runs as the base's user"
		case p.Field == "" && strings.HasPrefix(p.What, "mapping value is not allowed"):
			return "a value that ends with a colon, or has a colon and a blank in it, needs quotes: base: 'embedded:'"
		}
	}
	return ""
}

// isRemote reports whether a registry is what failed.
func isRemote(err error) bool {
	var e *registry.Error
	return errors.As(err, &e)
}
