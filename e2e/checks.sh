# shellcheck shell=bash
# Sourced by run.sh and seed.sh after lib.sh: checks that are counted, and the
# stage that they run on.

passed=0 failed=0 skipped=0

# check WHAT COMMAND… counts whether the command succeeds; its output is shown
# when it doesn't.
check() {
	local what=$1 log=$work/check.log
	shift
	if "$@" >"$log" 2>&1; then
		passed=$((passed + 1))
		printf 'ok       %s\n' "$what"
	else
		failed=$((failed + 1))
		printf 'FAILED   %s\n' "$what"
		sed 's/^/         | /' "$log" | tail -n 30
	fi
}

# refuse WHAT COMMAND… is check for a command that must fail.
refuse() {
	local what=$1
	shift
	check "$what" not "$@"
}

not() { ! "$@"; }

# omit WHAT WHY counts a check that can't run here.
omit() {
	skipped=$((skipped + 1))
	printf 'skipped  %s: %s\n' "$1" "$2"
}

# summary prints the counts and fails when a check has failed.
summary() {
	printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
	[ "$failed" = 0 ]
}

# can NAME COMMAND… runs one of the set-up scripts and remembers in $why why it
# can't do its part on this machine.
why=''
can() {
	local log=$work/setup.log
	if "$@" 2> >(tee "$log" >&2); then
		return 0
	elif [ "$?" = 77 ]; then
		why=$(sed -n 's/.*skipped: //p' "$log" | tail -n 1)
		return 1
	fi
	die "$* failed"
}

# left_behind lists what a smoke test has left in containerd.
left_behind() {
	local ctr=("$tools/bin/ctr" --address "$socket" --namespace assemble)
	"${ctr[@]}" containers ls -q
	"${ctr[@]}" tasks ls -q
	"${ctr[@]}" images ls -q
	"${ctr[@]}" leases ls -q
	"${ctr[@]}" snapshots ls | sed 1d
}

# nothing_left fails while a smoke test's remains are in containerd.
nothing_left() {
	local n
	for n in {1..50}; do
		[ -z "$(left_behind)" ] && return 0
		sleep 0.1
	done
	left_behind
	return 1
}
