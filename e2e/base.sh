#!/usr/bin/env bash
# Makes OUTDIR an OCI layout with the base image that the tests build on, named
# 3.10-slim-bookworm: the real python:3.10-slim-bookworm for arm64 when a
# registry gives it, else a stand-in that runs (see mkbase). Kept: a second run
# does nothing.
#   e2e/base.sh [OUTDIR]         (default: .tools/base)
# BASE_PULL=off does not try the real one.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

out=${1:-$tools/base}
cpython=org.bytedeco:cpython:3.10.8-1.5.8:jar:linux-arm64
dists=(pip==23.0.1 setuptools==65.5.1 wheel==0.45.1)
tag=3.10-slim-bookworm

mkdir -p "$cache" "$(dirname "$out")"
# One at a time: the cache is shared.
exec 9>"$cache/base.lock"
flock 9

stamp=$({ cat "$root/e2e/base-packages.txt" "$root"/e2e/mkbase/*.go; echo "$cpython ${dists[*]}"; } | sha256sum | cut -c1-16)
if [ "$(cat "$out.stamp" 2>/dev/null)" = "$stamp" ] && [ -f "$out/index.json" ]; then
	say "$out is there already"
	exit 0
fi
work=$(mktemp -d "$cache/base.XXXXXX")
trap 'rm -rf "$work"' EXIT

pull() {
	have crane && have jq || return 1
	timeout 60 crane pull --platform linux/arm64 --format oci "python:$tag" "$work/out" >"$cache/pull.log" 2>&1 || return 1
	jq --arg tag "$tag" '.manifests[].annotations["org.opencontainers.image.ref.name"] = $tag' "$work/out/index.json" >"$work/index.json"
	mv "$work/index.json" "$work/out/index.json"
}

# debs fetches the listed arm64 packages with apt's configuration and package
# lists of its own, so that the machine's are left as they are and no root is
# needed.
debs() {
	have apt-get && have dpkg-deb || skip "the stand-in base takes apt-get and dpkg-deb"
	mkdir -p "$cache/apt/state/lists/partial" "$cache/apt/cache/archives/partial" "$cache/debs"
	: >"$cache/apt/state/status"
	cat >"$cache/apt/apt.conf" <<-APT
		Dir::State "$cache/apt/state";
		Dir::State::status "$cache/apt/state/status";
		Dir::Cache "$cache/apt/cache";
		APT::Architecture "arm64";
		APT::Architectures { "arm64"; };
		APT::Sandbox::User "";
		Acquire::Languages "none";
	APT
	export APT_CONFIG=$cache/apt/apt.conf
	apt-get -qq update >"$cache/apt.log" 2>&1 || skip "no package lists of Debian ($(tail -n1 "$cache/apt.log"))"
	mkdir "$work/debs"
	(cd "$cache/debs" && xargs apt-get -qq download <"$root/e2e/base-packages.txt" >>"$cache/apt.log" 2>&1) ||
		skip "Debian packages can't be fetched ($(tail -n1 "$cache/apt.log"))"
	local name
	while read -r name; do
		# An earlier run may have left an older version: the newest counts.
		ln "$(find "$cache/debs" -name "${name}_*.deb" -printf '%T@ %p\n' | sort -n | tail -n1 | cut -d' ' -f2-)" "$work/debs/"
	done <"$root/e2e/base-packages.txt"
	unset APT_CONFIG
}

jar() {
	[ -z "$(ls "$cache"/maven/*.jar 2>/dev/null)" ] || return 0
	have mvn || skip "the stand-in base takes mvn (e2e/tools.sh installs it)"
	mvn -q -B dependency:copy "-Dartifact=$cpython" "-DoutputDirectory=$cache/maven" >"$cache/maven.log" 2>&1 ||
		skip "CPython for arm64 can't be fetched ($(grep -m1 ERROR "$cache/maven.log"))"
}

wheels() {
	mkdir -p "$cache/dists"
	[ -z "$(ls "$cache"/dists/*.whl 2>/dev/null)" ] || return 0
	python3 -m pip download -q --no-deps --only-binary :all: --disable-pip-version-check -d "$cache/dists" "${dists[@]}" >"$cache/pip.log" 2>&1 ||
		say "pip can't be fetched: the base goes without it"
}

if [ "${BASE_PULL:-on}" != off ] && pull; then
	say "pulled python:$tag"
else
	say "python:$tag can't be pulled: building a stand-in"
	debs
	jar
	wheels
	emulator=''
	case $(uname -m) in aarch64 | arm64) ;; *) emulator=$(command -v qemu-aarch64-static) || skip "qemu-aarch64-static is missing" ;; esac
	(cd "$root" && go run ./e2e/mkbase -debs "$work/debs" -cpython "$(ls "$cache"/maven/*.jar)" -wheels "$cache/dists" -emulator "$emulator" -out "$work/out" -tag "$tag")
fi
rm -rf "$out" "$out.stamp"
mv "$work/out" "$out"
printf '%s\n' "$stamp" >"$out.stamp"
say "$out: $(du -sh "$out" | cut -f1)"
