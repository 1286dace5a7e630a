package main

import (
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/config"
)

// foreignWords are words of a Dockerfile, of Compose and of package tools that
// are no fields, and what stands for them.
var foreignWords = []struct {
	words []string
	hint  string
}{
	{[]string{"healthcheck", "health"}, "healthcheck: {command: [curl, -f, URL]}, which Docker runs; the test before the tag is smoke: {http: {port: 8000, path: /health}}"},
	{[]string{"requirements", "requirements_txt", "dependencies", "pip"}, "name the file by lock: FILE; assemble lock requirements.txt writes one with versions and hashes"},
	{[]string{"volume", "volumes"}, "volumes: [/data]; a directory for one is made by dirs: [/data]"},
	{[]string{"copy", "add", "files", "src", "source", "sources", "code"}, "the application's files are app: [{from: src, to: /app}]"},
	{[]string{"run", "build", "script", "before_script", "commands"}, "nothing is run while an image is assembled: build wheels beforehand, and take a base that has what must be installed"},
	{[]string{"from", "image", "base_image", "fromimage"}, "the base is base: IMAGE; the image's own name is given to assemble push REF"},
	{[]string{"expose", "port"}, "ports: [8000]"},
	{[]string{"arg", "args", "build_args", "variables"}, "there are no build arguments: a flag overrides a field, for example --env NAME=VALUE"},
	{[]string{"tag", "tags", "name", "repository", "registry", "push", "destination"}, "the image's name and tag are given to assemble push REF, or to assemble build --output"},
	{[]string{"command", "start", "exec"}, "entrypoint: [python, main.py] is the program with its arguments, cmd: what may be replaced"},
	{[]string{"environment", "environ", "env_vars"}, "env: {NAME: value}"},
	{[]string{"env_file"}, "env: {NAME: value}; smoke.env_file is for the test alone, and doesn't go into the image"},
	{[]string{"working_dir", "work_dir", "cwd"}, "workdir: /app"},
	{[]string{"stopsignal", "stop_signal"}, "stop_signal: SIGINT"},
	{[]string{"symlinks", "symlink", "ln"}, "links: {/path/of/link: target}"},
	{[]string{"mkdir", "directories"}, "dirs: [/app/logs, {path: /app/spool, mode: 0770}]"},
	{[]string{"onbuild", "shell", "maintainer"}, "images here have none; a maintainer can be a label, labels: {org.opencontainers.image.authors: NAME}"},
	{[]string{"python", "python_version", "requires_python"}, "the base's Python is taken; for another one, take another base"},
	{[]string{"index_url", "extra_index_url", "pypi", "indexes"}, "index: [URL]"},
	{[]string{"restart", "stop_grace_period", "depends_on", "networks", "services", "deploy", "secrets", "privileged", "cap_add"}, "this is said where the image is run, not in the image"},
	{[]string{"dockerfile", "context", "target", "stages"}, "there is no Dockerfile here: what the image is made of stands in this file"},
	{[]string{"arch", "architecture", "platforms", "os"}, "platform: linux/arm64"},
	{[]string{"cosign", "signing", "signature", "key"}, "sign: {key: cosign.key}"},
}

// hintForeign has a line for each field of the config that isn't one here, but
// elsewhere.
func hintForeign(problems []*config.Problem) string {
	var lines []string
	for _, p := range problems {
		if !strings.HasPrefix(p.What, "no such field") || strings.ContainsAny(p.Field, ".[") {
			continue
		}
		word := strings.ReplaceAll(strings.ToLower(p.Field), "-", "_")
		for _, f := range foreignWords {
			if slices.Contains(f.words, word) {
				lines = append(lines, p.Field+": "+f.hint)
			}
		}
	}
	return strings.Join(lines, "\n")
}
