#!/usr/bin/env bash
# wheels.sh LOCK DIR: download the wheels that LOCK pins for linux/arm64 and
# CPython 3.10 into DIR, unless they are there.
set -euo pipefail
lock=$1 dir=$2
wanted=$(grep -c '==' "$lock")
mkdir -p "$dir"
have=$(find "$dir" -name '*.whl' | wc -l)
if (( have >= wanted )); then
  echo "$have wheels are there"
  exit 0
fi
platforms=(--platform manylinux2014_aarch64 --platform linux_aarch64)
for minor in {36..17}; do platforms+=(--platform "manylinux_2_${minor}_aarch64"); done
python3 -m pip --disable-pip-version-check download --quiet --no-deps --require-hashes \
  --only-binary=:all: "${platforms[@]}" \
  --implementation cp --python-version 3.10 --abi cp310 --abi abi3 --abi none \
  -r "$lock" -d "$dir"
echo "$(find "$dir" -name '*.whl' | wc -l) wheels, $(du -sh "$dir" | cut -f1)"
