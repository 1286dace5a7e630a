package debtest

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/clearsign"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// Date is when the archives of tests are made, unless they say otherwise.
var Date = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// NewKey makes a key to sign with.
func NewKey(t testing.TB) *openpgp.Entity {
	t.Helper()
	key, err := openpgp.NewEntity("Archive", "", "archive@example.org", &packet.Config{
		Algorithm: packet.PubKeyAlgoEdDSA, Time: func() time.Time { return Date.AddDate(-1, 0, 0) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// Keyring returns the public parts of keys, in binary.
func Keyring(t testing.TB, keys ...*openpgp.Entity) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, key := range keys {
		if err := key.Serialize(&b); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

// Armored returns the public parts of keys with armor around them.
func Armored(t testing.TB, keys ...*openpgp.Entity) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := armor.Encode(&b, openpgp.PublicKeyType, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(Keyring(t, keys...)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	b.WriteString("\n")
	return b.Bytes()
}

// ClearSign signs a text within itself, by one key or several.
func ClearSign(t testing.TB, text []byte, at time.Time, keys ...*openpgp.Entity) []byte {
	t.Helper()
	var b bytes.Buffer
	private := make([]*packet.PrivateKey, 0, len(keys))
	for _, key := range keys {
		private = append(private, key.PrivateKey)
	}
	w, err := clearsign.EncodeMulti(&b, private, &packet.Config{Time: func() time.Time { return at }})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	b.WriteString("\n")
	return b.Bytes()
}

// Detached returns the armored signature of a text.
func Detached(t testing.TB, text []byte, at time.Time, key *openpgp.Entity) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := openpgp.ArmoredDetachSign(&b, key, bytes.NewReader(text), &packet.Config{Time: func() time.Time { return at }}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Archive is an archive in a directory, with one suite.
type Archive struct {
	Dir   string
	Suite string
	// Lists are the texts of Packages, by component ("main") and architecture:
	// "main/arm64".
	Lists map[string]string
	// Forms are the endings of the lists' files: "", ".gz", ".xz"; nil means all.
	Forms []string
	// Header is put before the fields of Release that [Archive.Write] makes.
	Header string
	// Date is when Release is made; zero means [Date].
	Date time.Time
	// ByHash puts the lists under their digests alone.
	ByHash bool
	// Detached makes Release and Release.gpg rather than InRelease.
	Detached bool
	// Change is given Release's text before it is signed, if it isn't nil.
	Change func(string) string
}

// Write writes the archive, signed by a key.
func (a *Archive) Write(t testing.TB, keys ...*openpgp.Entity) {
	t.Helper()
	if a.Date.IsZero() {
		a.Date = Date
	}
	if a.Forms == nil {
		a.Forms = []string{"", ".gz", ".xz"}
	}
	dir := filepath.Join(a.Dir, "dists", a.Suite)
	var sums strings.Builder
	components := map[string]bool{}
	for _, list := range slices.Sorted(maps.Keys(a.Lists)) {
		component, arch, _ := strings.Cut(list, "/")
		components[component] = true
		for _, ext := range []string{"", ".gz", ".xz"} {
			data := pack(t, a.Lists[list], ext)
			name := component + "/binary-" + arch + "/Packages" + ext
			sum := fmt.Sprintf("%x", sha256.Sum256(data))
			if ext == "" || slices.Contains(a.Forms, ext) {
				fmt.Fprintf(&sums, " %s %d %s\n", sum, len(data), name)
			}
			file := filepath.Join(dir, filepath.FromSlash(name))
			if a.ByHash {
				file = filepath.Join(filepath.Dir(file), "by-hash", "SHA256", sum)
			}
			if slices.Contains(a.Forms, ext) {
				Write(t, file, data)
			}
		}
	}
	text := a.Header
	if a.ByHash {
		text += "Acquire-By-Hash: yes\n"
	}
	text += fmt.Sprintf("Codename: %s\nDate: %s\nComponents: %s\nSHA256:\n%s", a.Suite, a.Date.Format(time.RFC1123), strings.Join(slices.Sorted(maps.Keys(components)), " "), sums.String())
	if a.Change != nil {
		text = a.Change(text)
	}
	if a.Detached {
		Write(t, filepath.Join(dir, "Release"), []byte(text))
		Write(t, filepath.Join(dir, "Release.gpg"), Detached(t, []byte(text), a.Date, keys[0]))
		return
	}
	Write(t, filepath.Join(dir, "InRelease"), ClearSign(t, []byte(text), a.Date, keys...))
}

// Write writes a file, and the directories that it is in.
func Write(t testing.TB, name string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func pack(t testing.TB, text, ext string) []byte {
	t.Helper()
	switch ext {
	case "":
		return []byte(text)
	case ".xz":
		return Xz([]byte(text))
	}
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// AddDebs puts packages into the archive's pool and its lists, of the component
// main. The archive is to be written after that.
func (a *Archive) AddDebs(t testing.TB, debs ...Deb) {
	t.Helper()
	if a.Lists == nil {
		a.Lists = map[string]string{"main/arm64": ""}
	}
	for _, d := range debs {
		data := d.Bytes(t)
		name := fmt.Sprintf("pool/main/%s_%s_%s.deb", d.Name, strings.ReplaceAll(d.version(), ":", "%3a"), d.arch())
		Write(t, filepath.Join(a.Dir, filepath.FromSlash(name)), data)
		arch := d.arch()
		if arch == "all" {
			arch = "arm64"
		}
		a.Lists["main/"+arch] += fmt.Sprintf("Package: %s\nVersion: %s\nArchitecture: %s\n%sFilename: %s\nSize: %d\nSHA256: %x\n\n",
			d.Name, d.version(), d.arch(), d.Fields, name, len(data), sha256.Sum256(data))
	}
}
