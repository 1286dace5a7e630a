# shellcheck shell=bash
# Sourced by the scripts beside it: where things are, and how to say things.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tools=$root/.tools
cache=$tools/cache
export PATH="$tools/bin:$PATH" CGO_ENABLED=0

say() { printf '%s: %s\n' "$(basename "$0" .sh)" "$*" >&2; }

die() {
	say "error: $*"
	exit 1
}

# skip ends the script with status 77: the machine can't do this, nothing is broken.
skip() {
	say "skipped: $*"
	exit 77
}

have() { command -v "$1" >/dev/null 2>&1; }

is_root() { [ "$(id -u)" = 0 ]; }

# run_dir prints (and makes) the directory of sockets, pids and logs. A unix
# socket's path has 107 bytes at most, so a clone that lies deep gets a short
# directory elsewhere.
run_dir() {
	local dir=$tools/run
	if [ "${#dir}" -gt 80 ]; then
		dir=/tmp/assemble-e2e-$(printf %s "$root" | cksum | cut -d' ' -f1)
	fi
	mkdir -p -m 0700 "$dir"
	printf '%s\n' "$dir"
}

# alive NAME PIDFILE is true when the process of PIDFILE runs and is NAME, not
# one that was given the same number later.
alive() {
	local pid
	pid=$(cat "$2" 2>/dev/null) || return 1
	[ -n "$pid" ] && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "${1:0:15}" ]
}

# stop NAME PIDFILE ends that process: politely, and after ten seconds firmly.
stop() {
	local pid n=0
	if ! alive "$1" "$2"; then
		rm -f "$2"
		say "$1 is not running"
		return 0
	fi
	pid=$(cat "$2")
	kill "$pid"
	while alive "$1" "$2"; do
		n=$((n + 1))
		[ "$n" -lt 100 ] || kill -9 "$pid" 2>/dev/null || true
		sleep 0.1
	done
	rm -f "$2"
	say "$1 stopped (pid $pid)"
}
