package lockfile

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/assemble-image/assemble/internal/debs/packages"
)

// Fingerprint tells bases apart by what a choice of packages depends on: the
// names, versions, architectures and states of those that they have, and what
// these ask for.
func Fingerprint(installed []packages.Package) string {
	lines := make([]string, 0, len(installed))
	for _, p := range installed {
		line := ""
		for _, field := range []string{p.Name, p.Version, p.Arch, p.MultiArch, p.PreDepends, p.Depends, p.Conflicts, p.Breaks, p.Provides} {
			line += field + "\x00"
		}
		for _, flag := range []bool{p.Essential, p.Important, p.Hold} {
			if flag {
				line += "1"
			} else {
				line += "0"
			}
		}
		lines = append(lines, line+"\n")
	}
	slices.Sort(lines)
	h := sha256.New()
	for _, line := range lines {
		h.Write([]byte(line))
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}
