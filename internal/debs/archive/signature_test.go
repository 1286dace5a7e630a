package archive_test

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"

	"github.com/assemble-image/assemble/internal/debs/archive"
	"github.com/assemble-image/assemble/internal/debs/debtest"
)

var now = debtest.Date.Add(time.Hour)

func TestVerifyInline(t *testing.T) {
	key, other := debtest.NewKey(t), debtest.NewKey(t)
	keys, err := archive.ParseKeys(debtest.Keyring(t, key))
	if err != nil {
		t.Fatal(err)
	}
	text := "Suite: a\n- dashed\nFrom x\n"
	good := string(debtest.ClearSign(t, []byte(text), debtest.Date, key))
	got, err := archive.VerifyInline([]byte(good), keys, now)
	if err != nil || string(got) != text {
		t.Fatalf("got %q, %v", got, err)
	}
	both := debtest.ClearSign(t, []byte(text), debtest.Date, other, key)
	if _, err := archive.VerifyInline(both, keys, now); err != nil {
		t.Errorf("the second signature is good, but: %v", err)
	}
	for name, tt := range map[string]struct{ data, want string }{
		"another key":      {string(debtest.ClearSign(t, []byte(text), debtest.Date, other)), "no trusted key"},
		"changed":          {strings.Replace(good, "Suite: a", "Suite: b", 1), "no trusted key"},
		"before":           {"Suite: x\n\n" + good, "doesn't begin"},
		"empty line first": {"\n" + good, "doesn't begin"},
		"after":            {good + "Suite: x\n", "something follows"},
		"twice":            {good + good, "several"},
		"unsigned":         {text, "doesn't begin"},
		"empty":            {"", "doesn't begin"},
		"cut":              {good[:len(good)-40], "it is no whole signed message"},
		"no signature":     {good[:strings.Index(good, "-----BEGIN PGP SIGNATURE")], "no whole"},
		"within": {
			strings.Replace(good, "-----BEGIN PGP SIGNATURE", "Suite: z\n-----BEGIN PGP SIGNATURE", 1), "no trusted key",
		},
		"headers": {strings.Replace(good, "Hash: ", "Suite: x\nHash: ", 1), ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := archive.VerifyInline([]byte(tt.data), keys, now)
			if err == nil && tt.want == "" && string(got) == text {
				return // armor headers are not part of the text
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || got != nil {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

func TestVerifyDetached(t *testing.T) {
	key, other := debtest.NewKey(t), debtest.NewKey(t)
	keys := openpgp.EntityList{key}
	text := []byte("Suite: a\n")
	signature := debtest.Detached(t, text, debtest.Date, key)
	if err := archive.VerifyDetached(text, signature, keys, now); err != nil {
		t.Error(err)
	}
	for name, err := range map[string]error{
		"text":      archive.VerifyDetached([]byte("Suite: b\n"), signature, keys, now),
		"key":       archive.VerifyDetached(text, debtest.Detached(t, text, debtest.Date, other), keys, now),
		"future":    archive.VerifyDetached(text, signature, keys, debtest.Date.Add(-time.Hour)),
		"rubbish":   archive.VerifyDetached(text, []byte("rubbish"), keys, now),
		"empty":     archive.VerifyDetached(text, nil, keys, now),
		"a keyring": archive.VerifyDetached(text, debtest.Armored(t, key), keys, now),
		"no keys":   archive.VerifyDetached(text, signature, nil, now),
	} {
		if err == nil {
			t.Errorf("%s: not refused", name)
		}
	}
}

func TestKeyring(t *testing.T) {
	a, b, c := debtest.NewKey(t), debtest.NewKey(t), debtest.NewKey(t)
	print := func(key *openpgp.Entity) string { return strings.ToUpper(fingerprint(key)) }
	root := fstest.MapFS{
		"usr/share/keyrings/a.gpg":        {Data: debtest.Keyring(t, a)},
		"usr/share/keyrings/ab.asc":       {Data: append(debtest.Armored(t, a), debtest.Armored(t, b)...)},
		"etc/apt/trusted.gpg.d/b.asc":     {Data: debtest.Armored(t, b)},
		"etc/apt/trusted.gpg.d/c.gpg":     {Data: debtest.Keyring(t, c)},
		"etc/apt/trusted.gpg.d/readme":    {Data: []byte("rubbish")},
		"usr/share/keyrings/rubbish.gpg":  {Data: []byte("rubbish")},
		"usr/share/keyrings/noblocks.asc": {Data: []byte("-----BEGIN PGP PUBLIC KEY BLOCK-----\nx")},
	}
	for name, tt := range map[string]struct {
		source archive.Source
		want   []*openpgp.Entity
	}{
		"named":             {archive.Source{SignedBy: []string{"/usr/share/keyrings/a.gpg"}}, []*openpgp.Entity{a}},
		"several, armored":  {archive.Source{SignedBy: []string{"/usr/share/keyrings/ab.asc"}}, []*openpgp.Entity{a, b}},
		"trusted":           {archive.Source{}, []*openpgp.Entity{b, c}},
		"fingerprint":       {archive.Source{SignedBy: []string{print(c)}}, []*openpgp.Entity{c}},
		"exact":             {archive.Source{SignedBy: []string{print(c) + "!"}}, []*openpgp.Entity{c}},
		"inline":            {archive.Source{Keys: debtest.Armored(t, a)}, []*openpgp.Entity{a}},
		"unknown print":     {archive.Source{SignedBy: []string{print(a)}}, nil},
		"missing":           {archive.Source{SignedBy: []string{"/usr/share/keyrings/none.gpg"}}, nil},
		"rubbish":           {archive.Source{SignedBy: []string{"/usr/share/keyrings/rubbish.gpg"}}, nil},
		"armor without end": {archive.Source{SignedBy: []string{"/usr/share/keyrings/noblocks.asc"}}, nil},
		"escape":            {archive.Source{SignedBy: []string{"/../../../usr/share/keyrings/none.gpg"}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			keys, err := archive.Keyring(root, &tt.source)
			if (err == nil) != (tt.want != nil) || len(keys) != len(tt.want) {
				t.Fatalf("got %d keys, %v", len(keys), err)
			}
			for i, key := range keys {
				if fingerprint(key) != fingerprint(tt.want[i]) {
					t.Errorf("key %d is another one", i)
				}
			}
		})
	}
	if _, err := archive.Keyring(fstest.MapFS{}, &archive.Source{}); !errors.Is(err, archive.ErrNoKeys) {
		t.Errorf("got %v", err)
	}
	var private bytes.Buffer
	if err := a.SerializePrivate(&private, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := archive.ParseKeys(private.Bytes()); err == nil || !strings.Contains(err.Error(), "private key") {
		t.Errorf("a private key: %v", err)
	}
}

func fingerprint(key *openpgp.Entity) string {
	return strings.ToLower(hexOf(key.PrimaryKey.Fingerprint))
}

func hexOf(b []byte) string {
	const digits = "0123456789abcdef"
	var out strings.Builder
	for _, c := range b {
		out.WriteByte(digits[c>>4])
		out.WriteByte(digits[c&15])
	}
	return out.String()
}

// Debian's own Release, signed by Debian's own keys, where this machine has
// both.
func TestDebian(t *testing.T) {
	ring, err := os.ReadFile("/usr/share/keyrings/debian-archive-keyring.gpg")
	if err != nil {
		t.Skip("skipped: no keyring of Debian's")
	}
	keys, err := archive.ParseKeys(ring)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 27, 0, 0, 0, 0, time.UTC)
	for _, name := range []string{"bookworm", "bookworm-updates", "bookworm-security"} {
		data, err := os.ReadFile(debtest.Vector(t, "lists/InRelease-"+name))
		if err != nil {
			t.Fatal(err)
		}
		text, err := archive.VerifyInline(data, keys, at)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		r, err := archive.ParseRelease(text)
		if err != nil || r.Codename != name || r.Date.IsZero() || len(r.Files) < 10 || !r.ByHash {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
		data[len(data)/2] ^= 1
		if _, err := archive.VerifyInline(data, keys, at); !errors.Is(err, archive.ErrSignature) {
			t.Errorf("%s, changed: %v", name, err)
		}
	}
}

// No text comes out that the key hasn't signed, whatever is around it.
func FuzzVerifyInline(f *testing.F) {
	key := debtest.NewKey(f)
	keys := openpgp.EntityList{key}
	text := []byte("Suite: a\nSHA256:\n x\n")
	f.Add(debtest.ClearSign(f, text, debtest.Date, key))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := archive.VerifyInline(data, keys, now)
		if err == nil && strings.TrimRight(string(got), " \t\r\n") != strings.TrimRight(string(text), "\n") {
			t.Fatalf("%q was never signed", got)
		}
	})
}

func FuzzRelease(f *testing.F) {
	f.Add([]byte("Suite: a\nDate: Sat, 11 Jul 2026 10:16:37 UTC\nSHA256:\n " + strings.Repeat("0", 64) + " 1 main/binary-arm64/Packages.xz\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := archive.ParseRelease(data)
		if err != nil {
			return
		}
		if r.Date.IsZero() && r.Files == nil {
			t.Fatal("an empty Release")
		}
		for name, file := range r.Files {
			if name == "" || len(file.SHA256) != 64 || file.Size < 0 {
				t.Fatalf("%q: %+v", name, file)
			}
		}
	})
}
