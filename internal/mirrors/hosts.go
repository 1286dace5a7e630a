package mirrors

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/osfile"
	"github.com/assemble-image/assemble/internal/registry"
	"github.com/assemble-image/assemble/internal/toml"
	"github.com/assemble-image/assemble/internal/wire"
)

// maxFile bounds a hosts.toml, and a certificate's file, in bytes.
const maxFile = 1 << 20

// readHosts reads a hosts.toml (containerd, docs/hosts.md) of a registry: its
// [host] tables, in the order of the file. The server itself is not among them:
// it is asked last, as without the file.
func readHosts(file, name string) ([]registry.Mirror, error) {
	raw, err := osfile.ReadBounded(file, maxFile)
	if err != nil {
		return nil, fmt.Errorf("reading %q: %w", file, err)
	}
	doc, err := toml.Parse(string(raw))
	if err != nil {
		return nil, fmt.Errorf("reading %q: %w", file, err)
	}
	hosts, _ := doc.Get("host").(*toml.Table)
	type entry struct {
		address string
		table   *toml.Table
	}
	var list []entry
	if hosts != nil {
		for address, v := range hosts.All {
			table, ok := v.(*toml.Table)
			if !ok {
				return nil, fmt.Errorf("reading %q: host.%q is not a table", file, address)
			}
			list = append(list, entry{address, table})
		}
	}
	slices.SortStableFunc(list, func(a, b entry) int { return a.table.Line - b.table.Line })
	var out []registry.Mirror
	for _, e := range list {
		m, pulls, err := host(filepath.Dir(file), name, e.address, e.table)
		if err != nil {
			return nil, fmt.Errorf("reading %q: host %q: %w", file, e.address, err)
		}
		if pulls {
			out = append(out, m)
		}
	}
	return out, nil
}

// host reads one [host."https://…"] table. It reports false where nothing is
// pulled from there.
func host(dir, name, address string, t *toml.Table) (m registry.Mirror, pulls bool, err error) {
	if !strings.Contains(address, "://") {
		address = "https://" + address
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil {
		return m, false, errors.New("it is not an http or https URL")
	}
	m = registry.Mirror{Host: u.Host, HTTP: u.Scheme == "http", Namespace: name}
	if u.Host == name {
		m.Namespace = ""
	}
	override, _ := t.Get("override_path").(bool)
	switch path := strings.TrimSuffix(u.Path, "/"); {
	case override:
		m.Root = path
	case path != "" && path != "/v2":
		m.Root = strings.TrimSuffix(path, "/v2") + "/v2"
	}
	capabilities := texts(t.Get("capabilities"))
	if capabilities == nil {
		capabilities = []string{"pull", "resolve"}
	}
	m.DigestOnly = !slices.Contains(capabilities, "resolve")
	if header, ok := t.Get("header").(*toml.Table); ok {
		m.Header = http.Header{}
		for k, v := range header.All {
			m.Header[http.CanonicalHeaderKey(k)] = texts(v)
		}
	}
	m.Transport, err = transport(dir, t)
	return m, slices.Contains(capabilities, "pull"), err
}

// texts are a string or a list of strings; nil is neither.
func texts(v toml.Value) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case toml.Array:
		out := []string{}
		for _, e := range v {
			if s, ok := e.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

// transport is one with the table's certificates, nil where it has none. What
// it names is taken from dir.
func transport(dir string, t *toml.Table) (http.RoundTripper, error) {
	skip, _ := t.Get("skip_verify").(bool)
	authorities, clients := texts(t.Get("ca")), t.Get("client")
	if !skip && authorities == nil && clients == nil {
		return nil, nil //nolint:nilnil // documented above
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: skip} //nolint:gosec // the user's own choice; digests are checked
	for _, file := range authorities {
		raw, err := osfile.ReadBounded(within(dir, file), maxFile)
		if err != nil {
			return nil, err
		}
		if config.RootCAs == nil {
			if config.RootCAs, err = x509.SystemCertPool(); err != nil {
				config.RootCAs = x509.NewCertPool()
			}
		}
		if !config.RootCAs.AppendCertsFromPEM(raw) {
			return nil, fmt.Errorf("%q has no certificate", file)
		}
	}
	for _, pair := range pairs(clients) {
		cert, err := tls.LoadX509KeyPair(within(dir, pair[0]), within(dir, pair[1]))
		if err != nil {
			return nil, fmt.Errorf("reading the client's certificate %q: %w", pair[0], err)
		}
		config.Certificates = append(config.Certificates, cert)
	}
	tr := wire.NewTransport()
	tr.TLSClientConfig = config
	return tr, nil
}

// pairs are the client's certificates with their keys: a file with both, or
// lists of two.
func pairs(v toml.Value) [][2]string {
	var out [][2]string
	switch v := v.(type) {
	case string:
		out = append(out, [2]string{v, v})
	case toml.Array:
		for _, e := range v {
			switch files := texts(e); len(files) {
			case 1:
				out = append(out, [2]string{files[0], files[0]})
			case 2:
				out = append(out, [2]string{files[0], files[1]})
			}
		}
	}
	return out
}

func within(dir, file string) string {
	if filepath.IsAbs(file) {
		return file
	}
	return filepath.Join(dir, file)
}
