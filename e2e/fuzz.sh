#!/usr/bin/env bash
# Runs every fuzz target of the module in turn.
#   e2e/fuzz.sh [TIME [PACKAGE…]]
# What a target finds is kept by the go command in testdata/fuzz beside it.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
time=${1:-1m}
shift || true
cd "$root"
n=0 failed=()
while read -r pkg target; do
	n=$((n + 1))
	say "$pkg $target for $time"
	go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" "$pkg" >"$root/out/fuzz.log" 2>&1 || {
		failed+=("$pkg $target")
		tail -n 30 "$root/out/fuzz.log"
	}
done < <(mkdir -p out && go list "${@:-./...}" | while read -r pkg; do
	go test -list '^Fuzz' "$pkg" | sed -n "s|^Fuzz|$pkg Fuzz|p"
done)
printf '%d passed, %d failed\n' "$((n - ${#failed[@]}))" "${#failed[@]}"
[ "${#failed[@]}" = 0 ] || printf 'failed: %s\n' "${failed[@]}"
[ "${#failed[@]}" = 0 ]
