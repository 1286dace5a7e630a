package app

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"
)

// mixed is n characters that look like those of a token.
func mixed(n int) string {
	const some = "q7Rk2VxN9bTz4WmH8cLp1JsD6fYg3Aa5"
	return strings.Repeat(some, n/len(some)+1)[:n]
}

func utf16Of(s string, big bool) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(s)) {
		if big {
			b.WriteString(string([]byte{byte(u >> 8), byte(u)}))
		} else {
			b.WriteString(string([]byte{byte(u), byte(u >> 8)}))
		}
	}
	return b.String()
}

// What holds a secret by its content is left out of the image, in whatever
// data file it is.
func TestSecretContents(t *testing.T) {
	key := "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----\n"
	escaped := strings.ReplaceAll(key, "\n", `\n`)
	b64 := base64.StdEncoding.EncodeToString
	auth := b64([]byte("ci:hunter22"))
	for name, content := range map[string]string{
		"service.json":        `{"type": "service_account", "private_key": "` + escaped + `"}`,
		"minified.json":       `{"a":1,"k":"` + escaped + `","b":2}`,
		"indented.yaml":       "tls:\n  key: |\n    " + strings.ReplaceAll(key, "\n", "\n    "),
		"tabs.ini":            "[tls]\n\tkey = " + strings.ReplaceAll(key, "\n", "\n\t"),
		"one-line.cfg":        `KEY="` + escaped + `"`,
		"spaces.cfg":          `KEY="` + strings.ReplaceAll(key, "\n", " ") + `"`,
		"joined.cfg":          `KEY=` + strings.ReplaceAll(key, "\n", ""),
		"twice.json":          `{"config": "{\"key\": \"` + strings.ReplaceAll(escaped, `\`, `\\`) + `\"}"}`,
		"crlf.pem":            strings.ReplaceAll(key, "\n", "\r\n"),
		"bom.pem":             "\ufeff" + key,
		"le.pem":              utf16Of("\ufeff"+key, false),
		"be.pem":              utf16Of("\ufeff"+key, true),
		"le-without-bom":      utf16Of(key, false),
		"be-without-bom":      utf16Of("x: "+key, true),
		"le.json":             utf16Of("\ufeff"+`{"k": "`+escaped+`"}`, false),
		"pgp.asc":             "x\n-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQOYBF\n",
		"cosign.pub.bak":      "-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\neyJrZGYi\n",
		"ssh.com":             "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nP2/56wAAA\n",
		"putty.txt":           "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n",
		"base64.yaml":         "client-key-data: " + b64([]byte(key)) + "\n",
		"large.log":           strings.Repeat("nothing to see here\n", 50_000) + key + strings.Repeat("and here\n", 50_000),
		"large-token.csv":     strings.Repeat("1,2,3,4\n", 100_000) + "x,ghp_" + mixed(36) + "\n",
		"docker.json":         `{"auths": {"registry.example.com": {"auth": "` + auth + `"}}}`,
		"docker-plain":        `{"auths":{"r":{"username":"u","password":"hunter22"}}}`,
		"docker-identity":     `{ "auths" : { "r" : { "identitytoken" : "abc" } } }`,
		"docker-case.json":    `{"Auths":{"r":{"Auth":"` + auth + `"}}}`,
		"docker.cfg":          `DOCKER_AUTH_CONFIG={"auths":{"r":{"auth":"` + auth + `"}}}`,
		"docker-escaped.json": `{"x": "{\"auths\":{\"r\":{\"auth\":\"` + auth + `\"}}}"}`,
		"docker-bom.json":     "\ufeff" + `{"auths":{"r":{"auth":"` + auth + `"}}}`,
		"docker-utf16.json":   utf16Of("\ufeff"+`{"auths":{"r":{"auth":"`+auth+`"}}}`, false),
		"dockercfg.json":      `{"https://index.docker.io/v1/": {"auth": "` + auth + `", "email": "a@b.c"}}`,
		"k8s.yaml":            "data:\n  .dockerconfigjson: " + b64([]byte(`{"auths":{"r":{"auth":"`+auth+`"}}}`)) + "\n",
		"aws.ini":             "aws_access_key_id = AKIA" + strings.ToUpper(mixed(16)) + "\n",
		"aws-example.ini":     "id = AKIAIOSFODNN7EXAMPLE\n",
		"aws-secret.ini":      "aws_secret_access_key = " + mixed(20) + "/" + mixed(9) + "+" + mixed(9) + "\n",
		"aws-env.sh":          "export AWS_SECRET_ACCESS_KEY='" + mixed(40) + "'\n",
		"google.json":         `{"key": "AIza` + mixed(35) + `"}`,
		"google-oauth.json":   `{"client_secret":"GOCSPX-` + mixed(28) + `"}`,
		"google-refresh.json": `{"refresh_token": "1//0g` + mixed(60) + `"}`,
		"azure.txt":           "DefaultEndpointsProtocol=https;AccountName=x;AccountKey=" + mixed(86) + "==;EndpointSuffix=core",
		"azure-bus.txt":       "Endpoint=sb://x/;SharedAccessKeyName=Root;SharedAccessKey=" + mixed(43) + "=",
		"azure-client.toml":   `secret = "abc8Q~` + mixed(34) + `"`,
		"github.toml":         "token = ghp_" + mixed(36),
		"github-app.toml":     "token: ghs_" + mixed(36) + "\n",
		"github-fine.txt":     "github_pat_" + mixed(22) + "_" + mixed(59),
		"github-url.txt":      "git+https://x-access-token:ghp_" + mixed(36) + "@github.com/a/b",
		"github-query.txt":    "https://h/?t%3Dghp_" + mixed(36),
		"github-escape.json":  `{"env": "A=1\nghp_` + mixed(36) + `"}`,
		"gitlab.txt":          "--token=glpat-" + mixed(20),
		"gitlab-deploy.txt":   "gldt-" + mixed(20),
		"slack.txt":           "xoxb-123456789012-1234567890123-" + mixed(24),
		"slack-app.txt":       "xapp-1-A0123456789-1234567890123-" + mixed(64),
		"slack-hook.txt":      "https://hooks.slack.com/services/T0" + "1234567/B01234567/" + mixed(24),
		"discord-hook.txt":    "https://discord.com/api/webhooks/123456789012345678/" + mixed(68),
		"discord.txt":         b64([]byte("123456789012345678")) + ".GabcDe." + mixed(38),
		"telegram.txt":        "bot = 123456789:AA" + mixed(33),
		"npm.txt":             "//registry.npmjs.org/:_authToken=npm_" + mixed(36),
		"pypi.txt":            "password = pypi-AgEIcHlwaS5vcmc" + mixed(80),
		"openai.txt":          "OPENAI_API_KEY=sk-" + mixed(20) + "T3BlbkFJ" + mixed(20),
		"openai-proj.txt":     "sk-proj-" + mixed(74),
		"anthropic.txt":       "sk-ant-api03-" + mixed(93) + "AA",
		"huggingface.txt":     "hf_" + mixed(34),
		"stripe.txt":          "sk_live_" + mixed(24),
		"stripe-restricted":   "rk_live_" + mixed(24),
		"sendgrid.txt":        "SG." + mixed(22) + "." + mixed(43),
		"vault.txt":           "VAULT_TOKEN=hvs." + mixed(90),
		"terraform-cloud.txt": mixed(14) + ".atlasv1." + mixed(67),
		"digitalocean.txt":    "dop_v1_" + strings.Repeat("0a1b2c3d", 8),
		"dockerhub.txt":       "dckr_pat_" + mixed(27),
		"age.txt":             "AGE-SECRET-KEY-1" + strings.ToUpper(mixed(58)),
		"utf16-token.txt":     utf16Of("\ufeffghp_"+mixed(36), false),
		"many.bin":            "\x00\x01\x02" + mixed(3) + "\x00" + key,
	} {
		dir := build(t, t.TempDir(), "keep")
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		tree := walk(t, dir, "/a", Options{Name: "src"})
		if got := strings.Join(pathsIn(t, tree), " "); got != "keep" || len(tree.Notes) != 1 {
			t.Errorf("%s: %q goes in, notes %v", name, got, tree.Notes)
		}
	}
}

// What merely speaks of keys and tokens stays.
func TestNoSecretContents(t *testing.T) {
	for name, content := range map[string]string{
		"schema.json":  `{"description": "a PEM text that begins with -----BEGIN PRIVATE KEY----- and ends with -----END PRIVATE KEY-----"}`,
		"example.json": `{"private_key": "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----\n"}`,
		"public.pem":   "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----\n",
		"ca.yaml":      "ca: " + base64.StdEncoding.EncodeToString([]byte("-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQsw")),
		"docker.json":  `{"auths": {"registry.example.com": {}}, "credsStore": "desktop"}`,
		"ci.yml":       `printf '{"auths":{"%s":{"username":"%s","password":"%s"}}}' "$A" "$B" "$C"`,
		"ci2.yml":      `echo '{"auths":{"$R":{"auth":"$AUTH"}}}'`,
		"auth.json":    `{"auth": "required", "auths": ["basic", "digest"]}`,
		"words.txt":    "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx sk-your-key-goes-here-and-nowhere-else AKIAXXXXXXXXXXXXXXXX",
		"css.css":      ".sk-estimator-doc-link-hovered-over { color: red } .npm_package_config_registry_of_this_one {}",
		"lock.txt":     "numpy==1.0 --hash=sha256:" + strings.Repeat("0123abcd", 8),
		"base64.txt":   base64.StdEncoding.EncodeToString([]byte(strings.Repeat("some bytes of an image ", 2000))),
		"main.py":      "KEY = '''-----BEGIN PRIVATE KEY-----\nMII=\n'''\nAWS = 'AKIAIOSFODNN7EXAMPLE'\n",
		"README.md":    "export TOKEN=ghp_0000000000000000000000000000000000000\n",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		tree := walk(t, dir, "/a", Options{Name: "src"})
		if got := strings.Join(pathsIn(t, tree), " "); got != name || len(tree.Notes) != 0 {
			t.Errorf("%s: %q goes in, notes %v", name, got, tree.Notes)
		}
	}
}

func TestSecretNames(t *testing.T) {
	out := strings.Fields(`.pgpass PGPASS.conf kubeconfig kubeconfig.yaml prod.kubeconfig .vault-token terraform.tfstate
		terraform.tfstate.backup prod.tfstate prod.env .Env .ENV.production .NETRC Pip.Conf .GIT/config .Git/HEAD .Aws/credentials ID_RSA
		id_ed25519_sk .git-credentials .my.cnf .s3cfg .boto .dockercfg .dockerconfigjson .htpasswd rclone.conf .bash_history .python_history
		.env~ .netrc.bak id_rsa.old .gnupg/x .azure/x .config/gcloud/credentials.db application_default_credentials.json
		server.pfx server.p12 key.ppk vault.kdbx .terraformrc credentials.tfrc.json __PYCACHE__/x.PYC ssh_host_rsa_key .pypirc _netrc
		secrets.toml secrets.yaml .yarnrc.yml.env`)
	in := strings.Fields(`environment env.py my.envelope credentials/__init__.py kube.py terraform.tf id_rsa.pub cosign.pub
		secrets.py netrc.py gitignore .github/x ssh_host_rsa_key.pub settings.env.py aws/x kubeconfig/__init__.py git/x`)
	for i, list := range [][]string{out, in} {
		for _, name := range list {
			dir := build(t, t.TempDir(), "keep", name+" x")
			got := pathsIn(t, walk(t, dir, "/a", Options{}))
			if is := len(got) == 1; is != (i == 0) && name != ".config/gcloud/credentials.db" {
				t.Errorf("%s: %q goes in", name, got)
			}
		}
	}
}

// A token in code is an error that lists all of them; a key is kept with a note.
func TestSecretsInCode(t *testing.T) {
	key := "KEY = '''-----BEGIN PRIVATE KEY-----|MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ|-----END PRIVATE KEY-----'''|"
	dir := build(t, t.TempDir(), "a/settings.py import os||TOKEN='ghp_"+mixed(36)+"'", "b.JS k='sk_live_"+mixed(24)+"'", "key.py "+key, "data.ini t=glpat-"+mixed(20))
	_, err := Walk(t.Context(), dir, "/a", Options{Name: "src"})
	for _, want := range []string{`"src/a/settings.py" contains a GitHub token (line 3)`, `"src/b.JS" contains a Stripe key (line 1)`} {
		if !errors.Is(err, ErrCredential) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
	if strings.Contains(err.Error(), "ghp_") || strings.Contains(err.Error(), mixed(20)) {
		t.Errorf("the token itself is told: %v", err)
	}
	for _, allow := range [][]string{{"src/a/settings.py", "src/b.JS"}, {"src/a", "src/*.JS"}, {"**/settings.py", "/src/b.JS"}} {
		tree := walk(t, dir, "/a", Options{Name: "./src", Allow: allow})
		got := strings.Join(pathsIn(t, tree), " ")
		if got != "a a/settings.py b.JS key.py" || len(tree.Notes) != 2 || !tree.Notes[1].Kept {
			t.Errorf("%v: %q, notes %v", allow, got, tree.Notes)
		}
	}
}

func TestAllow(t *testing.T) {
	root := build(t, t.TempDir(), "src/x", "src/.env A=b", "src/.aws/config x", "src/.aws/credentials x", "src/k.pem "+pem, "src/.git/HEAD x", "src/d/secrets.yaml x")
	for _, tt := range []struct {
		name  string
		allow []string
		want  string
	}{
		{"src", []string{"src/.env"}, ".env d x"},
		{"src", []string{"**/*.pem", "src/.aws/config"}, ".aws .aws/config d k.pem x"},
		{"src", []string{"src/.aws"}, ".aws .aws/config .aws/credentials d x"},
		{"../else/src", []string{"../else/src/.env", "src/d"}, ".env d d/secrets.yaml x"},
		{"src", []string{"**"}, ".aws .aws/config .aws/credentials .env .git .git/HEAD d d/secrets.yaml k.pem x"},
	} {
		tree := walk(t, filepath.Join(root, "src"), "/a", Options{Name: tt.name, Dir: root, Allow: tt.allow})
		if got := strings.Join(pathsIn(t, tree), " "); got != tt.want {
			t.Errorf("%v: %q", tt.allow, got)
		}
	}
	if _, err := Walk(t.Context(), filepath.Join(root, "src"), "/a", Options{Allow: []string{"[a"}}); err == nil {
		t.Error("a pattern that is none is taken")
	}
}

// Many offenders are counted.
func TestManySecrets(t *testing.T) {
	dir := t.TempDir()
	for i := range 120 {
		build(t, dir, fmt.Sprintf("d%03d/.env A=b", i), fmt.Sprintf("c/k%03d.pem %s", i, pem), fmt.Sprintf("py/p%03d.py T='ghp_%s'", i, mixed(36)))
	}
	_, err := Walk(t.Context(), dir, "/a", Options{Name: "src"})
	if err == nil || strings.Count(err.Error(), "GitHub token") != 50 || !strings.Contains(err.Error(), "\nand 70 more") {
		t.Error(err)
	}
	tree := walk(t, dir, "/a", Options{Name: "src", Allow: []string{"src/py"}})
	if len(tree.Notes) != 50 || tree.MoreNotes != 190 || tree.Notes[0].Path != "src/c/k000.pem" {
		t.Errorf("%d notes, %d more, %v", len(tree.Notes), tree.MoreNotes, tree.Notes[0])
	}
}
