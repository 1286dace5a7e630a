# shellcheck shell=bash
# Sourced by deb-compare.sh: what is done with the packages of a set in our root,
# as root and as a user without privileges.

# uses SET ROOT checks dpkg and apt, and then the set's programs.
uses() {
	local set=$1 dir=$2
	check "$set: dpkg --audit has nothing to say" silent in_root "$dir" dpkg --audit
	check "$set: dpkg -V finds every file as it was" silent in_root "$dir" dpkg -V
	check "$set: dpkg -l has all as installed" installed "$dir"
	check "$set: apt-get check" in_root "$dir" apt-get -qq check
	if declare -F "use_$set" >/dev/null; then
		"use_$set" "$dir"
	fi
	check "$set: apt-get install goes on" in_root "$dir" apt-get -qq install -y --no-install-recommends hello
	check "$set: dpkg --audit after it" silent in_root "$dir" dpkg --audit
}

# silent COMMAND... succeeds where the command does, and prints nothing.
silent() {
	local out
	out=$("$@" 2>&1) && [ -z "$out" ] || { printf '%s\n' "$out" | head -n 20; return 1; }
}

installed() { in_root "$1" dpkg -l | awk '/^[a-z][a-zA-Z]  ?/ && $1 != "ii" { print; bad = 1 } END { exit bad }'; }
