package configure

import (
	"crypto/sha1" //nolint:gosec // OpenSSL names certificates so; nothing relies on it
	"crypto/x509"
	"encoding/asn1"
	"encoding/binary"
	"fmt"
	"strings"
)

// subjectHash is OpenSSL's X509_NAME_hash: the first four bytes, the last one
// first, of the SHA-1 of the subject in its canonical form
// (crypto/x509/x_name.c): each value as UTF-8 in lower case, blanks at the ends
// removed and others one; without the outer sequence.
func subjectHash(der []byte) (string, error) {
	cert, err := x509.ParseCertificate(der)
	var raw []byte
	if err == nil {
		raw = cert.RawSubject
	} else if raw, err = subjectOf(der); err != nil {
		return "", err
	}
	var name []asn1.RawValue
	if _, err := asn1.Unmarshal(raw, &name); err != nil {
		return "", err
	}
	var canonical []byte
	for _, set := range name {
		out, err := canonicalSet(set.Bytes)
		if err != nil {
			return "", err
		}
		canonical = append(canonical, out...)
	}
	sum := sha1.Sum(canonical) //nolint:gosec // as OpenSSL has it
	return fmt.Sprintf("%08x", binary.LittleEndian.Uint32(sum[:])), nil
}

// subjectOf finds the subject of a certificate that Go refuses, such as one
// with a negative serial number.
func subjectOf(der []byte) ([]byte, error) {
	var cert struct {
		TBS struct {
			Version      int `asn1:"optional,explicit,default:0,tag:0"`
			SerialNumber asn1.RawValue
			Algorithm    asn1.RawValue
			Issuer       asn1.RawValue
			Validity     asn1.RawValue
			Subject      asn1.RawValue
			Key          asn1.RawValue
			Rest         []asn1.RawValue `asn1:"optional"`
		}
		Algorithm asn1.RawValue
		Signature asn1.BitString
	}
	if _, err := asn1.Unmarshal(der, &cert); err != nil {
		return nil, err
	}
	return cert.TBS.Subject.FullBytes, nil
}

// canonicalSet encodes a relative distinguished name canonically.
func canonicalSet(der []byte) ([]byte, error) {
	var out []byte
	for len(der) > 0 {
		var pair struct {
			Type  asn1.ObjectIdentifier
			Value asn1.RawValue
		}
		rest, err := asn1.Unmarshal(der, &pair)
		if err != nil {
			return nil, err
		}
		der = rest
		text, ok := plainText(pair.Value)
		if ok {
			pair.Value = asn1.RawValue{Tag: asn1.TagUTF8String, Bytes: []byte(canonicalText(text))}
		}
		one, err := asn1.Marshal(pair)
		if err != nil {
			return nil, err
		}
		out = append(out, one...)
	}
	return asn1.Marshal(asn1.RawValue{Tag: asn1.TagSet, IsCompound: true, Bytes: out})
}

func plainText(v asn1.RawValue) (string, bool) {
	switch v.Tag {
	case asn1.TagUTF8String, asn1.TagPrintableString, asn1.TagIA5String:
		return string(v.Bytes), true
	case asn1.TagT61String: // OpenSSL takes it for Latin-1
		r := make([]rune, len(v.Bytes))
		for i, b := range v.Bytes {
			r[i] = rune(b)
		}
		return string(r), true
	case asn1.TagBMPString:
		var r []rune
		for i := 0; i+1 < len(v.Bytes); i += 2 {
			r = append(r, rune(v.Bytes[i])<<8|rune(v.Bytes[i+1]))
		}
		return string(r), true
	}
	return "", false
}

// canonicalText lowers ASCII letters alone, and folds blanks.
func canonicalText(text string) string {
	words := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r >= '\t' && r <= '\r' })
	b := []byte(strings.Join(words, " "))
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
