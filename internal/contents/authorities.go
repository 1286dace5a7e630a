package contents

import (
	"crypto/sha256"
	"fmt"
	"path"
	"strings"

	"github.com/assemble-image/assemble/internal/certs"
	"github.com/assemble-image/assemble/layers"
)

// bundles are where systems keep the certificates that they trust in one file, and
// where they want the files that it is made of.
var bundles = []struct{ file, sources, suffix string }{
	{"/etc/ssl/certs/ca-certificates.crt", "/usr/local/share/ca-certificates", ".crt"},                // Debian, Alpine
	{"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/pki/ca-trust/source/anchors", ".pem"}, // Fedora and its kin
	{"/var/lib/ca-certificates/ca-bundle.pem", "/etc/pki/trust/anchors", ".pem"},                      // SUSE
}

// sslCerts is where OpenSSL looks certificates up by the hash of their subject.
const sslCerts = "/etc/ssl/certs"

// authorities puts the certificates where the system's own program would, which
// then finds nothing to do: each in a file of its own, in the bundle, and on Debian
// under the name and the hash by which OpenSSL finds it (update-ca-certificates(8),
// openssl-rehash(1)).
func (b *settingsLayer) authorities() error {
	list := make([]certs.Certificate, 0, len(b.Authorities))
	for _, a := range b.Authorities {
		list = append(list, a.Certificate)
		b.names = append(b.names, "authority "+a.Name)
	}
	for _, known := range bundles {
		f, ok := b.find(known.file)
		if !ok {
			continue
		}
		data, err := b.read(f)
		if err != nil {
			return fmt.Errorf("ca_certificates: reading the base's %q: %w", known.file, err)
		}
		b.add(f.Path, certs.Append(data, list), "")
		for _, a := range b.Authorities {
			source := known.sources + "/" + a.Name + known.suffix
			b.add(source, a.PEM, "")
			if strings.HasPrefix(known.file, sslCerts+"/") {
				b.hashLinks(a, source)
			}
		}
		return nil
	}
	return fmt.Errorf("ca_certificates: %w", ErrNoBundle)
}

// hashLinks are the links to a certificate in OpenSSL's directory.
func (b *settingsLayer) hashLinks(a Authority, source string) {
	name := a.Name + ".pem"
	b.add(sslCerts+"/"+name, nil, source)
	for n := 0; ; n++ {
		link := fmt.Sprintf("%s/%s.%d", sslCerts, a.Hash, n)
		if _, taken := b.find(link); taken || b.has(link) {
			continue
		}
		b.add(link, nil, name)
		return
	}
}

// has reports whether the layer has a path already.
func (b *settingsLayer) has(p string) bool {
	at := relative(b.on.inReal(p))
	for _, e := range b.entries {
		if e.Path == at {
			return true
		}
	}
	return false
}

// certifiBundle is where certifi has its bundle, below site-packages.
const certifiBundle = "certifi/cacert.pem"

// certifi adds the certificates to certifi's bundle: that of the wheel, which is
// read when the layer is packed, or else the base's.
func (b *settingsLayer) certifi() error {
	list := make([]certs.Certificate, 0, len(b.Authorities))
	sums := make([]string, 0, len(b.Authorities))
	for _, a := range b.Authorities {
		sum := sha256.Sum256(a.DER)
		list, sums = append(list, a.Certificate), append(sums, string(sum[:]))
	}
	b.names = append(b.names, "certifi")
	if set := b.Wheels(); set != nil {
		for i, w := range set.Wheels {
			if w.Pin.Normalized != "certifi" {
				continue
			}
			b.late = append(append(b.late, "certifi", w.Source.Digest()), sums...)
			b.lazy = append(b.lazy, func() (layers.Entry, error) {
				entries, err := set.Entries(i)
				if err != nil {
					return layers.Entry{}, err
				}
				return withAuthorities(entries, list)
			})
			return nil
		}
	}
	for _, dir := range b.on.Target.Facts.Python.Paths {
		f, ok := b.find(path.Join(dir, certifiBundle))
		if !ok {
			continue
		}
		data, err := b.read(f)
		if err != nil {
			return fmt.Errorf("certifi: reading the base's %q: %w", f.Path, err)
		}
		b.add(f.Path, certs.Append(data, list), "")
		return nil
	}
	return fmt.Errorf("certifi: %w", ErrNoCertifi)
}
