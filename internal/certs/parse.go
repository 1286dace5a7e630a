package certs

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// maxCertificates bounds how many certificates a file may have.
const maxCertificates = 1000

// Certificate is one of an authority.
type Certificate struct {
	// DER is its bytes, PEM the block that holds them.
	DER, PEM []byte
	// Hash is that of its subject; see [SubjectHash].
	Hash string
	// IsCA says that it may sign others.
	IsCA bool
	// Subject names it, for messages.
	Subject string
}

// ErrKey reports a private key among certificates.
var ErrKey = errors.New("it holds a private key")

// Parse reads the certificates in PEM (RFC 7468); texts between them are passed
// over. A file without any is an error, and so are private keys and whatever else
// is in blocks.
func Parse(data []byte) ([]Certificate, error) {
	var list []Certificate
	for {
		block, rest := pem.Decode(data)
		if block == nil {
			break
		}
		data = rest
		switch {
		case strings.Contains(block.Type, "PRIVATE KEY"):
			return nil, ErrKey
		case block.Type != "CERTIFICATE" && block.Type != "X509 CERTIFICATE":
			return nil, fmt.Errorf("it holds %q in the place of a certificate", block.Type)
		case len(list) == maxCertificates:
			return nil, fmt.Errorf("it has more than %d certificates", maxCertificates)
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("reading certificate %d: %w", len(list)+1, err)
		}
		hash, err := SubjectHash(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("reading certificate %d: %w", len(list)+1, err)
		}
		list = append(list, Certificate{
			DER: block.Bytes, PEM: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: block.Bytes}),
			Hash: hash, IsCA: cert.IsCA, Subject: cert.Subject.String(),
		})
	}
	if len(list) == 0 {
		if _, err := x509.ParseCertificate(data); err == nil {
			return nil, errors.New("it is a certificate in DER; this needs PEM, which openssl x509 -inform der writes")
		}
		return nil, errors.New("it has no certificate in PEM")
	}
	return list, nil
}

// Append returns a bundle with those of the certificates at its end that it lacks.
func Append(bundle []byte, list []Certificate) []byte {
	known := map[string]bool{}
	for rest := bundle; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		known[string(block.Bytes)] = true
	}
	out := append(make([]byte, 0, len(bundle)+4096), bundle...)
	if len(out) > 0 && out[len(out)-1] != '\n' {
		out = append(out, '\n')
	}
	for _, c := range list {
		if !known[string(c.DER)] {
			known[string(c.DER)] = true
			out = append(out, c.PEM...)
		}
	}
	return out
}
