#!/usr/bin/env bash
# Debian's docker-registry (distribution) on a loopback port, with a storage
# directory of its own.
#   e2e/registry.sh start|stop|address
# REGISTRY_PORT asks for a port (default: 5087 or the next that is free).
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

run=$(run_dir)
pidfile=$run/registry.pid
log=$run/registry.log
addressfile=$run/registry.address

free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1" && printf 'GET /v2/ HTTP/1.0\r\n\r\n' >&3 && head -n1 <&3 | grep -q ' 200 ') 2>/dev/null; }

start() {
	local port=${REGISTRY_PORT:-5087} n=0
	if alive docker-registry "$pidfile"; then
		say "already answers at $(cat "$addressfile")"
		return 0
	fi
	have docker-registry || skip "docker-registry is missing (e2e/tools.sh installs it)"
	while ! free "$port"; do
		port=$((port + 1))
		[ "$port" -lt 65000 ] || die "no free port"
	done
	mkdir -p "$tools/registry"
	cat >"$run/registry.yml" <<-YAML
		version: 0.1
		log: {level: warn}
		storage:
		  filesystem: {rootdirectory: $tools/registry}
		  delete: {enabled: true}
		http: {addr: "127.0.0.1:$port"}
	YAML
	setsid nohup docker-registry serve "$run/registry.yml" >"$log" 2>&1 </dev/null &
	echo $! >"$pidfile"
	until answers "$port"; do
		n=$((n + 1))
		[ "$n" -lt 100 ] && alive docker-registry "$pidfile" || { tail -n 5 "$log" >&2 && die "the registry doesn't answer; see $log"; }
		sleep 0.1
	done
	printf '127.0.0.1:%s\n' "$port" >"$addressfile"
	say "answers at 127.0.0.1:$port (pid $(cat "$pidfile"))"
}

case ${1:-} in
start) start ;;
stop) stop docker-registry "$pidfile" ;;
address) cat "$addressfile" 2>/dev/null || die "not started" ;;
*) die "usage: e2e/registry.sh start|stop|address" ;;
esac
