package main

// firstSteps are what the program's own help begins with.
var firstSteps = []string{
	"assemble init",
	"assemble lock requirements.txt --index URL -o requirements.lock",
	"assemble build --lock requirements.lock --app src:/app -o oci:out",
	"assemble push registry.example.com/team/app:1.4.2",
}

// examples are shown by each verb's help and manual page. Tests hold that their
// flags exist.
var examples = map[string][]string{
	"pack": {
		"assemble pack requirements.lock registry.example.com/cache/ml:1",
		"assemble pack --shard 0/4 requirements.lock registry.example.com/cache/ml:1",
	},
	"push": {
		"assemble push registry.example.com/team/app:1.4.2",
		"assemble push --smoke require --key cosign.key registry.example.com/app:2",
		"assemble push --json 127.0.0.1:5000/app:dev",
	},
	"build": {
		"assemble build -o oci:out:1.4.2",
		"assemble build --base embedded: --app src:/app -o docker-archive:app.tar:app:1",
		"assemble build -q -o oci-archive:- | skopeo copy oci-archive:/dev/stdin …",
	},
	"init": {
		"assemble init",
		"assemble init --dockerfile docker/Dockerfile --target production",
		"assemble init -o - backend | less",
	},
	"plan": {
		"assemble plan",
		"assemble plan --app src:/app --json",
	},
	"lock": {
		"assemble lock requirements.txt -o requirements.lock",
		"assemble lock requirements.txt --upgrade-package numpy",
		"assemble lock requirements.txt --python 3.10 --glibc 2.36 -o pylock.toml",
		"assemble lock --package libgl1 --package libpq5=15.*",
	},
	"fetch": {
		"assemble fetch",
		"assemble fetch --lock uv.lock --wheelhouse wheels --extra postgres",
	},
	"check": {
		"assemble check",
		"assemble check --warn extra --error conflict",
	},
	"wheel check": {"assemble wheel check wheelhouse/*.whl"},
	"wheel show":  {"assemble wheel show dist/app-1.0-py3-none-any.whl --python 3.12"},
	"keygen":      {"assemble keygen", "assemble keygen --prefix keys/release"},
	"sign":        {"assemble sign --key cosign.key registry.example.com/team/app:1.4.2"},
	"verify": {
		"assemble verify --key cosign.pub registry.example.com/team/app:1.4.2",
		"assemble verify --key old.pub --key new.pub registry.example.com/app:2",
	},
	"smoke": {
		"assemble smoke registry.example.com/team/app:1.4.2",
		"assemble smoke oci:out --smoke-port 8000 --smoke-path /health",
		"assemble smoke oci:out --smoke-import torch --smoke-stays-up 10s",
	},
	"copy": {
		"assemble copy registry.example.com/team/app:1.4.2 mirror.example.com/team/app",
		"assemble copy --all-tags registry.example.com/team/app oci:app",
		"assemble copy --platform linux/arm64 python:3.10-slim-bookworm oci:base:3.10",
	},
	"base lock":   {"assemble base lock", "assemble base lock --base-key base.pub"},
	"base update": {"assemble base update", "assemble base update --platform linux/amd64"},
	"base show":   {"assemble base show", "assemble base show --offline --json"},
	"base fetch":  {"assemble base fetch", "assemble base fetch --layout bases"},
	"rebase": {
		"assemble rebase registry.example.com/team/app:1.4.2",
		"assemble rebase --all registry.example.com/team/app",
	},
	"image list":   {"assemble image list registry.example.com/team/app", "assemble image list localhost:5000", "assemble image list oci:out"},
	"image show":   {"assemble image show registry.example.com/team/app:1.4.2", "assemble image show --scan --json oci:out:1.4.2"},
	"image diff":   {"assemble image diff registry.example.com/app:1 registry.example.com/app:2", "assemble image diff --files oci:out:1 oci:out:2"},
	"image delete": {"assemble image delete --yes registry.example.com/team/app:1.4.2"},
	"tag": {
		"assemble tag registry.example.com/team/app:1.4.1 production",
		"assemble tag --history registry.example.com/team/app:production",
		"assemble tag registry.example.com/team/app@sha256:… production",
	},
	"registry": {
		"assemble registry --dir registry",
		"assemble registry --dir registry --address 0.0.0.0:5000 --public",
		"assemble registry --dir registry --htpasswd users --anonymous-read",
	},
	"registry gc": {
		"assemble registry gc --dir registry",
		"assemble registry gc --dir registry --untagged --grace 720h --dry-run",
	},
	"cache info":   {"assemble cache info"},
	"cache prune":  {"assemble cache prune --max-size 500MiB --max-age 720h", "assemble cache prune --all"},
	"cache verify": {"assemble cache verify"},
	"completion": {
		"source <(assemble completion bash)    # in ~/.bashrc",
		"source <(assemble completion zsh)     # in ~/.zshrc, after compinit",
		"assemble completion fish | source     # in config.fish",
	},
	"man": {
		"assemble man push | man -l -",
		"assemble man --dir /usr/local/share/man",
	},
	"version": {"assemble version --json"},
}
