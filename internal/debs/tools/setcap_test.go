package tools

import (
	"encoding/hex"
	"testing"
)

// TestFileCapability has what setcap 2.66 wrote; empty is what it refused.
func TestFileCapability(t *testing.T) {
	for text, want := range map[string]string{
		"cap_net_raw+ep":                "0100000200200000000000000000000000000000",
		"cap_net_raw,cap_net_admin=eip": "0100000200300000003000000000000000000000",
		"=ep":                           "01000002ffffffff00000000ff01000000000000",
		"all=p":                         "00000002ffffffff00000000ff01000000000000",
		"cap_bpf+p":                     "0000000200000000000000008000000000000000",
		"cap_net_raw+ep cap_net_raw-e":  "0000000200200000000000000000000000000000",
		"cap_net_raw+ep cap_chown+p":    "",
		"cap_nope+ep":                   "",
		"cap_setuid=":                   "0000000200000000000000000000000000000000",
		"cap_net_raw":                   "",
		"+ep":                           "",
		"cap_sys_admin=ei":              "0100000200000000000020000000000000000000",
		"cap_chown=p+i":                 "0000000201000000010000000000000000000000",
		"cap_net_raw=ep cap_chown=eip":  "0100000201200000010000000000000000000000",
		"CAP_NET_RAW=EP":                "",
		"cap_net_raw=eip-i":             "0100000200200000000000000000000000000000",
		"40+p":                          "0000000200000000000000000001000000000000",
		"-1+p":                          "",
		"99+p":                          "",
		"cap_net_raw=e":                 "0100000200000000000000000000000000000000",
	} {
		got, ok := fileCapability(text)
		if hex.EncodeToString([]byte(got)) != want || ok != (want != "") {
			t.Errorf("%q: %x, %v", text, got, ok)
		}
	}
}
