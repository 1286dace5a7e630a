package index

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"hash"
	"strings"
)

// Hashes are hex digits in lower case by algorithm, "" where there is none.
// Others than these prove nothing and are left out. It is a struct because a
// map takes several times the memory, and large projects have thousands of
// files.
type Hashes struct {
	SHA256 string
	SHA384 string
	SHA512 string
}

// hashField is one of the hashes with what computes it.
type hashField struct {
	name   string
	digits *string
	make   func() hash.Hash
	size   int // bytes
}

// fields are the hashes in a fixed order.
func (h *Hashes) fields() [3]hashField {
	return [...]hashField{
		{"sha256", &h.SHA256, sha256.New, sha256.Size},
		{"sha384", &h.SHA384, sha512.New384, sha512.Size384},
		{"sha512", &h.SHA512, sha512.New, sha512.Size},
	}
}

// Of returns the digits of an algorithm by its name, "" where there are none.
func (h Hashes) Of(algorithm string) string {
	for _, f := range h.fields() {
		if f.name == algorithm {
			return *f.digits
		}
	}
	return ""
}

// clean drops the digests that can't be what they are said to be.
func (h *Hashes) clean() {
	for _, f := range h.fields() {
		b, err := hex.DecodeString(*f.digits)
		if err != nil || len(b) != f.size {
			*f.digits = ""
		}
		*f.digits = strings.ToLower(*f.digits)
	}
}

// String returns the hashes as text, in a fixed order.
func (h Hashes) String() string {
	var b strings.Builder
	for _, f := range h.fields() {
		if *f.digits != "" {
			b.WriteString(f.name + "=" + *f.digits + " ")
		}
	}
	return b.String()
}

// check holds content to the hashes, which are clean.
func (h Hashes) check(b []byte) error {
	for _, f := range h.fields() {
		if *f.digits == "" {
			continue
		}
		sum := f.make()
		sum.Write(b)
		if got := hex.EncodeToString(sum.Sum(nil)); got != *f.digits {
			return contentError("its %s is %s, the index says %s", f.name, got, *f.digits)
		}
	}
	return nil
}
