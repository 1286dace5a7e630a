#!/usr/bin/env bash
# The main job on embedded defaults: a small FastAPI image, assembled, pushed
# into the embedded registry, signed and verified. Needs neither root nor Docker.
# Everything that it makes goes to out/demo.
set -euo pipefail
cd "$(dirname "$0")/.."
demo=$PWD/out/demo
assemble=$PWD/bin/assemble
mkdir -p "$demo"
say() { printf '\n\033[1m%s\033[0m\n' "$*"; }

say "1. the app, its config and its lock"
for f in assemble.yaml requirements.prod.lock .env.smoke .dockerignore src config; do
  cp -R "examples/pepgmp-backend/$f" "$demo/"
done
ls "$demo"

say "2. the wheels that the lock pins, for linux/arm64 and Python 3.10"
"$assemble" fetch --file "$demo/assemble.yaml" --base embedded:

say "3. a registry and a key"
export COSIGN_PASSWORD=demo
[[ -f $demo/cosign.key ]] || "$assemble" keygen --prefix "$demo/cosign"
: >"$demo/registry.log" # here, so that it is there and empty whoever comes first
"$assemble" registry --dir "$demo/registry" --address 127.0.0.1:0 2>>"$demo/registry.log" &
registry=$!
trap 'kill "$registry" 2>/dev/null; wait "$registry" 2>/dev/null || true' EXIT
address=
for _ in {1..100}; do
  address=$(sed -n 's/^assemble: serving .* at //p' "$demo/registry.log")
  [[ -n $address ]] && break
  sleep 0.1
done
[[ -n $address ]] || { cat "$demo/registry.log" >&2; exit 1; }
echo "$address"

say "4. assemble push"
cd "$demo"
image=$("$assemble" push "$address/pepgmp-backend:1.0.0" \
  --base python:3.10-slim-bookworm --base embedded:)
echo "$image"

say "5. assemble verify"
"$assemble" verify --key cosign.pub "$address/pepgmp-backend:1.0.0"

say "6. the same image without a registry"
"$assemble" build --output oci:image:1.0.0 --smoke off \
  --base python:3.10-slim-bookworm --base embedded:

cat <<EOF

The image is in out/demo/image (an OCI layout) and, while a registry serves
out/demo/registry, at pepgmp-backend:1.0.0:

  bin/assemble registry --dir out/demo/registry
  bin/assemble plan -f out/demo/assemble.yaml --base embedded:
EOF
