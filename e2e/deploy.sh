#!/usr/bin/env bash
# Holds deploy/ against the types and schemas of those who read it: Kubernetes,
# Tekton, GitHub and GitLab. Needs Go modules, and pip for GitLab's schema.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
(cd "$root/e2e/deploy" && go test -count=1 .)
venv=$root/out/deploy
[ -x "$venv/bin/check-jsonschema" ] || { python3 -m venv "$venv" && "$venv/bin/pip" install -q check-jsonschema==0.39.0; }
"$venv/bin/check-jsonschema" --builtin-schema vendor.gitlab-ci "$root/deploy/gitlab.yaml"
"$venv/bin/check-jsonschema" --builtin-schema vendor.github-workflows "$root/deploy/github.yaml"
