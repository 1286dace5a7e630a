#!/usr/bin/env bash
# Installs sets of Debian packages twice on the same root of Debian, by apt-get in
# a chroot and in our way, and compares every path of the two. Differences that
# e2e/testdata/deb-differences.txt doesn't list with a reason are failures. Then
# what is installed is used, in our root. Takes root and Debian's archives.
#   e2e/deb-compare.sh [SET...]  (default: all that are listed below)
# USES=off only compares. KEEP=1 leaves the roots in out/deb-compare, and goes on with the base that an
# earlier run has left there.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$root/e2e/checks.sh"
source "$root/e2e/deb-uses.sh"

declare -A packages=(
	[opencv]="libgl1 libglib2.0-0 libsm6 libxext6"
	[postgres]="postgresql-client libmagic1"
	[ffmpeg]="ffmpeg"
	[graphics]="imagemagick graphviz"
	[text]="tesseract-ocr poppler-utils"
	[java]="openjdk-17-jre-headless"
	[git]="git openssh-client"
	[chromium]="chromium"
	[base]="curl ca-certificates tzdata locales"
	[gdal]="gdal-bin"
	[odbc]="unixodbc"
	[office]="libreoffice-core"
)
order=(opencv postgres ffmpeg graphics text java git base gdal odbc chromium office)
list=$root/e2e/testdata/deb-differences.txt
work=$root/out/deb-compare

is_root || skip "installing with apt-get in a chroot takes root"
have apt-get && have dpkg || skip "no apt-get: Debian's own tools are what we are compared with"
arch=$(dpkg --print-architecture)
mkdir -p "$work" "$cache/debs-$arch"
can "$root/e2e/tools.sh" debootstrap || skip "$why"
exec 9>"$cache/debs.lock"
flock 9
trap 'unmount "$work"/*/' EXIT

# unmount ROOT... takes away what prepare mounted.
unmount() {
	local dir
	for dir in "$@"; do
		dir=${dir%/}
		! mountpoint -q "$dir/proc" || umount "$dir/proc"
	done
}

# prepare ROOT mounts what scripts and programs expect.
prepare() { mount -t proc proc "$1/proc"; }

# in_root ROOT COMMAND... runs a command in a root.
in_root() {
	local dir=$1
	shift
	env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive chroot "$dir" "$@"
}

# base makes $work/base: Debian's smallest root, with fresh lists of packages.
base() {
	[ "${KEEP:-}" != 1 ] || [ ! -d "$work/base/var/lib/apt/lists" ] || return 0
	unmount "$work"/*/
	rm -rf --one-file-system "$work"
	mkdir -p "$work"
	echo "module roots // so that go ./... passes over what packages have of Go" >"$work/go.mod"
	debootstrap --variant=minbase --cache-dir="$cache/debs-$arch" bookworm "$work/base" http://deb.debian.org/debian >"$work/debootstrap.log" 2>&1 ||
		skip "no root of Debian can be made ($(tail -n1 "$work/debootstrap.log"))"
	cat >"$work/base/etc/apt/sources.list" <<-LIST
		deb http://deb.debian.org/debian bookworm main
		deb http://deb.debian.org/debian bookworm-updates main
		deb http://deb.debian.org/debian-security bookworm-security main
	LIST
	rm -f "$work/base/var/cache/apt/archives"/*.deb
	# No service is started, as in images of Debian.
	printf '#!/bin/sh\nexit 101\n' >"$work/base/usr/sbin/policy-rc.d"
	chmod +x "$work/base/usr/sbin/policy-rc.d"
	rm -f "$work/base"/etc/{resolv.conf,hostname}
	for file in resolv.conf hosts; do [ ! -e /etc/$file ] || cp -L /etc/$file "$work/base/etc/"; done
	in_root "$work/base" apt-get -qq update >"$work/update.log" 2>&1 || skip "no lists of packages ($(tail -n1 "$work/update.log"))"
}

# by_apt SET makes $work/SET.apt.
by_apt() {
	local set=$1
	rm -rf --one-file-system "$work/$set.apt"
	cp -a "$work/base" "$work/$set.apt"
	prepare "$work/$set.apt"
	cp -n "$cache/debs-$arch"/*.deb "$work/$set.apt/var/cache/apt/archives/" 2>/dev/null || true
	# shellcheck disable=SC2086 # words
	in_root "$work/$set.apt" apt-get install -y --no-install-recommends -o Dpkg::Options::=--force-unsafe-io ${packages[$set]} >"$work/$set.apt.log" 2>&1 </dev/null
	local status=$?
	unmount "$work/$set.apt"
	cp -n "$work/$set.apt/var/cache/apt/archives"/*.deb "$cache/debs-$arch/" 2>/dev/null || true
	rm -f "$work/$set.apt/var/cache/apt/archives"/*.deb
	return $status
}

# by_us SET makes $work/SET.ours.
by_us() {
	local set=$1
	rm -rf --one-file-system "$work/$set.ours"
	cp -a "$work/base" "$work/$set.ours"
	# shellcheck disable=SC2086 # words
	"$work/debcompare" install -base "$work/base" -ours "$work/$set.ours" -debs "$cache/debs-$arch" -arch "$arch" ${packages[$set]} >"$work/$set.ours.log" 2>&1 || {
		tail -n 5 "$work/$set.ours.log"
		return 1
	}
}

compared() {
	local set=$1
	"$work/debcompare" compare -want "$work/$set.apt" -ours "$work/$set.ours" -differences "$list" -used "$work/used" | tee "$work/$set.compare.log"
	return "${PIPESTATUS[0]}"
}

one_set() {
	local set=$1
	check "$set: apt-get install ${packages[$set]}" by_apt "$set"
	check "$set: our layers" by_us "$set"
	say "$(tail -n1 "$work/$set.ours.log"), $(grep -c ^warning: "$work/$set.ours.log") warnings"
	check "$set: no difference but those that are listed" compared "$set"
	say "$(tail -n1 "$work/$set.compare.log")"
	if [ "${USES:-}" != off ]; then
		prepare "$work/$set.ours"
		uses "$set" "$work/$set.ours"
		unmount "$work/$set.ours"
	fi
	[ "${KEEP:-}" = 1 ] || rm -rf --one-file-system "$work/$set.apt" "$work/$set.ours"
}

base
(cd "$root" && go build -trimpath -o "$work/debcompare" ./e2e/debcompare)
[ "$#" -gt 0 ] || set -- "${order[@]}"
for name in "$@"; do
	[ -n "${packages[$name]:-}" ] || die "no such set: $name (there are ${order[*]})"
	one_set "$name"
done
if [ "$*" = "${order[*]}" ]; then
	check "each listed difference is one" "$work/debcompare" unused -differences "$list" -used "$work/used"
fi
summary
