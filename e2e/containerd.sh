#!/usr/bin/env bash
# A containerd of our own: own root, state and socket, nothing shared with one
# that the machine may already run.
#   e2e/containerd.sh start|stop|address
# CONTAINERD picks another program (for instance Debian's) under its own name:
#   CONTAINERD=/usr/bin/containerd e2e/containerd.sh start
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

program=${CONTAINERD:-$tools/bin/containerd}
run=$(run_dir)
# Another program gets directories of its own, so that two can run side by side.
suffix=''
if [ -n "${CONTAINERD:-}" ]; then
	suffix=-$(printf %s "$CONTAINERD" | cksum | cut -d' ' -f1)
	# The shim of its own version lies beside it.
	PATH=$(dirname "$CONTAINERD"):$PATH
fi
socket=$run/c$suffix.sock
pidfile=$run/containerd$suffix.pid
log=$run/containerd$suffix.log
state=$run/s$suffix
data=$tools/containerd$suffix

write_config() {
	local version=3 cri='"io.containerd.grpc.v1.cri", "io.containerd.cri.v1.images", "io.containerd.cri.v1.runtime"'
	case $("$program" --version) in *' v1.'* | *' 1.'*) version=2 cri='"io.containerd.grpc.v1.cri"' ;; esac
	cat >"$run/containerd$suffix.toml" <<-TOML
		version = $version
		root = "$data"
		state = "$state"
		disabled_plugins = [$cri]
		[grpc]
		  address = "$socket"
		[ttrpc]
		  address = "$socket.ttrpc"
	TOML
}

answers() { "$tools/bin/ctr" --address "$socket" version >/dev/null 2>&1; }

start() {
	local n=0
	if alive containerd "$pidfile" && answers; then
		say "already answers at $socket (pid $(cat "$pidfile"))"
		return 0
	fi
	is_root || skip "containerd takes root"
	have runc || skip "runc is missing"
	[ -x "$program" ] || skip "$program is missing (e2e/tools.sh installs it)"
	mkdir -p "$data" "$state"
	write_config
	rm -f "$socket" "$socket.ttrpc"
	setsid nohup "$program" --config "$run/containerd$suffix.toml" >"$log" 2>&1 </dev/null &
	echo $! >"$pidfile"
	until answers; do
		n=$((n + 1))
		[ "$n" -lt 300 ] && kill -0 "$(cat "$pidfile")" 2>/dev/null || { tail -n 5 "$log" >&2 && die "containerd doesn't answer; see $log"; }
		sleep 0.1
	done
	say "answers at $socket (pid $(cat "$pidfile"))"
}

case ${1:-} in
start) start ;;
stop) stop containerd "$pidfile" ;;
address) printf '%s\n' "$socket" ;;
*) die "usage: e2e/containerd.sh start|stop|address" ;;
esac
