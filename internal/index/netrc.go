package index

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/assemble-image/assemble/internal/osfile"
)

// maxNetrc bounds a netrc file in bytes.
const maxNetrc = 1 << 20

// Netrc holds the credentials of a netrc file, by host.
type Netrc struct {
	machines map[string]Credential
}

// Keyring returns a [Keyring] that looks hosts up by name, without port. The
// entry called default is for no index: it would go to hosts that the user
// never thought of.
func (n *Netrc) Keyring() Keyring {
	return func(u *url.URL) (Credential, bool) {
		if n == nil {
			return Credential{}, false
		}
		cred, ok := n.machines[strings.ToLower(u.Hostname())]
		return cred, ok
	}
}

// ReadNetrc reads the file that NETRC names, else .netrc in the home directory,
// as getenv tells them. A file that is not there is an empty one, unless NETRC
// names it.
func ReadNetrc(getenv func(string) string) (n *Netrc, err error) {
	path, named := getenv("NETRC"), true
	if path == "" {
		home := getenv("HOME")
		if home == "" {
			return &Netrc{}, nil
		}
		path, named = filepath.Join(home, ".netrc"), false
	}
	b, err := osfile.ReadBounded(path, maxNetrc)
	if errors.Is(err, fs.ErrNotExist) && !named {
		return &Netrc{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading netrc %q: %w", path, err)
	}
	n, err = ParseNetrc(string(b))
	if err != nil {
		return nil, fmt.Errorf("reading %q: %w", path, err)
	}
	return n, nil
}

// ParseNetrc reads a netrc file: machine, login, password, account, default and
// macdef, with quotes and comments as curl and Python take them. The first
// entry of a host counts. Errors name the line and nothing of its text.
func ParseNetrc(text string) (*Netrc, error) {
	if len(text) > maxNetrc {
		return nil, fmt.Errorf("it has more than %d bytes", maxNetrc)
	}
	p := netrcParser{scan: netrcScanner{rest: text, line: 1}, machines: map[string]Credential{}}
	for {
		word, ok := p.scan.next()
		if !ok {
			break
		}
		if err := p.take(word); err != nil {
			return nil, fmt.Errorf("line %d: %w", p.scan.line, err)
		}
	}
	if p.scan.broken {
		return nil, fmt.Errorf("line %d: unterminated quote", p.scan.line)
	}
	p.flush()
	return &Netrc{machines: p.machines}, nil
}

// netrcParser collects the entries of a netrc file.
type netrcParser struct {
	scan     netrcScanner
	machines map[string]Credential
	// host and cred are the entry that is being read, where open says that
	// there is one.
	host string
	cred Credential
	open bool
}

// flush ends an entry.
func (p *netrcParser) flush() {
	if _, found := p.machines[p.host]; p.open && !found {
		p.machines[p.host] = p.cred
	}
	p.cred, p.open = Credential{}, false
}

// take reads what a keyword introduces.
func (p *netrcParser) take(keyword string) error {
	switch keyword {
	case "machine", "default", "macdef":
		p.flush()
	case "login", "user", "password", "account":
	default:
		return errors.New("expected machine, login, password, account, default or macdef")
	}
	if keyword == "default" {
		return nil
	}
	value, ok := p.scan.next()
	if !ok {
		return fmt.Errorf("no value for %s", keyword)
	}
	switch keyword {
	case "machine":
		p.host, p.open = strings.ToLower(value), true
	case "macdef":
		p.scan.skipMacro()
	case "login", "user":
		p.cred.Username = value
	case "password":
		p.cred.Password = value
	}
	return nil
}

// netrcScanner splits a netrc file into words.
type netrcScanner struct {
	rest   string
	line   int
	begun  bool // something was read
	broken bool // unterminated quote
}

// next returns the next word. A "#" begins a comment at the start of a line
// only, since passwords may begin with one.
func (s *netrcScanner) next() (word string, ok bool) {
	for {
		trimmed := strings.TrimLeft(s.rest, " \t\r\n")
		skipped := s.rest[:len(s.rest)-len(trimmed)]
		s.line += strings.Count(skipped, "\n")
		atStart := !s.begun || strings.Contains(skipped, "\n")
		s.rest, s.begun = trimmed, true
		if trimmed == "" {
			return "", false
		}
		if trimmed[0] != '#' || !atStart {
			break
		}
		s.skipLine()
	}
	if s.rest[0] == '"' {
		return s.quoted()
	}
	end := strings.IndexAny(s.rest, " \t\r\n")
	if end < 0 {
		end = len(s.rest)
	}
	word, s.rest = s.rest[:end], s.rest[end:]
	return word, true
}

// quoted reads a word in double quotes, in which a backslash escapes.
func (s *netrcScanner) quoted() (string, bool) {
	var b strings.Builder
	for i := 1; i < len(s.rest); i++ {
		switch c := s.rest[i]; {
		case c == '"':
			s.rest = s.rest[i+1:]
			return b.String(), true
		case c == '\n':
			s.broken = true
			return "", false
		case c == '\\' && i+1 < len(s.rest):
			i++
			b.WriteByte(s.rest[i])
		default:
			b.WriteByte(c)
		}
	}
	s.broken = true
	return "", false
}

func (s *netrcScanner) skipLine() {
	if end := strings.IndexByte(s.rest, '\n'); end >= 0 {
		s.rest = s.rest[end:]
		return
	}
	s.rest = ""
}

// skipMacro skips a macro's lines up to an empty one.
func (s *netrcScanner) skipMacro() {
	end := strings.Index(s.rest, "\n\n")
	if end < 0 {
		s.rest = ""
		return
	}
	s.line += strings.Count(s.rest[:end], "\n")
	s.rest = s.rest[end:]
}
