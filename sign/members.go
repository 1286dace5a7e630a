package sign

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// shape is what a JSON value may be. Signed documents are read as cosign
// reads them (protobuf's JSON mapping): a member that is there twice, whatever
// its depth, or is spelled in other letters, or isn't known, makes two readers
// see two documents under one signature. encoding/json takes them all.
type shape struct {
	// members are the members of an object; nil means any.
	members map[string]*shape
	// open lets an object have members that aren't known, so long as they don't
	// look like one that is.
	open bool
	// elem is the shape of an array's elements.
	elem *shape
	kind shapeKind
}

type shapeKind int

const (
	anyValue shapeKind = iota
	textValue
	objectValue
	arrayValue
)

var (
	text      = &shape{kind: textValue}
	anyObject = &shape{kind: objectValue}
)

func object(members map[string]*shape) *shape { return &shape{kind: objectValue, members: members} }
func list(elem *shape) *shape                 { return &shape{kind: arrayValue, elem: elem} }

// statementShape is an in-toto statement (in-toto attestation framework,
// spec/v1/statement.md and resource_descriptor.md).
var statementShape = object(map[string]*shape{
	"_type":         text,
	"predicateType": text,
	"predicate":     anyObject,
	"subject": list(object(map[string]*shape{
		"name": text, "uri": text, "digest": anyObject, "content": text,
		"downloadLocation": text, "mediaType": text, "annotations": anyObject,
	})),
})

// bundleShape is a sigstore bundle (sigstore protobuf-specs,
// sigstore_bundle.proto and envelope.proto).
var bundleShape = object(map[string]*shape{
	"mediaType": text,
	"verificationMaterial": object(map[string]*shape{
		"publicKey":            object(map[string]*shape{"hint": text}),
		"x509CertificateChain": anyObject, "certificate": anyObject,
		"tlogEntries": list(anyObject), "timestampVerificationData": anyObject,
	}),
	"dsseEnvelope": object(map[string]*shape{
		"payload": text, "payloadType": text,
		"signatures": list(object(map[string]*shape{"sig": text, "keyid": text})),
	}),
})

// simpleShape is a simple-signing payload.
var simpleShape = &shape{kind: objectValue, open: true, members: map[string]*shape{
	"critical": {kind: objectValue, open: true, members: map[string]*shape{
		"identity": {kind: objectValue, open: true, members: map[string]*shape{"docker-reference": text}},
		"image":    {kind: objectValue, open: true, members: map[string]*shape{"docker-manifest-digest": text}},
		"type":     text,
	}},
	"optional": anyObject,
}}

// maxDepth bounds how deep values may lie within values.
const maxDepth = 1000

// unmarshal is json.Unmarshal for a document of one shape and no other.
func unmarshal(raw []byte, s *shape, v any) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := s.check(dec, 0); err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("unexpected end")
		}
		return err
	}
	return json.Unmarshal(raw, v)
}

// check reads one value.
func (s *shape) check(dec *json.Decoder, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("limit exceeded: more than %d levels", maxDepth)
	}
	token, err := dec.Token()
	if err != nil {
		return err
	}
	switch token := token.(type) {
	case nil:
		return nil // as good as absent; what must be there is checked later
	case string:
		return s.want(textValue)
	case json.Delim:
		if token == '[' {
			return s.array(dec, depth)
		}
		return s.object(dec, depth)
	}
	return s.want(anyValue)
}

// want checks the kind of a value.
func (s *shape) want(k shapeKind) error {
	if s.kind != anyValue && s.kind != k {
		return fmt.Errorf("unexpected %s", [...]string{"value", "string", "object", "array"}[k])
	}
	return nil
}

func (s *shape) array(dec *json.Decoder, depth int) error {
	if err := s.want(arrayValue); err != nil {
		return err
	}
	elem := s.elem
	if elem == nil {
		elem = &shape{}
	}
	for dec.More() {
		if err := elem.check(dec, depth+1); err != nil {
			return err
		}
	}
	_, err := dec.Token()
	return err
}

func (s *shape) object(dec *json.Decoder, depth int) error {
	if err := s.want(objectValue); err != nil {
		return err
	}
	seen := map[string]bool{}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return err
		}
		key, ok := token.(string)
		switch {
		case !ok:
			return fmt.Errorf("member %v has no name", token)
		case seen[key]:
			return fmt.Errorf("duplicate member %.80q", key)
		}
		seen[key] = true
		member, err := s.member(key)
		if err != nil {
			return err
		}
		if err := member.check(dec, depth+1); err != nil {
			return fmt.Errorf("member %.80q: %w", key, err)
		}
	}
	_, err := dec.Token()
	return err
}

// member returns the shape of a member.
func (s *shape) member(key string) (*shape, error) {
	if s.members == nil {
		return &shape{}, nil
	}
	if m := s.members[key]; m != nil {
		return m, nil
	}
	for known := range s.members {
		if strings.EqualFold(known, key) {
			return nil, fmt.Errorf("member %.80q must be spelled %q", key, known)
		}
	}
	if !s.open {
		return nil, fmt.Errorf("unknown member %.80q", key)
	}
	return &shape{}, nil
}
