#!/usr/bin/env bash
# The real thing: the FastAPI example with real wheels, pushed to a real
# registry, started in a real containerd, and shown to judges that we did not
# write. What can't run on this machine is skipped, with the reason.
#   e2e/run.sh [PART...]         only these parts, as they are listed at the end
# ASSEMBLE names another binary than bin/assemble.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
work=$root/out/e2e
rm -rf "$work"
mkdir -p "$work"
source "$root/e2e/checks.sh"
source "$root/e2e/headline.sh"

assemble=${ASSEMBLE:-$root/bin/assemble}
app=$work/app
export COSIGN_PASSWORD=e2e ASSEMBLE_CACHE=$work/cache

setup() {
	can "$root/e2e/tools.sh" || say "going on without all tools: $why"
	can "$root/e2e/base.sh" || { omit "everything" "$why"; summary; exit; }
	can "$root/e2e/registry.sh" start || { omit "everything" "$why"; summary; exit; }
	registry=$("$root/e2e/registry.sh" address)
	# A name of its own for each run, so that nothing is there before.
	image=$registry/e2e-$(date +%s)/pepgmp-backend
	smoke=require
	if can "$root/e2e/binfmt.sh" && can "$root/e2e/containerd.sh" start; then
		socket=$("$root/e2e/containerd.sh" address)
		export CONTAINERD_ADDRESS=$socket
		ctr=(ctr --address "$socket" --namespace assemble-e2e)
	else
		smoke=off
	fi
	cp -R "$root/examples/pepgmp-backend" "$app"
	ln -sfn "$tools/base" "$app/base"
	"$root/examples/wheels.sh" "$app/requirements.prod.lock" "$tools/wheels-example"
	ln -sfn "$tools/wheels-example" "$app/wheelhouse"
	cd "$app"
}

push() { "$assemble" push "$image:$1" --base oci:base:3.10-slim-bookworm --progress plain "${@:2}"; }

# untagged TAG succeeds where the registry has no such tag.
untagged() { ! crane manifest --insecure "$image:$1" >/dev/null 2>&1; }

# exits CODE COMMAND… succeeds where the command ends with that status.
exits() {
	local want=$1 got=0
	shift
	"$@" || got=$?
	[ "$got" = "$want" ] || { echo "status $got, not $want"; return 1; }
}

main_job() {
	check "keygen" "$assemble" keygen
	check "push, smoke=$smoke" sh -c 'set -e; "$0" push "$@" >result.json' "$assemble" "$image:1" --base oci:base:3.10-slim-bookworm --smoke "$smoke" --json
	if [ "$smoke" = require ]; then
		check "it answered 200" jq -e '.smoke.status == "passed" and .smoke.details.http.status == 200' result.json
		check "it ran as uid 1000 on arm64" jq -e '.smoke.details.user == "1000:1000" and (.smoke.details.platform | startswith("linux/arm64"))' result.json
		check "nothing is left in containerd" nothing_left
		check "assemble smoke passes on what was pushed" "$assemble" smoke "$image:1"
	else
		omit "the image is started and asked for its health" "$why"
	fi
	check "assemble verify" "$assemble" verify --key cosign.pub "$image:1"
	check "pushed again: nothing is uploaded" sh -c '"$0" push "$@" 2>&1 | grep "image already present"' "$assemble" "$image:1" --base oci:base:3.10-slim-bookworm --smoke off
}

signatures() {
	check "cosign verifies" cosign verify --key cosign.pub --insecure-ignore-tlog=true "$image:1"
	"$assemble" keygen --prefix other >/dev/null
	refuse "cosign refuses another key" cosign verify --key other.pub --insecure-ignore-tlog=true "$image:1"
	refuse "assemble refuses another key" "$assemble" verify --key other.pub "$image:1"
	check "a push without signature" push plain --smoke off --key= --label signed=no
	refuse "cosign finds no signature there" cosign verify --key cosign.pub --insecure-ignore-tlog=true "$image:plain"
	cosign signing-config create >signing.json
	check "cosign signs it" cosign sign --signing-config signing.json --key cosign.key --yes "$image@$(crane digest --insecure "$image:plain")"
	check "assemble accepts cosign's signature" "$assemble" verify --key cosign.pub "$image:plain"
	check "assemble signs in the old form, too" "$assemble" sign --key cosign.key --legacy-signature "$image:1"
	check "cosign verifies the old form" cosign verify --key cosign.pub --insecure-ignore-tlog=true --new-bundle-format=false "$image:1"
}

judges() {
	check "crane validate" crane validate --insecure --remote "$image:1"
	check "skopeo copies it" skopeo copy --override-os linux --override-arch arm64 --src-tls-verify=false "docker://$image:1" oci:skopeo:1
	check "umoci unpacks it" umoci unpack --rootless --image skopeo:1 bundle
	check "the user and its directories are in it" sh -c 'grep -q "^appuser:x:1000:1000:" bundle/rootfs/etc/passwd && test -d bundle/rootfs/app/logs'
	check "scripts have the target's interpreter" grep -q '^#!/usr/local/bin/python3.10' bundle/rootfs/usr/local/bin/gunicorn
	if is_root; then
		check "buildah pulls it" buildah --root "$work/buildah" --runroot "$work/buildah-run" --storage-driver vfs pull --tls-verify=false --arch arm64 "docker://$image:1"
	else
		omit "buildah pulls it" "not root"
	fi
	check "gzip and zlib take each layer whole" python3 "$root/e2e/layers.py" skopeo
	check "docker-archive and oci-archive" "$assemble" build --base oci:base:3.10-slim-bookworm --smoke off -o docker-archive:docker.tar:app:1 -o oci-archive:oci.tar:1 -o oci:layout:1
	check "skopeo reads the docker-archive" skopeo inspect --override-os linux --override-arch arm64 docker-archive:docker.tar
	check "skopeo reads the oci-archive" skopeo inspect --override-os linux --override-arch arm64 oci-archive:oci.tar:1
	check "crane validates the docker-archive" crane validate --tarball docker.tar
}

reproducible() {
	local digest
	digest=$(jq -r .digest result.json)
	same() { [ "$("$@")" = "$digest" ] || { echo "another digest than $digest"; return 1; }; }
	check "same digest without cache, another umask and time zone" same sh -c 'umask 077; TZ=Asia/Tokyo LANG=C GOMAXPROCS=1 "$0" build --no-cache --smoke off --base oci:base:3.10-slim-bookworm -o oci:again' "$assemble"
	if [ "$smoke" = require ]; then
		(cd "$root" && GOARCH=arm64 go build -o "$work/assemble.arm64" ./cmd/assemble)
		check "same digest from an arm64 build of assemble" same "$work/assemble.arm64" build --no-cache --smoke off --base oci:base:3.10-slim-bookworm -o oci:arm
		(cd "$root" && GOARCH=arm64 go test -c -o "$work/layers.arm64.test" ./layers)
		check "golden digests on arm64" sh -c 'cd "$1" && "$0" -test.run Golden' "$work/layers.arm64.test" "$root/layers"
	else
		omit "same digest from an arm64 build of assemble" "$why"
	fi
}

failures() {
	if [ "$smoke" != require ]; then
		omit "an image that does not start is not tagged" "$why"
		return
	fi
	check "an app that exits at once: status 4" exits 4 push broken --smoke require --entrypoint '["python3", "-c", "raise SystemExit(7)"]'
	check "… and no tag" untagged broken
	check "health that never comes: status 4" exits 4 push sick --smoke require --smoke-timeout 30s --smoke-path /nowhere
	check "… and no tag" untagged sick
	check "nothing is left in containerd" nothing_left
	check "SIGINT while the image runs: status 130" exits 130 interrupted
	check "… and no tag" untagged stopped
	check "nothing is left in containerd" nothing_left
	check "containerd absent, smoke required" exits 1 push absent --smoke require --containerd /nonexistent.sock
	check "… and no tag" untagged absent
}

# interrupted pushes an image that never gets healthy and interrupts that once
# its container runs.
interrupted() {
	"$assemble" push "$image:stopped" --base oci:base:3.10-slim-bookworm --smoke require --smoke-path /nowhere &
	local pid=$! n
	for n in {1..600}; do
		[ -n "$(ctr --address "$socket" --namespace assemble tasks ls -q)" ] && break
		sleep 0.1
	done
	kill -INT "$pid"
	wait "$pid"
}

# system_packages compares with apt-get; make deb-compare has more sets.
system_packages() {
	local what="Debian packages are as apt-get installs them" status=0
	"$root/e2e/deb-compare.sh" opencv base >debs.log 2>&1 || status=$?
	if [ "$status" = 77 ]; then
		omit "$what" "$(sed -n 's/.*skipped: //p' debs.log | tail -n 1)"
	else
		check "$what" sh -c 'cat debs.log && exit "$0"' "$status"
	fi
}

embedded_registry() {
	: >registry.log # here, so that it is there whoever comes first
	"$assemble" registry --dir "$work/store" --address 127.0.0.1:0 2>>registry.log &
	local pid=$! address='' n
	for n in {1..100}; do
		address=$(sed -n 's/^assemble: serving .* at //p' registry.log)
		[ -n "$address" ] && break
		sleep 0.1
	done
	check "push to the embedded registry" "$assemble" push "$address/app:1" --base oci:base:3.10-slim-bookworm --smoke off
	check "crane validates what it serves" crane validate --insecure --remote "$address/app:1"
	check "cosign verifies what it serves" cosign verify --key cosign.pub --insecure-ignore-tlog=true "$address/app:1"
	check "copy takes the signature along" "$assemble" copy "$address/app:1" "$address/mirror/app"
	check "cosign verifies the copy" cosign verify --key cosign.pub --insecure-ignore-tlog=true "$address/mirror/app:1"
	check "copy into a layout" "$assemble" copy "$address/app:1" oci:copied:1
	check "skopeo reads the layout" skopeo inspect oci:copied:1
	check "collecting garbage beside it" "$assemble" registry gc --dir "$work/store" --untagged --grace 0
	check "crane validates what is left" crane validate --insecure --remote "$address/app:1"
	# SHA-512 is the one thing that it doesn't do.
	check "the distribution specification's conformance suite" env OCI_REGISTRY="$address" OCI_TLS=disabled OCI_DATA_SHA512=false \
		OCI_REPO1=conformance/one OCI_REPO2=conformance/two OCI_RESULTS_DIR="$work/conformance" conformance
	kill "$pid"
	wait "$pid" || true
}

shards() {
	check "shards, killed and again, make the image of one process" "$root/e2e/shards.sh" "$assemble" "${image%/*}" "oci:$app/base:3.10-slim-bookworm" "$app/requirements.prod.lock" "$app/wheelhouse"
}

setup
[ "$#" -gt 0 ] || set -- headline main_job signatures judges reproducible failures embedded_registry shards system_packages
for part in "$@"; do "$part"; done
summary
