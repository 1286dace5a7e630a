package app

import (
	"path"
	"strings"
)

// junk are names that tools leave behind, of no use in an image.
var junk = set(`__pycache__ .git .hg .svn .mypy_cache .pytest_cache .ruff_cache .tox .nox .ds_store .dockerignore .assembleignore`)

// What is to be said of the names of secrets.
const (
	passwords   = "may contain passwords"
	secrets     = "may contain secrets"
	credentials = "may contain credentials"
	keys        = "may contain keys"
	aKey        = "is a private key"
)

// secretAny are names of directories and files, and secretFile of files only,
// that as a rule hold passwords or keys.
var (
	secretAny = byName(map[string]string{
		passwords:   ".netrc _netrc .pypirc pip.conf pip.ini .git-credentials .npmrc .password-store",
		secrets:     ".env .envrc",
		credentials: ".aws .azure .gcloud .oci .docker .kube",
		keys:        ".ssh .gnupg",
		aKey:        "cosign.key id_rsa id_dsa id_ecdsa id_ed25519",
	})
	secretFile = byName(map[string]string{
		passwords: ".pgpass pgpass.conf .my.cnf .mylogin.cnf .htpasswd .s3cfg rclone.conf .rclone.conf .authinfo .fetchmailrc " +
			".bash_history .zsh_history .sh_history .history .python_history .psql_history .mysql_history .sqlite_history .rediscli_history",
		secrets: "secrets.toml secrets.yaml secrets.yml secrets.json secrets.ini .terraformrc terraform.rc",
		credentials: "kubeconfig kubeconfig.yaml kubeconfig.yml .vault-token .vault_token .boto .dockercfg .dockerconfigjson " +
			"credentials.json credentials.tfrc.json application_default_credentials.json .terraform-credentials .databrickscfg",
		aKey: "id_ecdsa_sk id_ed25519_sk",
	})
	// secretExt are the ends of such files' names.
	secretExt = []struct{ ext, why string }{
		{".env", secrets},
		{".kubeconfig", credentials},
		{".tfstate", secrets},
		{".p12", keys},
		{".pfx", keys},
		{".jks", keys},
		{".keystore", keys},
		{".kdbx", passwords},
		{".ppk", aKey},
	}
	// backups are what editors and tools add to the name of what was before.
	backups = []string{"~", ".bak", ".backup", ".old", ".orig", ".save", ".swp", ".copy", ".tmp"}
)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// byName turns lists of names around.
func byName(lists map[string]string) map[string]string {
	m := map[string]string{}
	for why, list := range lists {
		for _, name := range strings.Fields(list) {
			m[name] = why
		}
	}
	return m
}

// dropped tells whether a file or directory of that name, in any case, is left
// out, and what to say of it.
func dropped(base string, isDir bool) (why string, drop bool) {
	base = strings.ToLower(base)
	if junk[base] {
		return "", true
	}
	if why, drop := isSecret(base, isDir); drop {
		return why, true
	}
	if isDir {
		return "", false
	}
	for _, end := range backups {
		if was, ok := strings.CutSuffix(base, end); ok {
			if end == ".swp" { // .NAME.swp
				was = strings.TrimPrefix(was, ".")
				if why, drop := isSecret("."+was, isDir); drop {
					return why, true
				}
			}
			return isSecret(was, isDir)
		}
	}
	ext := path.Ext(base)
	return "", ext == ".pyc" || ext == ".pyo"
}

// isSecret is dropped for secrets, of a name in lower case.
func isSecret(base string, isDir bool) (why string, drop bool) {
	if why, ok := secretAny[base]; ok {
		return why, true
	}
	for _, begin := range [...]string{".env.", ".env-", ".env_"} {
		if strings.HasPrefix(base, begin) {
			return secrets, true
		}
	}
	if isDir {
		return "", false
	}
	if why, ok := secretFile[base]; ok {
		return why, true
	}
	if strings.HasPrefix(base, "ssh_host_") && strings.HasSuffix(base, "_key") {
		return aKey, true
	}
	for _, e := range secretExt {
		if strings.HasSuffix(base, e.ext) {
			return e.why, true
		}
	}
	return "", false
}
