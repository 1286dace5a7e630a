#!/usr/bin/env bash
# Lets this machine run arm64 programs: registers Debian's qemu-aarch64-static
# with the kernel, with the flags O (open the program for it), C (credentials
# of the program) and F (open qemu now, so that it works inside containers).
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

dir=/proc/sys/fs/binfmt_misc
qemu=/usr/bin/qemu-aarch64-static
magic='\x7f\x45\x4c\x46\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'

case $(uname -m) in aarch64 | arm64)
	say "this machine is arm64: nothing to do"
	exit 0
	;;
esac

registered() {
	local f
	for f in "$dir"/qemu-*; do
		if grep -qs '^enabled' "$f" && grep -qs '^flags:.*F' "$f" && grep -qs '^magic .*b700$' "$f"; then
			return 0
		fi
	done
	return 1
}

if registered; then
	say "arm64 is registered already"
	exit 0
fi
is_root || skip "registering qemu-aarch64 takes root"
[ -x "$qemu" ] || skip "$qemu is missing (Debian package qemu-user-static)"
if [ ! -e "$dir/register" ]; then
	grep -qw binfmt_misc /proc/filesystems || modprobe binfmt_misc 2>/dev/null || skip "the kernel has no binfmt_misc"
	mount -t binfmt_misc binfmt_misc "$dir" 2>/dev/null || skip "binfmt_misc can't be mounted here"
fi
# A registration without F is of no use to containers: replace it.
[ ! -e "$dir/qemu-aarch64" ] || echo -1 >"$dir/qemu-aarch64"
printf ':qemu-aarch64:M::%s:%s:%s:OCF' "$magic" "$mask" "$qemu" >"$dir/register" || skip "the kernel refused qemu-aarch64"
registered || die "qemu-aarch64 was registered but is not enabled"
say "arm64 programs run by $qemu"
