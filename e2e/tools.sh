#!/usr/bin/env bash
# Installs what the end-to-end tests judge with, at pinned versions, into .tools/.
#   e2e/tools.sh                 everything `make e2e` needs
#   e2e/tools.sh NAME...         only these: apt containerd cosign crane conformance debootstrap golangci-lint
# Debian packages need root; the rest needs only Go. A second run does nothing.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

containerd_version=v2.4.2
cosign_version=v3.1.3
crane_version=v0.22.1
golangci_version=v2.15.0
# The specification's suite has no tags of its own.
conformance_version=v0.0.0-20260831232431-97274622c111

# program=package, where the two differ in name.
debian=(runc=runc qemu-aarch64-static=qemu-user-static docker-registry=docker-registry htpasswd=apache2-utils
	skopeo=skopeo umoci=umoci buildah=buildah pigz=pigz jq=jq dpkg-deb=dpkg)

apt_packages() {
	local missing=() pair
	for pair in "${debian[@]}"; do
		have "${pair%%=*}" || missing+=("${pair##*=}")
	done
	# The stand-in base takes its Python from a Maven artifact.
	[ "${1:-}" = debootstrap ] || have mvn || missing+=(maven)
	if [ "${#missing[@]}" = 0 ]; then
		say "Debian packages: all there"
		return 0
	fi
	have apt-get || skip "no apt-get to install ${missing[*]}"
	is_root || skip "installing ${missing[*]} takes root"
	say "installing ${missing[*]}"
	if ! DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}" >"$cache/apt.log" 2>&1; then
		# The package lists may be missing or old: fetch them and try once more.
		apt-get update -qq >>"$cache/apt.log" 2>&1 || true
		DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}" >>"$cache/apt.log" 2>&1 ||
			{ tail -n 5 "$cache/apt.log" >&2 && die "apt-get install ${missing[*]}"; }
	fi
}

# go_install VERSION TAGS PACKAGE... builds programs that aren't there at that
# version yet; the stamp beside a program tells which version it is.
go_install() {
	local version=$1 tags=$2 pkg name missing=()
	shift 2
	for pkg in "$@"; do
		name=$(program "$pkg")
		[ -x "$tools/bin/$name" ] && [ "$(cat "$tools/bin/.$name.version" 2>/dev/null)" = "$version" ] || missing+=("$pkg@$version")
	done
	if [ "${#missing[@]}" = 0 ]; then
		say "$name $version: there"
		return 0
	fi
	say "go install ${missing[*]}"
	# Outside the module, so that its go.mod has no say in these programs' versions.
	(cd / && GOFLAGS='' GOBIN="$tools/bin" go install -tags "$tags" -trimpath -ldflags '-s -w' "${missing[@]}")
	for pkg in "$@"; do
		printf '%s\n' "$version" >"$tools/bin/.$(program "$pkg").version"
	done
}

# program PACKAGE prints the name that go install gives it.
program() {
	local name=${1##*/}
	case $name in v[0-9]*) name=${1%/*} && name=${name##*/} ;; esac
	printf '%s\n' "$name"
}

install_one() {
	case $1 in
	apt) apt_packages ;;
	containerd)
		# btrfs is the one snapshotter that would need C headers.
		go_install $containerd_version no_btrfs \
			github.com/containerd/containerd/v2/cmd/{ctr,containerd-shim-runc-v2,containerd}
		;;
	cosign) go_install $cosign_version '' github.com/sigstore/cosign/v3/cmd/cosign ;;
	crane) go_install $crane_version '' github.com/google/go-containerregistry/cmd/crane ;;
	conformance) go_install $conformance_version '' github.com/opencontainers/distribution-spec/conformance ;;
	debootstrap)
		debian=(debootstrap=debootstrap keytool=openjdk-17-jre-headless)
		apt_packages debootstrap
		;;
	golangci-lint) go_install $golangci_version '' github.com/golangci/golangci-lint/v2/cmd/golangci-lint ;;
	*) die "no such tool: $1" ;;
	esac
}

have go || die "Go is missing"
mkdir -p "$tools/bin" "$cache"
[ "$#" -gt 0 ] || set -- apt containerd cosign crane conformance
for tool in "$@"; do install_one "$tool"; done
