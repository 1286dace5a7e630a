#!/usr/bin/env bash
# Prints the commands of README's tour as a script: its fenced sh blocks as they
# stand, but for what differs on this machine.
#   e2e/tour.sh ADDRESS          with assemble's own registry at ADDRESS
#   e2e/tour.sh ADDRESS BASE     pushing to ADDRESS, which is there, on BASE; the
#                                image must start
# Without BASE the built-in base is used, which has no program to start.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

address=${1:?usage: e2e/tour.sh ADDRESS [BASE]}
base=${2:-}

# blocks prints the sh blocks between the tour's headline and the next one.
blocks() {
	awk '
		/^## /    { tour = ($0 == "## A tour") }
		/^```/    { if (inside) { inside = 0; print ""; next } inside = (tour && $0 == "```sh"); next }
		inside    { print }
	' "$root/README.md"
}

# replace LINE-PATTERN EXPRESSION applies a sed expression to standard input and
# fails where no line has the pattern: the README has changed, and so must this.
replace() {
	local text
	text=$(cat)
	grep -qE "$1" <<<"$text" || die "README's tour has no line with $1"
	sed -E "$2" <<<"$text"
}

echo 'set -euo pipefail'
if [ -z "$base" ]; then
	blocks |
		replace '127\.0\.0\.1:5000' "s#127\.0\.0\.1:5000#$address#g" |
		replace '^assemble registry ' "s#^assemble registry #&--address $address #" |
		replace '^base: \[python:' "s#^base: \[python:[^,]*, 'embedded:'\]#base: ['embedded:']#" |
		replace '^assemble push ' 's#^assemble push #&--smoke off #' |
		replace '^assemble smoke ' 's#^assemble smoke .*#true#'
	echo 'kill %1'
else
	blocks |
		replace '127\.0\.0\.1:5000' "s#127\.0\.0\.1:5000#$address#g" |
		replace '^assemble registry ' 's#^assemble registry .*#true#' |
		replace '^base: \[python:' "s#^base: \[python:[^,]*, 'embedded:'\]#base: [$base]#" |
		replace '^assemble push ' 's#^assemble push #&--smoke require #'
fi
