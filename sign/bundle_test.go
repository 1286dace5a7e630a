package sign

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseBundleRefuses(t *testing.T) {
	const head = `{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json",`
	const envelope = `"dsseEnvelope":{"payload":"e30=","payloadType":"application/vnd.in-toto+json","signatures":`
	for _, tt := range []struct{ name, raw, want string }{
		{"nothing", ``, "unexpected end"},
		{"null", `null`, "media type"},
		{"another media type", `{"mediaType":"text/plain"}`, "media type"},
		{"newer", `{"mediaType":"application/vnd.dev.sigstore.bundle.v0.9+json"}`, "media type"},
		{"message signature", head + `"messageSignature":{}}`, "messageSignature"},
		{"no envelope", head + `"x":1}`, "unknown member"},
		{"envelope is null", head + `"dsseEnvelope":null}`, "no DSSE envelope"},
		{"payload type", head + `"dsseEnvelope":{"payloadType":"text/plain","signatures":[{"sig":""}]}}`, "payload type"},
		{"no signature", head + envelope + `[]}}`, "no signature"},
		{"many signatures", head + envelope + `[` + strings.Repeat(`{},`, 16) + `{}]}}`, "17 signatures"},
		{"large", strings.Repeat(" ", MaxBundle+1), "limit exceeded"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, err := parseBundle([]byte(tt.raw))
			if b != nil || err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, %v, want an error with %q", b, err, tt.want)
			}
		})
	}
}

func TestParseStatement(t *testing.T) {
	const subject = `"subject":[{"name":"app","digest":{"sha256":"00"}}]`
	for _, tt := range []struct {
		name, raw, want string // want "" for a statement that is read
	}{
		{"v0.1", `{"_type":"https://in-toto.io/Statement/v0.1",` + subject + `,"predicateType":"x","predicate":{}}`, ""},
		{"v1", `{"_type":"https://in-toto.io/Statement/v1",` + subject + `,"predicateType":"x"}`, ""},
		{"v2", `{"_type":"https://in-toto.io/Statement/v2",` + subject + `,"predicateType":"x"}`, "type"},
		{"no subject", `{"_type":"https://in-toto.io/Statement/v1","predicateType":"x"}`, "no subject"},
		{"no predicate type", `{"_type":"https://in-toto.io/Statement/v1",` + subject + `}`, "no predicate type"},
		{"many subjects", `{"_type":"https://in-toto.io/Statement/v1","predicateType":"x","subject":[` +
			strings.Repeat(`{},`, maxSubjects) + `{}]}`, "more than"},
		{"not JSON", `{`, "unexpected end"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := parseStatement([]byte(tt.raw))
			switch {
			case tt.want == "" && (err != nil || s == nil):
				t.Errorf("got %v, %v", s, err)
			case tt.want != "" && (s != nil || err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("got %v, %v, want an error with %q", s, err, tt.want)
			}
		})
	}
}

// FuzzParseBundle holds that what is read can be written and read again, and
// that nothing made up ever verifies.
func FuzzParseBundle(f *testing.F) {
	s := testSigner(f)
	img, err := Sign(s, testSubject, Options{})
	if err != nil {
		f.Fatal(err)
	}
	good := layerBytes(f, img)
	f.Add(good)
	f.Add([]byte(`{"mediaType":"application/vnd.dev.sigstore.bundle+json;version=0.1","dsseEnvelope":{"signatures":[null]}}`))
	want, err := parseBundle(good)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		b, err := parseBundle(raw)
		if err != nil {
			if b != nil {
				t.Fatal("a bundle and an error")
			}
			return
		}
		printed, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		again, err := parseBundle(printed)
		if err != nil {
			t.Fatalf("%s: %v", printed, err)
		}
		if diff := cmp.Diff(b, again); diff != "" {
			t.Error(diff)
		}
		st, err := Verify(s.Verifier(), testSubject.Digest, PredicateSignature, raw)
		if err == nil && string(b.Envelope.Payload) != string(want.Envelope.Payload) {
			t.Errorf("a forged statement verifies: %v", st)
		}
	})
}

func FuzzParseStatement(f *testing.F) {
	f.Add([]byte(`{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha256":"00"}}],"predicateType":"x","predicate":[1]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := parseStatement(raw)
		if err != nil {
			if s != nil {
				t.Fatal("a statement and an error")
			}
			return
		}
		printed, err := encode(s)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parseStatement(printed); err != nil {
			t.Errorf("%s: %v", printed, err)
		}
	})
}
