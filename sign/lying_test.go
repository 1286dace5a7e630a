package sign

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// lie is a statement or bundle that two readers may read differently.
type lie struct {
	name string
	// payload makes the statement, for a subject's hex digest.
	payload func(hex string) string
	// bundle changes the JSON of the bundle around it.
	bundle func(raw string) string
	good   bool
}

const plainStatement = `{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha256":%q}}],` +
	`"predicateType":"https://sigstore.dev/cosign/sign/v1","predicate":{}}`

func lies() []lie {
	other := strings.Repeat("00", 32)
	st := func(old, with string) func(string) string {
		return func(hex string) string {
			return strings.ReplaceAll(strings.Replace(fmt.Sprintf(plainStatement, hex), old, with, 1), "HEX", hex)
		}
	}
	same := st("", "")
	in := func(old, with string) func(string) string {
		return func(raw string) string { return strings.Replace(raw, old, with, 1) }
	}
	subject := `"subject":[{"digest":{"sha256":`
	return []lie{
		{name: "as it is", payload: same, good: true},
		{name: "subject twice", payload: st(`"subject":`, `"subject":[{"digest":{"sha256":"`+other+`"}}],"subject":`)},
		{name: "SUBJECT", payload: st(`"subject":`, `"SUBJECT":`)},
		{name: "subject and Subject", payload: st(subject, `"Subject":[{"digest":{"sha256":"`+other+`"}}],`+subject)},
		{name: "predicateType twice", payload: st(`"predicateType":`, `"predicateType":"https://spdx.dev/Document","predicateType":`)},
		{name: "PredicateType", payload: st(`"predicateType":`, `"PredicateType":`)},
		{name: "_TYPE", payload: st(`"_type":`, `"_TYPE":`)},
		{name: "_type twice", payload: st(`"_type":`, `"_type":"https://in-toto.io/Statement/v1","_type":`)},
		{name: "digest twice", payload: st(`"digest":`, `"digest":{"sha256":"`+other+`"},"digest":`)},
		{name: "Digest", payload: st(`"digest":`, `"Digest":`)},
		{name: "sha256 twice", payload: st(`"sha256":`, `"sha256":"`+other+`","sha256":`)},
		{name: "SHA256", payload: st(`"sha256":`, `"SHA256":`)},
		{name: "name twice", payload: st(`"digest":`, `"name":"a","name":"b","digest":`)},
		{name: "Name", payload: st(`"digest":`, `"Name":"a","digest":`)},
		{name: "annotations twice", payload: st(`"digest":`, `"annotations":{},"annotations":{"a":"b"},"digest":`)},
		{name: "annotation twice", payload: st(`"digest":`, `"annotations":{"a":"b","a":"c"},"digest":`)},
		{name: "annotation in other letters", payload: st(`"digest":`, `"annotations":{"a":"b","A":"c"},"digest":`), good: true},
		{name: "nested annotation twice", payload: st(`"digest":`, `"annotations":{"x":{"a":"b","a":"c"}},"digest":`)},
		{name: "predicate member twice", payload: st(`"predicate":{}`, `"predicate":{"a":1,"a":2}`)},
		{name: "predicate twice", payload: st(`"predicate":{}`, `"predicate":{},"predicate":{}`)},
		{name: "unknown member", payload: st(`"predicate":{}`, `"predicate":{},"extra":1`)},
		{name: "escaped subject", payload: st(`"subject":`, `"\u0073ubject":[],"subject":`)},
		{name: "something after it", payload: func(hex string) string { return same(hex) + "{}" }},
		{name: "white space after it", payload: func(hex string) string { return same(hex) + " \n" }, good: true},
		{name: "digest of upper-case letters", payload: func(hex string) string { return same(strings.ToUpper(hex)) }},
		{name: "subject with null", payload: st(`"subject":[`, `"subject":[null,`)},
		{name: "predicate null", payload: st(`"predicate":{}`, `"predicate":null`), good: true},
		{name: "predicate string", payload: st(`"predicate":{}`, `"predicate":"x"`)},
		{name: "predicate list", payload: st(`"predicate":{}`, `"predicate":[]`)},
		{name: "no predicate", payload: st(`,"predicate":{}`, ``), good: true},
		{name: "second subject", payload: st(`"subject":[`, `"subject":[{"digest":{"sha256":"`+other+`"}},`), good: true},
		{name: "resource descriptor", payload: st(`"digest":`, `"uri":"u","mediaType":"m","downloadLocation":"d","content":"eA==","digest":`), good: true},
		{name: "predicate_type", payload: st(`"predicateType":`, `"predicate_type":`)},

		{name: "bundle: mediaType twice", payload: same, bundle: in(`"mediaType":`, `"mediaType":"x","mediaType":`)},
		{name: "bundle: MediaType", payload: same, bundle: in(`"mediaType":`, `"MediaType":`)},
		{name: "bundle: envelope twice", payload: same, bundle: in(`"dsseEnvelope":`, `"dsseEnvelope":{},"dsseEnvelope":`)},
		{name: "bundle: DsseEnvelope", payload: same, bundle: in(`"dsseEnvelope":`, `"DsseEnvelope":`)},
		{name: "bundle: payload twice", payload: same, bundle: in(`"payload":`, `"payload":"e30=","payload":`)},
		{name: "bundle: Payload", payload: same, bundle: in(`"payload":`, `"Payload":`)},
		{name: "bundle: Sig", payload: same, bundle: in(`"sig":`, `"Sig":`)},
		{name: "bundle: sig twice", payload: same, bundle: in(`"sig":`, `"sig":"AAAA","sig":`)},
		{name: "bundle: payloadType twice", payload: same, bundle: in(`"payloadType":`, `"payloadType":"x","payloadType":`)},
		{name: "bundle: signatures twice", payload: same, bundle: in(`"signatures":`, `"signatures":[],"signatures":`)},
		{name: "bundle: two signatures, bad first", payload: same, bundle: in(`"signatures":[`, `"signatures":[{"sig":"AAAA"},`)},
		{name: "bundle: two signatures, bad last", payload: same, bundle: in(`"signatures":[`, `"signatures":[{"sig":"SIG"},`)},
		{name: "bundle: unknown member", payload: same, bundle: in(`"mediaType":`, `"extra":1,"mediaType":`)},
		{name: "bundle: keyid", payload: same, bundle: in(`"sig":`, `"keyid":"k","sig":`)},
		{name: "bundle: keyid that is the hint", payload: same, bundle: in(`"sig":`, `"keyid":"HINT","sig":`)},
		{name: "bundle: empty keyid", payload: same, bundle: in(`"sig":`, `"keyid":"","sig":`), good: true},
		{name: "bundle: message signature beside", payload: same, bundle: in(`"dsseEnvelope":`, `"messageSignature":{},"dsseEnvelope":`)},
		{name: "bundle: something after it", payload: same, bundle: func(raw string) string { return raw + "{}" }},
		{name: "bundle: no verification material", payload: same, bundle: in(`"verificationMaterial"`, `"x"`)},
		{name: "bundle: material null", payload: same, bundle: func(raw string) string {
			var m map[string]any
			_ = json.Unmarshal([]byte(raw), &m)
			m["verificationMaterial"] = nil
			b, _ := json.Marshal(m)
			return string(b)
		}},
		{name: "bundle: snake case", payload: same, bundle: in(`"dsseEnvelope":`, `"dsse_envelope":`)},
	}
}

// make signs the lie for a subject.
func (l lie) make(t *testing.T, s *Signer, subject v1.Hash) []byte {
	t.Helper()
	raw, err := newBundle(s, []byte(l.payload(subject.Hex)))
	if err != nil {
		t.Fatal(err)
	}
	if l.bundle != nil {
		b := must(parseBundle(raw))
		sig, _ := json.Marshal(b.Envelope.Signatures[0].Sig)
		raw = []byte(strings.NewReplacer(`"SIG"`, string(sig), "HINT", s.verifier.hint).Replace(l.bundle(string(raw))))
	}
	return raw
}

// TestLies is issue 10, item 1.6.
func TestLies(t *testing.T) {
	s := testSigner(t)
	for _, l := range lies() {
		t.Run(l.name, func(t *testing.T) {
			_, err := Verify(s.Verifier(), testSubject.Digest, PredicateSignature, l.make(t, s, testSubject.Digest))
			if (err == nil) != l.good {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestCosignOnLies holds that nothing passes here that cosign refuses.
func TestCosignOnLies(t *testing.T) {
	c := newCosign(t, true)
	s := c.ownKeys(t)
	for _, l := range lies() {
		d, desc := c.push(t, "app")
		raw := l.make(t, s, desc.Digest)
		c.attach(t, d, must(newArtifact(raw, desc, Options{}.manifestAnnotations(PredicateSignature))))
		out, err := c.run(t, "verify", "--key", "our.pub", offline, d.String())
		_, ours := Verify(s.Verifier(), desc.Digest, PredicateSignature, raw)
		switch {
		case err != nil && ours == nil:
			t.Errorf("%s: cosign refuses what is accepted here: %s", l.name, out)
		case err == nil && ours != nil:
			t.Logf("%s: cosign accepts it, we say %v", l.name, ours)
		}
	}
}

// TestAnnotationsOfTheSubject is issue 10, item 1.6: a statement about two
// images says different things of each.
func TestAnnotationsOfTheSubject(t *testing.T) {
	s := testSigner(t)
	hex := testSubject.Digest.Hex
	for _, subjects := range []string{
		`{"digest":{"sha256":"00"},"annotations":{"by":"them"}},{"digest":{"sha256":%q},"annotations":{"by":"us"}}`,
		`{"digest":{"sha256":%q},"annotations":{"by":"us"}},{"digest":{"sha256":"00"},"annotations":{"by":"them"}}`,
		`{"digest":{"sha256":%q}},{"digest":{"sha256":"00"},"annotations":{"by":"them"}}`,
	} {
		raw := must(newBundle(s, []byte(strings.Replace(fmt.Sprintf(plainStatement, hex),
			`{"digest":{"sha256":"`+hex+`"}}`, fmt.Sprintf(subjects, hex), 1))))
		st, err := Verify(s.Verifier(), testSubject.Digest, PredicateSignature, raw)
		if err != nil {
			t.Fatal(err)
		}
		want := ""
		if strings.Contains(subjects, `"us"`) {
			want = "us"
		}
		if got, _ := st.AnnotationsOf(testSubject.Digest)["by"].(string); got != want {
			t.Errorf("%s: got %q", subjects, got)
		}
	}
}

func TestLegacyLies(t *testing.T) {
	s := testSigner(t)
	const good = `{"critical":{"identity":{"docker-reference":"r"},"image":{"docker-manifest-digest":"sha256:HEX"},` +
		`"type":"cosign container image signature"},"optional":{"by":"ci"}}`
	for _, tt := range []struct{ old, with string }{
		{"", ""},
		{`"by":"ci"`, `"by":"ci","By":"x"`},
		{`"type":`, `"more":1,"type":`},
		{`"critical":`, `"Critical":`},
		{`"critical":`, `"critical":{},"critical":`},
		{`"image":`, `"Image":{"docker-manifest-digest":"x"},"image":`},
		{`"docker-manifest-digest":`, `"docker-manifest-digest":"x","docker-manifest-digest":`},
		{`"docker-reference":`, `"Docker-Reference":"x","docker-reference":`},
		{`"by":"ci"`, `"by":"ci","by":"x"`},
	} {
		payload := []byte(strings.ReplaceAll(strings.Replace(good, tt.old, tt.with, 1), "HEX", testSubject.Digest.Hex))
		sig := base64.StdEncoding.EncodeToString(must(s.sign(payload)))
		_, err := VerifyLegacy(s.Verifier(), testSubject.Digest, payload, sig)
		if ok := tt.old == "" || tt.old == `"type":` || strings.Contains(tt.with, `"By"`); (err == nil) != ok {
			t.Errorf("%s: %v", tt.with, err)
		}
	}
}
