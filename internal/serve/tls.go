package serve

import (
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// guards are what is read before a registry listens.
type guards struct {
	passwords *passwords
	tls       *tls.Config
}

// guards reads the files that the options name.
func (opt Options) guards() (g guards, err error) {
	if opt.Passwords != "" {
		if g.passwords, err = readPasswords(opt.Passwords); err != nil {
			return g, err
		}
	}
	switch {
	case opt.Certificate == "" && opt.Key == "":
		return g, nil
	case opt.Certificate == "" || opt.Key == "":
		return g, errors.New("HTTPS takes both a certificate and its key")
	}
	pair := &keyPair{certificate: opt.Certificate, key: opt.Key}
	if _, err := pair.get(nil); err != nil {
		return g, err
	}
	g.tls = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: pair.get}
	return g, nil
}

// keyPair is a certificate that is read again when its file changes, as those
// do that are good for 90 days.
type keyPair struct {
	certificate, key string

	mu     sync.Mutex
	loaded *tls.Certificate
	read   time.Time
}

func (p *keyPair) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fi, err := os.Stat(p.certificate)
	if err == nil && p.loaded != nil && fi.ModTime().Equal(p.read) {
		return p.loaded, nil
	}
	if err == nil {
		var pair tls.Certificate
		if pair, err = tls.LoadX509KeyPair(p.certificate, p.key); err == nil {
			p.loaded, p.read = &pair, fi.ModTime()
		}
	}
	if p.loaded == nil {
		return nil, fmt.Errorf("reading the certificate %q: %w", p.certificate, err)
	}
	return p.loaded, nil // the old one, while a new one is being written
}
