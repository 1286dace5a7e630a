#!/usr/bin/env bash
# Four processes pack a lock at once and are killed at random points; they come
# again, and a push composes what they made into the image that one process makes,
# without a wheel.
#   e2e/shards.sh ASSEMBLE REPOSITORY BASE LOCK WHEELHOUSE [SEED]
set -euo pipefail
assemble=$1 repo=$2 base=$3 lock=$4 house=$5
RANDOM=${6:-$$}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/app" "$work/empty"
echo 'print("composed")' >"$work/app/main.py"
printf 'app: [{from: app, to: /app}]\n' >"$work/assemble.yaml"
common=(-f "$work/assemble.yaml" --base "$base" --lock "$lock" --no-index --no-config-discovery --quiet)

shard() { # a runner of its own: its cache is empty
	exec "$assemble" pack --shard "$1/4" "${common[@]}" --wheelhouse "$house" --cache-dir "$work/cache-$1" "$repo/layers:1"
}
push() { "$assemble" push --smoke off "${common[@]}" "$@"; }

pids=()
for i in 0 1 2 3; do
	(shard "$i" >/dev/null 2>"$work/killed-$i.log") &
	pids+=($!)
done
killed=0
for pid in "${pids[@]}"; do
	sleep "0.$((RANDOM % 8))"
	kill -KILL "$pid" 2>/dev/null && killed=$((killed + 1))
done
wait "${pids[@]}" 2>/dev/null || true
rm -rf "$work"/cache-*
alone=$(push --wheelhouse "$house" --cache-dir "$work/cache-alone" "$repo/alone:1")

# What lived is composed; what was killed is packed by the push.
caches=()
for i in 0 1 2 3; do caches+=(--layer-cache "$repo/layers:1-$i"); done
some=$(push --layer-cache-insecure "${caches[@]}" --wheelhouse "$house" --cache-dir "$work/cache-some" "$repo/some:1" 2>/dev/null)

# All four again, at once, and nothing but what they made.
pids=()
for i in 3 1 0 2; do
	(shard "$i" >/dev/null) &
	pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid"; done
all=$(push --layer-cache-insecure "${caches[@]}" --wheelhouse "$work/empty" --cache-dir "$work/cache-all" "$repo/all:1")
for got in "$some" "$all"; do
	[ "${got#*@}" = "${alone#*@}" ] || { echo "composed $got, alone $alone"; exit 1; }
done
echo "$killed of 4 shards were killed; composed ${all#*@}"
