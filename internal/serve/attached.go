package serve

import (
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// attachedTo returns the digest whose attachments a tag holds: the fallback tag
// of referrers ("sha256-…"), or one of cosign's ("sha256-….sig").
func attachedTo(tag string) (v1.Hash, bool) {
	digest, _, _ := strings.Cut(tag, ".")
	algorithm, hex, ok := strings.Cut(digest, "-")
	h, err := v1.NewHash(algorithm + ":" + hex)
	return h, ok && err == nil
}
