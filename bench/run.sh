#!/usr/bin/env bash
# Times the main job side by side with what one would use instead: prints a
# table, and writes it to out/bench.md, as JSON to out/bench.json and as a
# chart to out/bench.svg. Installs what it needs into .tools/; what this
# machine can't do is skipped, and the table says why.
#   bench/run.sh            measure (`make bench`)
#   bench/run.sh --docs     put the last figures into docs/
# From the environment:
#   RUNS=3                  how often each contender runs, by turns
#   REST=65s                how long the disk rests after a round, where what it left must be removed
#   ONLY=push,pack          parts: push, rival, again, pull, twice, pack, fetch, look, lock, debs
#   ASSEMBLE_WHEELS=DIR     the lock's wheels, and no others (default: downloaded)
#   ASSEMBLE_LOCK=FILE      another lock than the seed's; takes ASSEMBLE_WHEELS
#   FETCH_INDEX=URL         fetch from there, as from "$(pip config get global.index-url)",
#                           not from an index on loopback
#   LOCK_INDEX=URL          record the index that locks are made from there, not at pip's (kept
#                           in .tools/lock-pages; remove that to record it anew)
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"

uv_version=0.13.9
pip_version=26.3
only=${ONLY:-push,rival,again,pull,twice,pack,fetch,look,lock,debs}
lock=${ASSEMBLE_LOCK:-$root/testdata/requirements.prod.lock}
wheels=${ASSEMBLE_WHEELS:-$tools/wheels}
out=$root/out
bench=$out/bin/bench

mkdir -p "$out/bin" "$cache"
(cd "$root" && go build -trimpath -o "$out/bin/" ./bench ./layers/internal/limit)

if [ "${1:-}" = --docs ]; then
	exec "$bench" docs "$out" "$root/docs"
fi

# attempt runs a command and, where it fails, prints the last thing that it said.
attempt() {
	local log=$cache/bench.log
	"$@" >"$log" 2>&1 || { tail -n 1 "$log" | sed 's/^[^:]*: \(skipped: \)\?//' && return 1; }
}

fetch_wheels() {
	local platforms=() tag # the best first
	for tag in manylinux_2_{28..17} manylinux2014 linux; do platforms+=(--platform "${tag}_aarch64"); done
	say "downloading the wheels of $(basename "$lock")"
	python3 -m pip --disable-pip-version-check download --quiet --no-deps --require-hashes --only-binary=:all: \
		"${platforms[@]}" --implementation cp --python-version 3.10 --abi cp310 --abi abi3 --abi none \
		-r "$lock" -d "$wheels" || die "the wheels can't be downloaded"
}

# wants PART... is true when one of them is to be measured.
wants() {
	local part
	for part in "$@"; do case ,$only, in *,$part,*) return 0 ;; esac done
	return 1
}

count_wheels() { find "$wheels" -maxdepth 1 -name '*.whl' 2>/dev/null | wc -l; }

install_uv() {
	[ "$("$tools/uv/bin/uv" --version 2>/dev/null | cut -d' ' -f2)" = "$uv_version" ] && return 0
	python3 -m venv "$tools/uv" && "$tools/uv/bin/pip" install --quiet --disable-pip-version-check "uv==$uv_version"
}

install_pip() {
	[ "$("$tools/pip/bin/python" -m pip --version 2>/dev/null | cut -d' ' -f2)" = "$pip_version" ] && return 0
	python3 -m venv "$tools/pip" && "$tools/pip/bin/python" -m pip install --quiet --disable-pip-version-check "pip==$pip_version"
}

# lock_packages locks the Debian packages that OpenCV needs for the base, and
# fetches them, unless that was done before. The stand-in for the base names no
# sources of its own.
lock_packages() {
	local keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	mkdir -p "$packages"
	cat >"$packages/assemble.yaml" <<-YAML
		base: "oci:$tools/base:3.10-slim-bookworm"
		packages:
		  install: [libgl1, libglib2.0-0, libsm6, libxext6]
		  sources:
		    - deb [signed-by=$keyring] http://deb.debian.org/debian bookworm main
		    - deb [signed-by=$keyring] http://deb.debian.org/debian-security bookworm-security main
	YAML
	(cd "$packages" && { [ -f packages.lock ] || "$root/bin/assemble" lock; } && "$root/bin/assemble" fetch)
}

pins=$(grep -c '^[A-Za-z0-9].*==' "$lock")
[ -z "${ASSEMBLE_LOCK:-}" ] || [ -n "${ASSEMBLE_WHEELS:-}" ] || die "ASSEMBLE_LOCK takes ASSEMBLE_WHEELS"
if [ -z "${ASSEMBLE_WHEELS:-}" ] && [ "$(count_wheels)" != "$pins" ]; then fetch_wheels; fi
[ "$(count_wheels)" = "$pins" ] || die "$(basename "$lock") pins $pins wheels, but there are $(count_wheels)"

packages=$tools/packages
no_push='' no_rival='' no_pull='' no_fetch='' no_lock='' no_debs='' not_asked='not asked for'
if wants push twice debs; then
	attempt "$root/e2e/tools.sh" apt || say "Debian's packages are not complete"
	have docker-registry || no_push='docker-registry is missing'
fi
attempt "$root/e2e/base.sh" || die "no base to build on"
if ! wants rival pull; then
	no_rival=$not_asked
else
	why=$(attempt "$root/e2e/tools.sh" crane) || no_rival=$why
	[ -n "$no_rival" ] || why=$(attempt install_uv) || no_rival="uv can't be installed: $why"
fi
if ! wants pull; then
	no_pull=$not_asked
elif ! is_root; then
	no_pull='containerd takes root'
elif ! why=$(attempt "$root/e2e/tools.sh" containerd); then
	no_pull=$why
fi
if wants fetch; then
	why=$(attempt install_pip) || no_fetch="pip can't be installed: $why"
fi
if wants debs; then
	have apt-get && have dpkg-deb && have pigz || no_debs='apt-get, dpkg-deb or pigz is missing'
	[ -n "$no_debs" ] || why=$(attempt lock_packages) || no_debs="the packages can't be had: $why"
fi
lock_index=${LOCK_INDEX:-}
if wants lock; then
	why=$(attempt install_uv) || no_lock="uv can't be installed: $why"
	[ -n "$lock_index" ] || lock_index=$(python3 -m pip config get global.index-url 2>/dev/null) ||
		lock_index=$(python3 -c 'from pip._internal.models.index import PyPI; print(PyPI.simple_url)') ||
		no_lock='there is no pip to tell the index'
fi

"$bench" measure -runs "${RUNS:-3}" -rest "${REST:-65s}" -only "$only" \
	-assemble "$root/bin/assemble" -limit "$out/bin/limit" -uv "$tools/uv/bin/uv" -crane "$tools/bin/crane" \
	-registry docker-registry -ctr "$tools/bin/ctr" -containerd "$tools/bin/containerd" \
	-lock "$lock" -wheels "$wheels" -base "$tools/base:3.10-slim-bookworm" -app "$root/examples/pepgmp-backend/src" -out "$out" \
	-pip "$tools/pip/bin/python" -fetch-index "${FETCH_INDEX:-}" \
	-root "$root" -lock-index "$lock_index" -lock-pages "$tools/lock-pages" -no-lock "$no_lock" \
	-packages "$packages" -no-debs "$no_debs" \
	-no-push "$no_push" -no-rival "$no_rival" -no-pull "$no_pull" -no-fetch "$no_fetch"
