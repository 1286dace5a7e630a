package configure

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // OpenSSL names certificates so; nothing relies on it
	"encoding/pem"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/certs"
	"github.com/assemble-image/assemble/internal/debs/root"
	"github.com/assemble-image/assemble/internal/debs/shell"
)

const (
	certsConf  = "/etc/ca-certificates.conf"
	certsDir   = "/usr/share/ca-certificates"
	localCerts = "/usr/local/share/ca-certificates"
	sslCerts   = "/etc/ssl/certs"
	bundleFile = "ca-certificates.crt"
)

// updateCertificates is update-ca-certificates(8): a link NAME.pem for each
// certificate that is enabled, the bundle of them all, and a link HASH.N for
// each as openssl rehash makes it; then the hooks.
func (s *session) updateCertificates(c *shell.Call) int {
	fresh, hooks := false, "/etc/ca-certificates/update.d"
	for i := 0; i < len(c.Args); i++ {
		switch c.Args[i] {
		case "--fresh", "-f":
			fresh = true
		case "--hooksdir":
			if i++; i < len(c.Args) {
				hooks = c.Args[i]
			}
		}
	}
	before := s.linksOf(sslCerts)
	err := s.root.MkdirAll(sslCerts, 0o755)
	if err == nil {
		err = s.certificates(c, fresh)
	}
	if err != nil {
		c.Check(err)
		return c.Fail("%v", err)
	}
	if hooks == "" {
		return 0
	}
	return s.certificateHooks(c, hooks, before)
}

func (s *session) certificates(c *shell.Call, fresh bool) error {
	if fresh {
		for link, target := range s.linksOf(sslCerts) {
			if strings.HasPrefix(target, certsDir+"/") || strings.HasPrefix(target, localCerts+"/") {
				if err := s.root.Remove(sslCerts + "/" + link); err != nil {
					return err
				}
			}
		}
	}
	enabled, disabled := s.enabledCertificates()
	for _, path := range disabled {
		link := sslCerts + "/" + pemName(path)
		if _, err := s.root.Readlink(link); err == nil {
			_ = s.root.Remove(link) // it is there
		}
	}
	var bundle bytes.Buffer
	for _, path := range enabled {
		data, err := s.root.ReadFile(path, maxScript)
		if err != nil {
			c.Fail("%s not found, but listed in %s.", path, certsConf)
			continue
		}
		c.Spend(len(data))
		if err := s.symlink(path, sslCerts+"/"+pemName(path)); err != nil {
			return err
		}
		bundle.Write(data)
		if len(data) > 0 && data[len(data)-1] != '\n' {
			bundle.WriteByte('\n')
		}
	}
	if err := s.update(sslCerts+"/"+bundleFile, bundle.String()); err != nil {
		return err
	}
	return s.rehash(c)
}

// pemName names a certificate's link: blanks and brackets are taken out.
func pemName(path string) string {
	name := strings.TrimSuffix(baseOf(path), ".crt")
	return strings.NewReplacer(" ", "_", "(", "=", ")", "=", ",", "_").Replace(name) + ".pem"
}

// enabledCertificates are the paths that ca-certificates.conf enables and
// disables, and those of the machine's owner, in the order of the bundle.
func (s *session) enabledCertificates() (enabled, disabled []string) {
	data, _ := s.root.ReadFile(certsConf, maxScript) // none enables none
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '!':
			disabled = append(disabled, certsDir+"/"+line[1:])
		default:
			enabled = append(enabled, certsDir+"/"+line)
		}
	}
	local := s.find(localCerts, 0)
	slices.Sort(local)
	return append(enabled, local...), disabled
}

// find returns the .crt files below a directory.
func (s *session) find(dir string, depth int) []string {
	list, err := s.root.ReadDir(dir)
	if err != nil || depth > 20 {
		return nil
	}
	var out []string
	for _, i := range list {
		path := dir + "/" + i.Name
		if i.Mode.IsDir() {
			out = append(out, s.find(path, depth+1)...)
		} else if strings.HasSuffix(i.Name, ".crt") {
			out = append(out, path)
		}
	}
	return out
}

func (s *session) linksOf(dir string) map[string]string {
	list, err := s.root.ReadDir(dir)
	out := map[string]string{}
	if err != nil {
		return out
	}
	for _, i := range list {
		if i.Mode&fs.ModeSymlink != 0 {
			out[i.Name] = i.Link
		}
	}
	return out
}

// rehash makes the links by the hash of the subject, in place of those that
// are there (openssl-rehash(1)).
func (s *session) rehash(c *shell.Call) error {
	list, err := s.root.ReadDir(sslCerts)
	if err != nil {
		return err
	}
	type cert struct{ name, hash string }
	var found []cert
	seen := map[[20]byte]bool{}
	for _, i := range list {
		if isHashLink(i) {
			if err := s.root.Remove(sslCerts + "/" + i.Name); err != nil {
				return err
			}
			continue
		}
		if !slices.ContainsFunc([]string{".pem", ".crt", ".cer"}, func(e string) bool { return strings.HasSuffix(i.Name, e) }) {
			continue
		}
		data, err := s.root.ReadFile(sslCerts+"/"+i.Name, maxDatabase)
		if err != nil {
			continue
		}
		c.Spend(len(data))
		block, rest := pem.Decode(data)
		if block == nil || bytes.Contains(rest, []byte("-----BEGIN")) {
			continue // none, or a bundle
		}
		hash, err := certs.SubjectHash(block.Bytes)
		sum := sha1.Sum(block.Bytes) //nolint:gosec // it tells twins only
		if err != nil || seen[sum] {
			continue
		}
		seen[sum] = true
		found = append(found, cert{i.Name, hash})
	}
	for _, ct := range found {
		for n := 0; ; n++ {
			link := fmt.Sprintf("%s/%s.%d", sslCerts, ct.hash, n)
			if _, err := s.root.Lstat(link); err == nil {
				continue
			}
			if err := s.root.Symlink(ct.name, link); err != nil {
				return err
			}
			break
		}
	}
	return nil
}

func isHashLink(i root.Info) bool {
	name, number, ok := strings.Cut(i.Name, ".")
	return i.Mode&fs.ModeSymlink != 0 && ok && len(name) == 8 && strings.Trim(name, "0123456789abcdef") == "" && strings.Trim(number, "r0123456789") == "" && number != ""
}

// certificateHooks runs the programs of a directory, each of which reads what
// was added and removed.
func (s *session) certificateHooks(c *shell.Call, dir string, before map[string]string) int {
	if !s.root.Exists(dir) {
		return 0
	}
	var changes strings.Builder
	after := s.linksOf(sslCerts)
	for _, name := range sortedKeys(after) {
		if _, there := before[name]; !there && strings.HasSuffix(name, ".pem") {
			changes.WriteString("+" + sslCerts + "/" + name + "\n")
		}
	}
	for _, name := range sortedKeys(before) {
		if _, there := after[name]; !there && strings.HasSuffix(name, ".pem") {
			changes.WriteString("-" + sslCerts + "/" + name + "\n")
		}
	}
	list, err := s.root.ReadDir(dir)
	if err != nil {
		return 0
	}
	status := 0
	for _, i := range list {
		c.Stdin = strings.NewReader(changes.String())
		if c.Which(dir+"/"+i.Name) != "" && c.Run(dir+"/"+i.Name) != 0 {
			status = 1
		}
	}
	return status
}

func sortedKeys(m map[string]string) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
