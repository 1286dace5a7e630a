package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-containerregistry/pkg/crane"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/mutate"

	"github.com/assemble-image/assemble/internal/embeddedbase"
)

const ciPassword = "a-password-of-the-registry"

// README's snippets for CI work as they stand, also where the whole checkout is
// the app, and no password or key gets into the image.
func TestCISnippets(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("skipped: no shell")
	}
	for name, script := range map[string]func(*testing.T, string) string{"GitLab CI": gitlabScript, "GitHub Actions": githubScript} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
			t.Cleanup(server.Close)
			addr := strings.TrimPrefix(server.URL, "http://")
			dir, home := ciProject(t), t.TempDir()
			cmd := exec.CommandContext(t.Context(), "sh", "-euc", script(t, addr))
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "HOME="+home, "CI_PROJECT_DIR="+dir, "CI_REGISTRY="+addr, "CI_REGISTRY_USER=ci",
				"CI_REGISTRY_PASSWORD="+ciPassword, "CI_REGISTRY_IMAGE="+addr+"/team/app", "CI_COMMIT_SHORT_SHA=abc", "COSIGN_PASSWORD=script",
				"COSIGN_KEY_FILE="+filepath.Join(dir, "..", "key", "cosign.key"), "COSIGN_KEY="+ciKey(t, dir),
				"CONTAINERD_ADDRESS="+filepath.Join(home, "no.sock"), "ASSEMBLE_CACHE=")
			out, err := cmd.CombinedOutput()
			if err != nil || bytes.Contains(out, []byte(ciPassword)) {
				t.Fatalf("%v\n%s", err, out)
			}
			checkCIImage(t, addr+"/team/app:abc", ciKey(t, dir), out)
		})
	}
}

// checkCIImage looks for what must be in the image, and what must not.
func checkCIImage(t *testing.T, ref, key string, out []byte) {
	t.Helper()
	img, err := crane.Pull(ref)
	if err != nil {
		t.Fatal(err)
	}
	r := mutate.Extract(img)
	defer r.Close()
	tar, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(tar, []byte("print('the app')")) {
		t.Error("the app isn't in the image")
	}
	for what, text := range map[string]string{
		"password": ciPassword, "password in base64": base64.StdEncoding.EncodeToString([]byte("ci:" + ciPassword)),
		"key": strings.Split(key, "\n")[1], "config": "allow_secrets", "cache": "assemble-cache",
	} {
		if bytes.Contains(tar, []byte(text)) {
			t.Errorf("the %s is in the image\n%s", what, out)
		}
	}
}

// ciProject is a checkout, and a key beside it.
func ciProject(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "project")
	if err := makeWheels(filepath.Join(dir, "wheelhouse"), filepath.Join(dir, "requirements.prod.lock")); err != nil {
		t.Fatal(err)
	}
	if err := embeddedbase.WriteLayout(t.Context(), filepath.Join(dir, "base")); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"main.py":       "print('the app')\n",
		"assemble.yaml": "base: oci:base\nlock: requirements.prod.lock\napp: [{from: ., to: /app}]\nallow_secrets: []\nsign: {key: cosign.key}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "..", "key"), 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "assemble", "keygen")
	cmd.Dir, cmd.Env = filepath.Join(dir, "..", "key"), append(os.Environ(), "COSIGN_PASSWORD=script")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return dir
}

func ciKey(t *testing.T, dir string) string {
	t.Helper()
	key, err := os.ReadFile(filepath.Join(dir, "..", "key", "cosign.key"))
	if err != nil {
		t.Fatal(err)
	}
	return string(key)
}

// snippet is README's fenced block after the line that begins so.
func snippet(t *testing.T, after, lang string) []byte {
	t.Helper()
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(readme), after)
	_, rest, ok2 := strings.Cut(rest, "\n```"+lang+"\n")
	block, _, ok3 := strings.Cut(rest, "\n```")
	if !ok || !ok2 || !ok3 {
		t.Fatalf("README has no snippet after %q", after)
	}
	return []byte(block)
}

// gitlabScript is what a GitLab runner makes of the snippet, less the install.
func gitlabScript(t *testing.T, _ string) string {
	t.Helper()
	var ci map[string]struct {
		Variables             yaml.MapSlice
		Cache                 struct{ Paths []string }
		Before, After, Script []string
		BeforeScript          []string `yaml:"before_script"`
	}
	if err := yaml.Unmarshal(snippet(t, "GitLab CI:", "yaml"), &ci); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	job := ci["push"]
	for _, v := range job.Variables {
		fmt.Fprintf(&b, "export %s=\"%s\"\n", v.Key, v.Value)
	}
	fmt.Fprintf(&b, "mkdir -p %s \"$ASSEMBLE_CACHE\"; echo assemble-cache > \"$ASSEMBLE_CACHE/left\"\n", strings.Join(job.Cache.Paths, " "))
	for _, line := range append(job.BeforeScript, job.Script...) {
		if !strings.HasPrefix(line, "go install ") {
			b.WriteString(line + "\n")
		}
	}
	// A second run, with all that the first has left.
	return b.String() + job.Script[len(job.Script)-1] + "\n"
}

// githubScript is what GitHub makes of the snippet, less the actions: that for
// the login writes Docker's file.
func githubScript(t *testing.T, addr string) string {
	t.Helper()
	var ci struct {
		Jobs map[string]struct {
			Steps []struct {
				Uses, Run string
			}
		}
	}
	if err := yaml.Unmarshal(snippet(t, "GitHub Actions:", "yaml"), &ci); err != nil {
		t.Fatal(err)
	}
	auth := base64.StdEncoding.EncodeToString([]byte("ci:" + ciPassword))
	b := fmt.Sprintf("mkdir -p $HOME/.docker\necho '{\"auths\":{\"%s\":{\"auth\":\"%s\"}}}' > $HOME/.docker/config.json\n", addr, auth)
	for _, step := range ci.Jobs["image"].Steps {
		if step.Run != "" && !strings.HasPrefix(step.Run, "go install ") {
			b += step.Run + "\n"
		}
	}
	b = strings.ReplaceAll(b, "registry.example.com", addr)
	return regexp.MustCompile(`\$\{\{ github.sha \}\}`).ReplaceAllString(b, "abc")
}
