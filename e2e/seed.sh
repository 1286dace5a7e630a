#!/usr/bin/env bash
# The real thing with a real application's lock: 98 wheels, 475 MB, and the
# system packages that OpenCV needs. Pushes it, has it verified, imports its heavy
# modules in containerd, and prints what each stage took and what the image is
# made of. ASSEMBLE_WHEELS names a directory that has the wheels already,
# ASSEMBLE_DEBS one that has the packages.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
work=$root/out/e2e-seed
rm -rf "$work"
mkdir -p "$work/src"
source "$root/e2e/checks.sh"

assemble=$root/bin/assemble
export COSIGN_PASSWORD=e2e ASSEMBLE_CACHE=$work/cache
wheels=${ASSEMBLE_WHEELS:-$tools/wheels}
packages=no
debs=${ASSEMBLE_DEBS:-$work/debs}
# The stand-in for the base names no sources of its own.
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
sources=("deb [signed-by=$keyring] http://deb.debian.org/debian bookworm main"
	"deb [signed-by=$keyring] http://deb.debian.org/debian-security bookworm-security main")

setup() {
	can "$root/e2e/tools.sh" || say "going on without all tools: $why"
	can "$root/e2e/base.sh" || { omit "everything" "$why"; summary; exit; }
	can "$root/e2e/registry.sh" start || { omit "everything" "$why"; summary; exit; }
	registry=$("$root/e2e/registry.sh" address)
	image=$registry/e2e-seed-$(date +%s)/backend:1
	"$root/examples/wheels.sh" "$root/testdata/requirements.prod.lock" "$wheels"
	ln -sfn "$tools/base" "$work/base"
	ln -sfn "$wheels" "$work/wheelhouse"
	cp "$root/testdata/requirements.prod.lock" "$work/"
	echo 'print("it runs")' >"$work/src/main.py"
	cd "$work"
	cat >assemble.yaml <<-YAML
		base: oci:base:3.10-slim-bookworm
		lock: requirements.prod.lock
		wheelhouse: wheelhouse
		app: [{from: src, to: /app/src}]
		dirs: [/app/logs, /app/output]
		user: {name: appuser, uid: 1000, gid: 1000}
		workdir: /app
		env: {PYTHONPATH: /app/src}
		entrypoint: [python3, src/main.py]
		sign: {key: cosign.key}
	YAML
	"$assemble" keygen >/dev/null
	cp assemble.yaml without.yaml
	cat >>assemble.yaml <<-YAML
		packages: {install: [libgl1, libglib2.0-0, libgomp1, libsm6, libxext6], sources: ["${sources[0]}", "${sources[1]}"], dir: "$debs"}
	YAML
	if can "$assemble" lock; then
		packages=yes
	else
		omit "OpenCV's system packages" "$why"
		mv without.yaml assemble.yaml
	fi
}

# timed NAME COMMAND… runs it and says what it took, peak memory included.
timed() {
	local name=$1
	shift
	python3 - "$name" "$@" <<-'PY'
		import resource, subprocess, sys, time
		name, *command = sys.argv[1:]
		start = time.monotonic()
		status = subprocess.run(command).returncode
		used = resource.getrusage(resource.RUSAGE_CHILDREN)
		print(f"{name}: {time.monotonic() - start:.2f} s, {used.ru_utime + used.ru_stime:.2f} s of CPU, "
		      f"peak memory {used.ru_maxrss / 1000:.0f} MB", file=sys.stderr)
		sys.exit(status)
	PY
}

figures() {
	jq -r '"  \(.layers | length) layers, \([.layers[].size] | add) bytes in them, \(.size) bytes in all",
		(.stages[] | "  \(.stage): \(.seconds * 100 | round / 100) s")' "$1"
	printf '  %d bytes in the wheels\n' "$(cat "$wheels"/*.whl | wc -c)"
}

# broken_down prints what the image is made of: layers, packed bytes, as they are
# pulled, and those of the tars in them.
broken_down() {
	local digest size part
	declare -A count packed unpacked
	while read -r digest size part; do
		count[$part]=$((${count[$part]:-0} + 1))
		packed[$part]=$((${packed[$part]:-0} + size))
		unpacked[$part]=$((${unpacked[$part]:-0} + $(crane blob --insecure "${image%:*}@$digest" | gzip -dc | wc -c)))
	done < <(crane manifest --insecure "$image" | jq -r --slurpfile result "$1" '
		($result[0].layers | map({key: .digest, value: .kind}) | from_entries) as $kinds
		| {packages: "system", configured: "system", replaced: "python", wheels: "python", accounts: "app", app: "app", workdir: "app"} as $parts
		| .layers[] | "\(.digest) \(.size) \($parts[$kinds[.digest] // ""] // "base")"')
	for part in base system python app; do
		printf '  %s: %d layers, %d bytes, %d unpacked\n' "$part" "${count[$part]:-0}" "${packed[$part]:-0}" "${unpacked[$part]:-0}"
	done
}

# imports MODULE… imports the modules in a container of the pushed image.
imports() {
	local flags=() m
	for m in "$@"; do flags+=(--smoke-import "$m"); done
	"$assemble" smoke "$image" --smoke-timeout 10m "${flags[@]}"
}

# missing lists the libraries that importing a module asks for in vain.
missing() { imports "$@" 2>&1 | grep -o '[a-zA-Z0-9_+.-]*\.so[.0-9]*: cannot open shared object file' | sort -u; }

setup
check "push, cold" timed cold sh -c '"$0" push "$1" --json >cold.json' "$assemble" "$image"
sed -n 's/^/  /p' "$work/check.log"
figures cold.json
broken_down cold.json
check "push, nothing changed" timed again sh -c '"$0" push "$1" --json >again.json' "$assemble" "$image"
sed -n 's/^/  /p' "$work/check.log" | tail -n 1
check "the same image" sh -c '[ "$(jq -r .digest cold.json)" = "$(jq -r .digest again.json)" ]'
echo 'print("it still runs")' >src/main.py
check "push, one app file changed" timed changed sh -c '"$0" push "$1" --json >changed.json' "$assemble" "$image"
sed -n 's/^/  /p' "$work/check.log" | tail -n 1
check "assemble verify" "$assemble" verify --key cosign.pub "$image"
check "cosign verify" cosign verify --key cosign.pub --insecure-ignore-tlog=true "$image"
check "crane validate" crane validate --insecure --remote "$image"
if can "$root/e2e/binfmt.sh" && can "$root/e2e/containerd.sh" start; then
	socket=$("$root/e2e/containerd.sh" address)
	export CONTAINERD_ADDRESS=$socket
	check "torch, pandas, sklearn, scipy, fastapi import on arm64" imports torch pandas sklearn scipy fastapi
	if [ "$packages" = yes ]; then
		check "cv2 imports" imports cv2
		check "OpenGL's library is found" "$assemble" smoke "$image" --smoke-timeout 5m \
			--smoke-command '["python3", "-c", "import ctypes.util; assert ctypes.util.find_library(\"GL\") == \"libGL.so.1\""]'
	elif imports cv2 >cv2.log 2>&1; then
		check "cv2 imports" true
	else
		omit "cv2 imports" "the base lacks $(missing cv2 | cut -d: -f1 | paste -sd' ')"
	fi
	check "nothing is left in containerd" nothing_left
else
	omit "its modules are imported" "$why"
fi
summary
