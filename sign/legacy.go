package sign

import (
	"encoding/base64"
	"fmt"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// The format of cosign 1 and 2 (cosign, specs/SIGNATURE_SPEC.md).
const (
	// legacyMediaType is the media type of a simple-signing payload.
	legacyMediaType = "application/vnd.dev.cosign.simplesigning.v1+json"
	// LegacyAnnotation is the layer annotation with the base64 signature.
	LegacyAnnotation = "dev.cosignproject.cosign/signature"

	legacyType = "cosign container image signature"
	// MaxLegacy bounds a payload in bytes; they have some 250.
	MaxLegacy = 64 << 10
)

// simple is a simple-signing payload (containers/image, atomic signature).
type simple struct {
	Critical struct {
		Identity struct {
			Reference string `json:"docker-reference"`
		} `json:"identity"`
		Image struct {
			Digest string `json:"docker-manifest-digest"`
		} `json:"image"`
		Type string `json:"type"`
	} `json:"critical"`
	Optional map[string]any `json:"optional"`
}

// LegacyTag returns the tag in the image's repository at which cosign 1 and 2
// look for signatures.
func LegacyTag(subject v1.Hash) string {
	return strings.Replace(subject.String(), ":", "-", 1) + ".sig"
}

// SignLegacy signs a digest in the format of cosign 1 and 2. The image that
// it returns belongs at [LegacyTag]; previous is the one that is there
// already, whose signatures are kept, or nil. The reference names the image's
// repository, without tag or digest. A signature that is there already is not
// added twice.
func SignLegacy(s *Signer, subject v1.Hash, reference string, previous v1.Image, opt Options) (v1.Image, error) {
	var p simple
	p.Critical.Identity.Reference = reference
	p.Critical.Image.Digest = subject.String()
	p.Critical.Type = legacyType
	for k, v := range opt.Annotations {
		if p.Optional == nil {
			p.Optional = map[string]any{}
		}
		p.Optional[k] = v
	}
	payload, err := encode(p)
	if err != nil {
		return nil, fmt.Errorf("signing %s: %w", subject, err)
	}
	sig, err := s.sign(payload)
	if err != nil {
		return nil, fmt.Errorf("signing %s: %w", subject, err)
	}
	img, err := addLegacy(previous, payload, base64.StdEncoding.EncodeToString(sig))
	if err != nil {
		return nil, fmt.Errorf("signing %s: %w", subject, err)
	}
	return img, nil
}

// EmptyLegacy returns the image of [LegacyTag] without any signature.
func EmptyLegacy() v1.Image {
	return mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
}

func addLegacy(img v1.Image, payload []byte, sig string) (v1.Image, error) {
	if img == nil {
		img = EmptyLegacy()
	}
	m, err := img.Manifest()
	if err != nil {
		return nil, err
	}
	for _, l := range m.Layers {
		if l.Annotations[LegacyAnnotation] == sig {
			return img, nil
		}
	}
	return mutate.Append(img, mutate.Addendum{
		Layer:       static.NewLayer(payload, legacyMediaType),
		Annotations: map[string]string{LegacyAnnotation: sig},
	})
}

// VerifyLegacy checks a signature in the format of cosign 1 and 2: the
// payload (a layer's bytes) and the signature (the layer's annotation) against
// a key and an image's digest. It returns the repository that the signer
// named. Its errors wrap [ErrSignature] or [ErrSubject], or say why the
// payload can't be read.
func VerifyLegacy(v *Verifier, subject v1.Hash, payload []byte, sig string) (reference string, err error) {
	if len(payload) > MaxLegacy || len(sig) > MaxLegacy {
		return "", fmt.Errorf("verifying a signature for %s: limit exceeded: more than %d bytes", subject, MaxLegacy)
	}
	raw, err := base64.StdEncoding.DecodeString(sig)
	if err != nil {
		return "", fmt.Errorf("verifying a signature for %s: %w", subject, err)
	}
	if err := v.verify(payload, raw); err != nil {
		return "", fmt.Errorf("verifying a signature for %s: %w", subject, err)
	}
	var p simple
	if err := unmarshal(payload, simpleShape, &p); err != nil {
		return "", fmt.Errorf("verifying a signature for %s: reading the payload: %w", subject, err)
	}
	if p.Critical.Type != legacyType {
		return "", fmt.Errorf("verifying a signature for %s: the payload type %.80q is not supported", subject, p.Critical.Type)
	}
	if p.Critical.Image.Digest != subject.String() {
		return "", fmt.Errorf("verifying a signature for %s: %w", subject, ErrSubject)
	}
	return p.Critical.Identity.Reference, nil
}
