package certs_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/assemble-image/assemble/internal/certs"
)

func authority(t testing.TB, name string) []byte {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Unix(1<<32, 0), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func TestParse(t *testing.T) {
	one, two := authority(t, "Corp  Root"), authority(t, "corp root")
	list, err := certs.Parse(append([]byte("Subject: x\n"), append(bytes.Clone(one), two...)...))
	if err != nil || len(list) != 2 || !bytes.Equal(list[1].PEM, two) {
		t.Fatalf("%d certificates, %v", len(list), err)
	}
	// OpenSSL's hash knows neither case nor how many blanks there are.
	if list[0].Hash != list[1].Hash || len(list[0].Hash) != 8 || !list[0].IsCA {
		t.Errorf("%q and %q", list[0].Hash, list[1].Hash)
	}
	der, _ := pem.Decode(one)
	for text, want := range map[string]string{
		"":                "no certificate in PEM",
		"text":            "no certificate in PEM",
		string(der.Bytes): "in DER",
		string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der.Bytes})): `"CERTIFICATE REQUEST"`,
		string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")})):       "certificate 1",
		strings.Repeat(string(one), 1001):                                                     "more than 1000",
	} {
		if _, err := certs.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v", text, err)
		}
	}
	key := pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: []byte("secret")})
	if _, err := certs.Parse(append(bytes.Clone(one), key...)); !errors.Is(err, certs.ErrKey) {
		t.Error(err)
	}
}

func TestAppend(t *testing.T) {
	one, two := authority(t, "a"), authority(t, "b")
	list, err := certs.Parse(append(bytes.Clone(one), two...))
	if err != nil {
		t.Fatal(err)
	}
	bundle := append([]byte("# first\n"), bytes.TrimSuffix(one, []byte("\n"))...)
	got := certs.Append(bundle, append(list, list[1]))
	if want := "# first\n" + string(one) + string(two); string(got) != want {
		t.Errorf("%s", got)
	}
	if again := certs.Append(got, list); !bytes.Equal(again, got) {
		t.Error("twice isn't once")
	}
}

func FuzzParse(f *testing.F) {
	f.Add(authority(f, "a"))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := certs.Parse(data)
		if (err == nil) != (len(list) > 0) {
			t.Errorf("%d certificates, %v", len(list), err)
		}
		if err != nil {
			return
		}
		again, err := certs.Parse(certs.Append(nil, list))
		if err != nil || len(again) > len(list) {
			t.Errorf("%d of %d, %v", len(again), len(list), err)
		}
	})
}
