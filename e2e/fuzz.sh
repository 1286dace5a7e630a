#!/usr/bin/env bash
# Runs every fuzz target of the module.
#   e2e/fuzz.sh [TIME [PACKAGE…]]
# From the environment:
#   FUZZJOBS=1   how many targets run at once, each with its share of the cores
# Inputs are shrunk for two seconds at most: by default, slow targets with large
# ones do little else.
# What a target finds is kept by the go command in testdata/fuzz beside it.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
time=${1:-1m}
shift || true
jobs=${FUZZJOBS:-1}
share=$((($(nproc) + jobs - 1) / jobs))
cd "$root"
logs=$root/out/fuzz
rm -rf "$logs"
mkdir -p "$logs"

# fuzz_one PACKAGE TARGET leaves its output in a log of its own.
fuzz_one() {
	local log=$logs/${1//\//_}.$2.log
	if go test -run '^$' -fuzz "^$2\$" -fuzztime "$time" -fuzzminimizetime 2s -parallel "$share" "$1" >"$log" 2>&1; then
		say "passed: $1 $2: $(grep -o 'execs: [0-9]*' "$log" | tail -n 1)"
		echo passed >"$log.end"
	else
		say "failed: $1 $2"
		tail -n 30 "$log" >&2
		echo "$1 $2" >"$log.failed"
	fi
}
export -f fuzz_one say
export logs time share

go list "${@:-./...}" | while read -r pkg; do
	go test -list '^Fuzz' "$pkg" | sed -n "s|^Fuzz|$pkg Fuzz|p"
done >"$logs/targets"
xargs -L 1 -P "$jobs" bash -c 'fuzz_one "$@"' "$0" <"$logs/targets"

shopt -s nullglob
passed=("$logs"/*.end) failed=("$logs"/*.failed)
printf '%d passed, %d failed\n' "${#passed[@]}" "${#failed[@]}"
[ "${#failed[@]}" = 0 ] || { echo failed: && cat "${failed[@]}"; }
# A target that left neither was ended from outside.
[ "${#passed[@]}" = "$(wc -l <"$logs/targets")" ]
