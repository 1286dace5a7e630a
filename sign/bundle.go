package sign

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// BundleMediaType is the media type of a sigstore bundle 0.3: of the JSON, of
// the layer that holds it, and of the artifact.
const BundleMediaType = "application/vnd.dev.sigstore.bundle.v0.3+json"

// MaxBundle bounds a bundle in bytes; a bill of materials of a large image
// takes a few MiB of it.
const MaxBundle = 32 << 20

// payloadType is the DSSE payload type of in-toto statements.
const payloadType = "application/vnd.in-toto+json"

// bundle is the part of a sigstore bundle that a signature by key needs:
// sigstore protobuf-specs, sigstore_bundle.proto, in its JSON form.
type bundle struct {
	MediaType string   `json:"mediaType"`
	Material  material `json:"verificationMaterial"`
	Envelope  envelope `json:"dsseEnvelope"`
}

type material struct {
	PublicKey *publicKey `json:"publicKey"`
}

type publicKey struct {
	Hint string `json:"hint,omitempty"`
}

// envelope is a DSSE envelope (secure-systems-lab/dsse, envelope.md).
type envelope struct {
	Payload     []byte      `json:"payload"`
	PayloadType string      `json:"payloadType"`
	Signatures  []signature `json:"signatures"`
}

type signature struct {
	Sig   []byte `json:"sig"`
	KeyID string `json:"keyid,omitempty"`
}

// parseBundle reads a bundle and checks its shape and bounds; no signature is
// checked yet.
func parseBundle(raw []byte) (*bundle, error) {
	if len(raw) > MaxBundle {
		return nil, fmt.Errorf("reading a sigstore bundle: limit exceeded: more than %d bytes", MaxBundle)
	}
	var b bundle
	if err := unmarshal(raw, bundleShape, &b); err != nil {
		return nil, fmt.Errorf("reading a sigstore bundle: %w", err)
	}
	if err := b.check(); err != nil {
		return nil, fmt.Errorf("reading a sigstore bundle: %w", err)
	}
	return &b, nil
}

func (b *bundle) check() error {
	switch n := len(b.Envelope.Signatures); {
	case !isBundleType(b.MediaType):
		return fmt.Errorf("the media type %.80q is not supported", b.MediaType)
	case b.Envelope.PayloadType == "":
		return errors.New("no DSSE envelope")
	case b.Envelope.PayloadType != payloadType:
		return fmt.Errorf("the payload type %.80q is not supported", b.Envelope.PayloadType)
	case n == 0:
		return errors.New("no signatures")
	case n > 1:
		return fmt.Errorf("%d signatures in one envelope; a bundle has exactly one", n)
	case b.Envelope.Signatures[0].KeyID != "":
		return fmt.Errorf("the key ID %.80q is not supported", b.Envelope.Signatures[0].KeyID)
	case b.Material.PublicKey == nil:
		return errors.New("no public key in the verification material")
	}
	return nil
}

// isBundleType takes the present media type and the older spelling with a
// version parameter.
func isBundleType(mt string) bool {
	if mt == BundleMediaType {
		return true
	}
	version, ok := strings.CutPrefix(mt, "application/vnd.dev.sigstore.bundle+json;version=")
	return ok && (version == "0.1" || version == "0.2" || version == "0.3")
}

// pae is DSSE's pre-authentication encoding: what the signature is over
// (secure-systems-lab/dsse, protocol.md).
func pae(typ string, payload []byte) []byte {
	head := fmt.Sprintf("DSSEv1 %d %s %d ", len(typ), typ, len(payload))
	return append([]byte(head), payload...)
}

// newBundle signs a statement's JSON.
func newBundle(s *Signer, payload []byte) ([]byte, error) {
	sig, err := s.sign(pae(payloadType, payload))
	if err != nil {
		return nil, err
	}
	b := bundle{
		MediaType: BundleMediaType,
		Envelope:  envelope{Payload: payload, PayloadType: payloadType, Signatures: []signature{{Sig: sig}}},
	}
	b.Material.PublicKey = &publicKey{Hint: s.verifier.hint}
	raw, err := json.Marshal(b)
	if err != nil {
		return nil, fmt.Errorf("encoding a sigstore bundle: %w", err)
	}
	if len(raw) > MaxBundle {
		return nil, fmt.Errorf("encoding a sigstore bundle: limit exceeded: more than %d bytes", MaxBundle)
	}
	return raw, nil
}
