#!/usr/bin/env bash
# Runs the smoke tests' own tests in a real containerd: healthy, exiting and sick
# containers, cancelled and killed runs, nothing left behind.
#   e2e/smoke.sh [go test flags]
# CONTAINERD picks another server, as in containerd.sh.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

"$root/e2e/tools.sh" apt containerd
"$root/e2e/binfmt.sh"
"$root/e2e/base.sh"
"$root/e2e/containerd.sh" start
ASSEMBLE_CONTAINERD=$("$root/e2e/containerd.sh" address)
export ASSEMBLE_CONTAINERD ASSEMBLE_BASE=$tools/base
cd "$root"
go test -count=1 -timeout 15m -run Live "$@" ./internal/smoke
