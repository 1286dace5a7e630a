# shellcheck shell=bash
# Sourced by run.sh: README's own flow, whole. The base comes from registry A,
# the image goes to registry B, each with credentials of its own; it is started
# in containerd, signed, verified by cosign, pulled and run by ctr. Then what
# else one meets on that way: warm and empty caches, mounts, an interrupt,
# credentials that are wrong or missing.

user_a=puller password_a=a-secret-of-A user_b=pusher password_b=b-secret-of-B

# login ADDRESS USER PASSWORD [DIR] writes the credentials as docker login does.
login() { DOCKER_CONFIG=${4:-$DOCKER_CONFIG} crane auth login "$1" -u "$2" -p "$3" 2>/dev/null; }

headline_setup() {
	export DOCKER_CONFIG=$work/docker
	E2E_LOGIN=$user_a:$password_a can "$root/e2e/registry.sh" start a || return 1
	E2E_LOGIN=$user_b:$password_b can "$root/e2e/registry.sh" start b || return 1
	a=$("$root/e2e/registry.sh" address a) b=$("$root/e2e/registry.sh" address b)
	login "$a" $user_a $password_a
	login "$b" $user_b $password_b
	base=$a/python:3.10-slim-bookworm
	skopeo copy -q --dest-tls-verify=false --authfile "$DOCKER_CONFIG/config.json" "oci:$tools/base:3.10-slim-bookworm" "docker://$base"
	# The tour calls assemble by its name.
	mkdir -p "$work/bin" "$work/tour"
	ln -sfn "$assemble" "$work/bin/assemble"
}

# tour runs README's commands in a directory of their own.
tour() {
	local dir=$1
	shift
	mkdir -p "$dir"
	"$root/e2e/tour.sh" "$@" >"$dir.sh"
	(cd "$dir" && PATH=$work/bin:$PATH ASSEMBLE_CACHE=$dir.cache bash "$dir.sh")
}

# free_address prints a loopback address where nobody listens.
free_address() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print("127.0.0.1:%d" % s.getsockname()[1])'; }

# as_printed holds README's example of a plan to what plan prints of the base.
as_printed() { diff <(grep -E '^(base|digest|target) ' "$root/README.md") <(cd "$work/tour/embedded" && "$assemble" plan 2>/dev/null | grep -E '^(base|digest|target) '); }

# readme_cosign runs README's line for cosign on an image.
readme_cosign() {
	local line
	line=$(grep -oE 'cosign verify [^`]* REF' "$root/README.md") || { echo "README has no line for cosign"; return 1; }
	(cd "$work/tour/real" && eval "${line/REF/$1}")
}

# from_a pushes the tour's app on A's base. The cache is that of the tour.
from_a() { (cd "$work/tour/real" && ASSEMBLE_CACHE=${cache_dir:-$work/tour/real.cache} COSIGN_PASSWORD=change-me "$assemble" push --progress plain --smoke off "$@"); }

headline() {
	if ! headline_setup; then
		omit "README's flow between two registries" "$why"
		return
	fi
	check "README's tour as it stands, on the built-in base" tour "$work/tour/embedded" "$(free_address)"
	check "README's example of a plan" as_printed
	if [ "$smoke" != require ]; then
		omit "README's tour from registry A to B, started" "$why"
		return
	fi
	check "README's tour from registry A to B, empty cache, started" tour "$work/tour/real" "$b" "$base"
	headline_image
	headline_again
	headline_mount
	headline_interrupt
	headline_credentials
}

headline_image() {
	local ref
	ref=$b/hello:1.0
	check "… and cosign verifies it, by README's line" readme_cosign "$ref"
	check "… and ctr pulls it with B's credentials" "${ctr[@]}" images pull --plain-http --platform linux/arm64 --user "$user_b:$password_b" "$ref"
	refuse "… not with A's" "${ctr[@]}" images pull --plain-http --platform linux/arm64 --user "$user_a:$password_a" "$b/hello:1.0"
	check "… and runs it: it answers" ctr_serves "$ref"
	check "nothing is left in containerd" nothing_left
}

# ctr_serves runs an image that ctr has pulled and asks it, from inside, for its
# answer.
ctr_serves() {
	local n answer='' ask='import urllib.request as r; print(r.urlopen("http://127.0.0.1:8000/").read().decode())'
	"${ctr[@]}" run --detach --platform linux/arm64 "$1" hello || return 1
	for n in {1..60}; do
		answer=$("${ctr[@]}" task exec --exec-id "ask$n" hello python3 -c "$ask" 2>"$work/ask.log") && break
		sleep 0.5
	done
	"${ctr[@]}" task kill --signal SIGTERM hello
	"${ctr[@]}" task delete --force hello >/dev/null 2>&1 || true
	"${ctr[@]}" containers delete hello
	"${ctr[@]}" images rm --sync "$1" >/dev/null
	[ "$answer" = '{"status":"ok"}' ] || { tail -n 3 "$work/ask.log"; echo "it answered $answer"; return 1; }
}

headline_again() {
	local digest
	digest=$(crane digest --insecure "$b/hello:1.0" 2>/dev/null || echo none)
	same_as_tour() { from_a "$@" | grep -F "@$digest"; }
	check "again, nothing changed" same_as_tour "$b/hello:1.0"
	check "with a warm cache to another repository" same_as_tour "$b/warm:1"
	cache_dir=$work/tour/cold.cache check "with an empty cache to another repository" same_as_tour "$b/cold:1"
	cache_dir=$work/tour/app.cache check "changed, with an empty cache" from_a "$b/changed:1" --env CHANGED=1
	check "changed again, with a warm cache" from_a "$b/changed:2" --env CHANGED=2
	for ref in warm:1 cold:1 changed:1 changed:2; do
		check "cosign verifies $ref" readme_cosign "$b/$ref"
	done
}

# headline_mount pushes to the base's own registry: nothing of the base travels.
headline_mount() {
	local trace=$work/mount.trace layers
	layers=$(crane manifest --insecure --platform linux/arm64 "$base" | jq '.layers | length')
	mounted() {
		cache_dir=$work/tour/mount.cache ASSEMBLE_DEBUG=http from_a "$a/mounted:1" 2>"$trace" || { grep -v ' http: ' "$trace"; return 1; }
		[ "$(grep -cE ' http: 201 POST .*mount=' "$trace")" = "$layers" ] || { grep ' POST ' "$trace"; echo "not $layers mounts"; return 1; }
		! grep -qE "$password_a|$password_b|Basic " "$trace" || { echo "the trace has a password"; return 1; }
	}
	check "base and target in one registry: the base's $layers layers are mounted" mounted
	check "cosign verifies mounted:1" readme_cosign "$a/mounted:1"
}

# headline_interrupt sends SIGINT while blobs go from A to B.
headline_interrupt() {
	check "SIGINT while blobs go from A to B: status 130 within 5 s" stops_in_time "$b/stopped:1"
	refuse "… and no tag" crane manifest --insecure "$b/stopped:1"
}

# stops_in_time interrupts a push once the registry has begun an upload for it.
stops_in_time() {
	local pid n begin got=0 uploads=$tools/registry-b/docker/registry/v2/repositories/stopped/_uploads
	(cd "$work/tour/real" && ASSEMBLE_CACHE=$work/tour/stopped.cache COSIGN_PASSWORD=change-me exec "$assemble" push --progress plain --smoke off "$1") &
	pid=$!
	for n in {1..1000}; do
		[ -z "$(ls "$uploads" 2>/dev/null)" ] || break
		sleep 0.01
	done
	[ "$n" -lt 1000 ] || { echo "no upload has begun"; kill "$pid"; return 1; }
	begin=$(date +%s%N)
	kill -INT "$pid"
	wait "$pid" || got=$?
	n=$((($(date +%s%N) - begin) / 1000000))
	echo "status $got after $n ms"
	[ "$got" = 130 ] && [ "$n" -lt 5000 ]
}

# headline_credentials pushes with wrong and without credentials.
headline_credentials() {
	local dir=$work/docker-bad
	login "$a" $user_a $password_a "$dir/a" && login "$b" $user_b $password_b "$dir/b"
	login "$a" $user_a wrong-secret "$dir/wrong-a" && login "$b" $user_b $password_b "$dir/wrong-a"
	login "$a" $user_a $password_a "$dir/wrong-b" && login "$b" $user_b wrong-secret "$dir/wrong-b"
	mkdir -p "$dir/none"
	check "a wrong password for A: one line, at once" fails_fast "$dir/wrong-a" "$a"
	check "a wrong password for B: one line, at once" fails_fast "$dir/wrong-b" "$b"
	check "no credentials for A: one line, at once" fails_fast "$dir/b" "$a"
	check "no credentials for B: one line, at once" fails_fast "$dir/a" "$b"
	check "no credentials at all: one line, at once" fails_fast "$dir/none" ''
	refuse "… and no tag" crane manifest --insecure "$b/refused:1"
}

# fails_fast DOCKER_CONFIG ADDRESS pushes with an empty cache and those
# credentials. It has to fail in 5 s, with one line that names the registry.
fails_fast() {
	local log=$work/refused.log begin got=0 ms
	rm -rf "$work/tour/refused.cache"
	begin=$(date +%s%N)
	DOCKER_CONFIG=$1 cache_dir=$work/tour/refused.cache from_a "$b/refused:1" >"$log" 2>&1 || got=$?
	ms=$((($(date +%s%N) - begin) / 1000000))
	sed "s/^/[$ms ms] /" "$log" | tee -a "$work/refusals.log"
	[ "$got" = 1 ] || { echo "status $got, not 1"; return 1; }
	[ "$ms" -lt 5000 ] || { echo "it took $ms ms"; return 1; }
	[ "$(grep -cvE '^assemble: (note|hint|base|plan|wheels) ?' "$log")" = 1 ] || { echo "not one line"; return 1; }
	grep -qF "${2:-127.0.0.1}" "$log" || { echo "$2 is not named"; return 1; }
	! grep -qE "wrong-secret|$password_a|$password_b" "$log" || { echo "a password is shown"; return 1; }
}
