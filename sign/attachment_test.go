package sign

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestAttachmentsAreWhatSignAndAttestMake(t *testing.T) {
	s := testSigner(t)
	predicate := map[string]string{"buildType": "x"}
	for _, tt := range []struct {
		name          string
		a             Attachment
		predicateType string
	}{
		{"signature", Attachment{}, PredicateSignature},
		{"signature", Attachment{Form: FormBundle, PredicateType: PredicateSignature, Annotations: map[string]string{"a": "b"}}, PredicateSignature},
		{"attestation " + PredicateProvenance, Attachment{PredicateType: PredicateProvenance, Predicate: predicate}, PredicateProvenance},
	} {
		if got := tt.a.String(); got != tt.name || tt.a.ArtifactType() != BundleMediaType {
			t.Errorf("it is called %q and has type %q, want %q", got, tt.a.ArtifactType(), tt.name)
		}
		img, err := tt.a.Artifact(s, testSubject)
		if err != nil {
			t.Fatal(err)
		}
		st, err := Verify(s.Verifier(), testSubject.Digest, tt.predicateType, layerBytes(t, img))
		if err != nil {
			t.Fatal(err)
		}
		if tt.predicateType == PredicateProvenance && !bytes.Equal(st.Predicate, []byte(`{"buildType":"x"}`)) {
			t.Errorf("the predicate is %s", st.Predicate)
		}
	}
}

func TestAttachmentsThatContradictThemselves(t *testing.T) {
	s := testSigner(t)
	for want, a := range map[string]Attachment{
		"not kept in an artifact":          {Form: FormLegacy},
		"a signature has no predicate":     {Predicate: 1},
		"only signatures have annotations": {PredicateType: PredicateSPDX, Annotations: map[string]string{"a": "b"}},
		"encoding the predicate":           {PredicateType: PredicateSPDX, Predicate: func() {}},
	} {
		if img, err := a.Artifact(s, testSubject); img != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: got %v, want an error with %q", a, err, want)
		}
	}
	if _, err := (Attachment{Predicate: func() {}}).Key(); err == nil {
		t.Error("a predicate that can't be encoded has a key")
	}
}

func TestAttachmentKeys(t *testing.T) {
	key := func(a Attachment) string {
		t.Helper()
		k, err := a.Key()
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	if key(Attachment{}) != key(Attachment{Form: FormBundle, PredicateType: PredicateSignature}) {
		t.Error("the zero value and what it stands for have different keys")
	}
	seen := map[string]int{}
	for i, a := range []Attachment{
		{},
		{Form: FormLegacy},
		{Annotations: map[string]string{"a": "b"}},
		{Created: time.Unix(1, 0)},
		{PredicateType: PredicateSPDX},
		{PredicateType: PredicateSPDX, Predicate: 1},
		{PredicateType: PredicateCycloneDX, Predicate: 1},
	} {
		if other, ok := seen[key(a)]; ok {
			t.Errorf("attachments %d and %d have one key", other, i)
		}
		seen[key(a)] = i
	}
}
