package sign

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"
	"testing"

	"github.com/secure-systems-lab/go-securesystemslib/encrypted"
)

func TestGenerateAndLoad(t *testing.T) {
	for _, password := range []string{"", "correct horse"} {
		private, public, err := GenerateKey([]byte(password))
		if err != nil {
			t.Fatal(err)
		}
		if !NeedsPassword(private) || NeedsPassword(public) {
			t.Error("only the private key needs a password")
		}
		if !bytes.Contains(private, []byte("BEGIN ENCRYPTED SIGSTORE PRIVATE KEY")) {
			t.Errorf("the private key is a %.40s", private)
		}
		s, err := LoadSigner(private, []byte(password))
		if err != nil {
			t.Fatal(err)
		}
		v, err := LoadVerifier(public)
		if err != nil {
			t.Fatal(err)
		}
		if s.Verifier().Hint() != v.Hint() {
			t.Error("the two halves don't belong together")
		}
		if s, err := LoadSigner(private, []byte("wrong")); !errors.Is(err, ErrPassword) || s != nil {
			t.Errorf("with a wrong password: %v, %v", s, err)
		}
	}
}

func TestLoadOtherKeys(t *testing.T) {
	p256 := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	p384 := must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey := must(rsa.GenerateKey(rand.Reader, 2048))
	sealed, err := encrypted.EncryptWithCustomKDFParameters(must(x509.MarshalPKCS8PrivateKey(p256)), []byte("old"), encrypted.Legacy)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, typ, password string
		der                 []byte
	}{
		{"old cosign", pemCosign, "old", sealed},
		{"P-256 PKCS#8", pemPKCS8, "", must(x509.MarshalPKCS8PrivateKey(p256))},
		{"P-256 SEC 1", pemEC, "", must(x509.MarshalECPrivateKey(p256))},
		{"P-384", pemPKCS8, "", must(x509.MarshalPKCS8PrivateKey(p384))},
		{"Ed25519", pemPKCS8, "", must(x509.MarshalPKCS8PrivateKey(ed))},
		{"RSA PKCS#8", pemPKCS8, "", must(x509.MarshalPKCS8PrivateKey(rsaKey))},
		{"RSA PKCS#1", pemRSA, "", x509.MarshalPKCS1PrivateKey(rsaKey)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := LoadSigner(pem.EncodeToMemory(&pem.Block{Type: tt.typ, Bytes: tt.der}), []byte(tt.password))
			if err != nil {
				t.Fatal(err)
			}
			sig, err := s.sign([]byte("message"))
			if err != nil {
				t.Fatal(err)
			}
			if again, _ := s.sign([]byte("message")); !bytes.Equal(sig, again) {
				t.Error("the same message got two signatures")
			}
			if err := s.Verifier().verify([]byte("message"), sig); err != nil {
				t.Error(err)
			}
			if err := s.Verifier().verify([]byte("massage"), sig); !errors.Is(err, ErrSignature) {
				t.Errorf("another message: %v", err)
			}
		})
	}
}

func TestLoadRefuses(t *testing.T) {
	private, public, err := GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	p224 := must(x509.MarshalPKCS8PrivateKey(must(ecdsa.GenerateKey(elliptic.P224(), rand.Reader))))
	cost := func(n string) []byte {
		block, _ := pem.Decode(private)
		block.Bytes = bytes.Replace(block.Bytes, []byte(`"N":65536`), []byte(`"N":`+n), 1)
		return pem.EncodeToMemory(block)
	}
	for _, tt := range []struct {
		name, want string
		file       []byte
	}{
		{"nothing", "not PEM", nil},
		{"two keys", "more than one", append(bytes.Clone(private), private...)},
		{"a public key", `"PUBLIC KEY" is not a private key`, public},
		{"large", "limit exceeded", make([]byte, maxKeyFile+1)},
		{"costly", "N=1073741824", cost("1073741824")},
		{"odd cost", "N=65537", cost("65537")},
		{"cheap", "N=2 ", cost("2")},
		{"not JSON", "not JSON", pem.EncodeToMemory(&pem.Block{Type: pemSigstore, Bytes: []byte("x")})},
		{"P-224", "P-224", pem.EncodeToMemory(&pem.Block{Type: pemPKCS8, Bytes: p224})},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := LoadSigner(tt.file, nil)
			if s != nil || err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, %v, want an error with %q", s, err, tt.want)
			}
		})
	}
	if v, err := LoadVerifier(private); err == nil || v != nil {
		t.Error("a private key passed for a public one")
	}
}

func FuzzLoadSigner(f *testing.F) {
	private, public, err := GenerateKey(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(public)
	f.Add(bytes.Replace(private, []byte("SIGSTORE"), []byte("X"), 2))
	f.Fuzz(func(t *testing.T, file []byte) {
		if NeedsPassword(file) {
			t.Skip("scrypt takes a tenth of a second")
		}
		if s, err := LoadSigner(file, nil); (s == nil) == (err == nil) {
			t.Errorf("got %v and %v", s, err)
		}
		if v, err := LoadVerifier(file); (v == nil) == (err == nil) {
			t.Errorf("got %v and %v", v, err)
		}
	})
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
