package requirements_test

import (
	"strings"
	"testing"

	"github.com/assemble-image/assemble/wheels/requirements"
)

// TestVariables: a file is given a secret only for the user name and password
// of a place whose host may have it, and what is wrong is said of the text as
// it was written.
func TestVariables(t *testing.T) {
	env := map[string]string{"TOKEN_1": "s3cret", "ODD": "p@ss/w#rd?", "COSIGN_PASSWORD": "s3cret", "HOST": "packages.example.com", "LINES": "a\nb"}
	opt := requirements.Options{
		Env:            func(name string) string { return env[name] },
		CredentialHost: func(host string) bool { return host == "packages.example.com" || host == "127.0.0.1:8080" },
	}
	for text, want := range map[string]string{
		"--index-url https://u:${TOKEN_1}@packages.example.com/simple":              "https://u:s3cret@packages.example.com/simple",
		"--index-url=https://${TOKEN_1}@127.0.0.1:8080/simple":                      "https://s3cret@127.0.0.1:8080/simple",
		"-i https://u:${ODD}@packages.example.com/":                                 "https://u:p%40ss%2Fw%23rd%3F@packages.example.com/",
		"-i https://u:${LINES}@packages.example.com/":                               "https://u:a%0Ab@packages.example.com/",
		"-i https://${TOKEN_1}:${TOKEN_1}@packages.example.com/":                    "https://s3cret:s3cret@packages.example.com/",
		"-i https://packages.example.com/${lower}/$TOKEN_1/":                        "https://packages.example.com/${lower}/$TOKEN_1/",
		"-i https://${TOKEN_1}@evil.example.com/simple":                             "!variables are not sent to \"evil.example.com\"",
		"-i https://${TOKEN_1}@packages.example.com:444/":                           "!variables are not sent to \"packages.example.com:444\"",
		"-i https://u:${TOKEN_1}@evil.example.com/@packages.example.com/":           "!variables are not sent to \"evil.example.com\"",
		"-i https://u:${COSIGN_PASSWORD}@packages.example.com/":                     "!COSIGN_PASSWORD is never sent",
		"-i https://u:${UNSET}@packages.example.com/":                               "!the environment variable UNSET is not set",
		"-i https://u:${UNSET}@evil.example.com/":                                   "!the environment variable UNSET is not set",
		"-r ${UNSET}/base.txt":                                                      "!the environment variable UNSET is not set, and variables are only replaced",
		"a==${UNSET}":                                                               "!the environment variable UNSET is not set, and variables are only replaced",
		"a @ https://${TOKEN_1}:${UNSET}@packages.example.com/a-1-py3-none-any.whl": "!the environment variable UNSET is not set, and variables are only replaced",
		"a==1 ; os_name == '${UNSET_1}' or os_name == '${UNSET}'":                   "!the environment variables UNSET_1, UNSET are not set, and variables are only replaced",
		"-f ${UNSET}":                 "!the environment variable UNSET is not set, and variables are only replaced",
		"-i https://${HOST}/simple":   "!variables are only replaced",
		"-i https://u@${HOST}/simple": "!variables are only replaced",
		"-i ${TOKEN_1}":               "!variables are only replaced",
		"-f https://u:${TOKEN_1}@packages.example.com/?q=${TOKEN_1}": "!variables are only replaced",
		"a${TOKEN_1}==1.0": "!variables are only replaced",
		"a @ https://u:${TOKEN_1}@packages.example.com/a-1-py3-none-any.whl": "!variables are only replaced",
		"-r ${TOKEN_1}.txt": "!variables are only replaced",
	} {
		f, err := parse(map[string]string{"r.txt": text}, opt)
		if wrong, refused := strings.CutPrefix(want, "!"); refused {
			if err == nil || !strings.Contains(err.Error(), wrong) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%s: got %v", text, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if f.IndexURL.Value != want {
			t.Errorf("%s: got %s", text, f.IndexURL.Value)
		}
	}
}
