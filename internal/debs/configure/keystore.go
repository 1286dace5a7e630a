package configure

import (
	"crypto/sha1" //nolint:gosec // the format's digest
	"encoding/binary"
	"encoding/pem"
	"errors"
	"maps"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/assemble-image/assemble/internal/debs/shell"
)

const (
	javaCerts   = "/etc/ssl/certs/java/cacerts"
	javaCertJar = "ca-certificates-java.jar"
)

// java does what ca-certificates-java asks of Java: enter certificates into
// the trust store. The lines that it reads are "+" or "-" and a path.
func (s *session) java(c *shell.Call) int {
	password, jar := "changeit", ""
	for i := 0; i+1 < len(c.Args); i++ {
		switch c.Args[i] {
		case "-jar":
			jar = baseOf(c.Args[i+1])
		case "-storepass":
			password = c.Args[i+1]
		}
	}
	if jar != javaCertJar {
		s.warn(Warning{Package: s.current.name, Script: s.script, Command: "java", Consequence: "it is not run, and what it would do is left undone"})
		return 0
	}
	input, err := c.ReadAll(c.Stdin)
	if err != nil {
		return c.Fail("%v", err)
	}
	certs := map[string][]byte{}
	if old, err := s.root.ReadFile(javaCerts, maxDatabase); err == nil {
		if certs, err = parseKeystore(old); err != nil {
			return c.Fail("%s: %v", javaCerts, err)
		}
	}
	for line := range strings.Lines(string(input)) {
		line = strings.TrimSpace(line)
		if len(line) < 2 {
			continue
		}
		alias := "debian:" + strings.ToLower(baseOf(line[1:]))
		if line[0] == '-' {
			delete(certs, alias)
			continue
		}
		data, err := s.root.ReadFile(line[1:], maxScript)
		if err != nil {
			c.Fail("%s: %v", line[1:], err)
			continue
		}
		c.Spend(len(data))
		if block, _ := pem.Decode(data); block != nil {
			certs[alias] = block.Bytes
		}
	}
	if err := s.root.MkdirAll("/etc/ssl/certs/java", 0o755); err == nil {
		err = s.root.WriteFile(javaCerts, encodeKeystore(certs, password), 0o644)
		c.Check(err)
		if err != nil {
			return c.Fail("%v", err)
		}
	}
	return 0
}

const (
	keystoreMagic   = 0xfeedfeed
	keystoreVersion = 2
	trustedCert     = 2
)

var errKeystore = errors.New("it is no keystore of trusted certificates (JKS)")

// encodeKeystore writes Java's format JKS: the certificates by their aliases,
// sorted, with a time of 0; then a digest with the password, which anybody may
// know (sun.security.provider.JavaKeyStore).
func encodeKeystore(certs map[string][]byte, password string) []byte {
	be := binary.BigEndian
	out := be.AppendUint32(nil, keystoreMagic)
	out = be.AppendUint32(out, keystoreVersion)
	out = be.AppendUint32(out, uint32(len(certs)))
	text := func(s string) {
		out = be.AppendUint16(out, uint16(len(s)))
		out = append(out, s...)
	}
	for _, alias := range slices.Sorted(maps.Keys(certs)) {
		out = be.AppendUint32(out, trustedCert)
		text(alias)
		out = be.AppendUint64(out, 0)
		text("X.509")
		out = be.AppendUint32(out, uint32(len(certs[alias])))
		out = append(out, certs[alias]...)
	}
	return append(out, keystoreDigest(out, password)...)
}

func keystoreDigest(data []byte, password string) []byte {
	h := sha1.New() //nolint:gosec // the format's digest
	for _, u := range utf16.Encode([]rune(password)) {
		h.Write([]byte{byte(u >> 8), byte(u)})
	}
	h.Write([]byte("Mighty Aphrodite"))
	h.Write(data)
	return h.Sum(nil)
}

// parseKeystore reads what [encodeKeystore] writes, whatever the password.
func parseKeystore(data []byte) (map[string][]byte, error) {
	certs := map[string][]byte{}
	take := func(n int) []byte {
		if n < 0 || n > len(data) {
			return nil
		}
		p := data[:n]
		data = data[n:]
		return p
	}
	number := func() int {
		if p := take(4); p != nil {
			return int(binary.BigEndian.Uint32(p))
		}
		return -1
	}
	text := func() string {
		if p := take(2); p != nil {
			return string(take(int(binary.BigEndian.Uint16(p))))
		}
		return ""
	}
	if number() != keystoreMagic || number() != keystoreVersion {
		return nil, errKeystore
	}
	for n := number(); n > 0; n-- {
		if number() != trustedCert {
			return nil, errKeystore
		}
		alias := text()
		if take(8) == nil || text() != "X.509" {
			return nil, errKeystore
		}
		cert := take(number())
		if cert == nil {
			return nil, errKeystore
		}
		certs[alias] = cert
	}
	return certs, nil
}
