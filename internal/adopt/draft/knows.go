package draft

import (
	"strings"

	"github.com/assemble-image/assemble/internal/config"
)

// Knows reports whether the config has a field of that path: "packages",
// "smoke.http".
func Knows(path string) bool {
	for _, f := range config.Fields() {
		rest, ok := strings.CutPrefix(f.Path, path)
		if ok && (rest == "" || rest[0] == '.' || strings.HasPrefix(rest, "[].")) {
			return true
		}
	}
	return false
}

// KnowsPort reports whether ports may have a protocol.
func KnowsPort() bool {
	for _, f := range config.Fields() {
		if f.Path == "ports" {
			return strings.Contains(f.Example, "/udp")
		}
	}
	return false
}
