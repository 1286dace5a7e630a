#!/usr/bin/env bash
# Debian's docker-registry (distribution) on a loopback port, with a storage
# directory of its own.
#   e2e/registry.sh start|stop|address [NAME]
# Registries of several names run side by side. One with a NAME starts empty
# and, with E2E_LOGIN=USER:PASSWORD, lets in nobody else.
# REGISTRY_PORT asks for a port (default: 5087 or the next that is free).
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

name=${2:+-$2}
run=$(run_dir)
pidfile=$run/registry$name.pid
log=$run/registry$name.log
addressfile=$run/registry$name.address
data=$tools/registry$name

free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# answers tells whether a registry is there; 401 is an answer, too.
answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1" && printf 'GET /v2/ HTTP/1.0\r\n\r\n' >&3 && head -n1 <&3 | grep -qE ' (200|401) ') 2>/dev/null; }

write_config() {
	cat >"$run/registry$name.yml" <<-YAML
		version: 0.1
		log: {level: warn}
		storage:
		  filesystem: {rootdirectory: $data}
		  delete: {enabled: true}
		http: {addr: "127.0.0.1:$1"}
	YAML
	[ -n "${E2E_LOGIN:-}" ] || return 0
	have htpasswd || skip "htpasswd is missing (e2e/tools.sh installs it)"
	# Cost 4, bcrypt's least: the registry checks the password at each request.
	(umask 077 && printf %s "${E2E_LOGIN#*:}" | htpasswd -niBC 4 "${E2E_LOGIN%%:*}" >"$run/registry$name.htpasswd")
	printf 'auth: {htpasswd: {realm: e2e, path: "%s"}}\n' "$run/registry$name.htpasswd" >>"$run/registry$name.yml"
}

start() {
	local port=${REGISTRY_PORT:-5087} n=0
	if [ -n "$name" ]; then
		stop docker-registry "$pidfile"
		rm -rf "$data"
	elif alive docker-registry "$pidfile"; then
		say "already answers at $(cat "$addressfile")"
		return 0
	fi
	have docker-registry || skip "docker-registry is missing (e2e/tools.sh installs it)"
	while ! free "$port"; do
		port=$((port + 1))
		[ "$port" -lt 65000 ] || die "no free port"
	done
	mkdir -p "$data"
	write_config "$port"
	setsid nohup docker-registry serve "$run/registry$name.yml" >"$log" 2>&1 </dev/null &
	echo $! >"$pidfile"
	until answers "$port"; do
		n=$((n + 1))
		[ "$n" -lt 300 ] && kill -0 "$(cat "$pidfile")" 2>/dev/null || { tail -n 5 "$log" >&2 && die "the registry doesn't answer; see $log"; }
		sleep 0.1
	done
	printf '127.0.0.1:%s\n' "$port" >"$addressfile"
	say "answers at 127.0.0.1:$port (pid $(cat "$pidfile"))"
}

case ${1:-} in
start) start ;;
stop) stop docker-registry "$pidfile" ;;
address) cat "$addressfile" 2>/dev/null || die "not started" ;;
*) die "usage: e2e/registry.sh start|stop|address [NAME]" ;;
esac
