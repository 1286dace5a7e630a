package supply

import (
	"crypto/x509"
	"errors"
	"os"
	"slices"

	"github.com/assemble-image/assemble/internal/index"
	"github.com/assemble-image/assemble/internal/pipconf"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/resolve"
	"github.com/assemble-image/assemble/internal/target"
	"github.com/assemble-image/assemble/wheels/requirements"
	"github.com/assemble-image/assemble/wheels/tags"
)

// ErrNoIndex says that wheels must be found and nothing names a package index.
var ErrNoIndex = errors.New("neither the config nor the requirements name a package index")

// client returns the client of the places where wheels are. Credentials come
// from the URLs, netrc and, for the config's first index, the environment: that
// of a lock could be anybody's. Wheels that don't fit are left out of what it
// says, which saves much memory; nil keeps them all, so that it can be told what
// there is instead.
func (p places) client(src sources, fits func([]tags.Tag) bool) (*index.Client, error) {
	if err := src.checkVariables(); err != nil {
		return nil, err
	}
	netrc, err := index.ReadNetrc(os.Getenv)
	if err != nil {
		return nil, err
	}
	var roots *x509.CertPool
	if p.opt.Discover != nil {
		if roots, err = pipconf.Authorities(*p.opt.Discover); err != nil {
			return nil, err
		}
	}
	opt := index.Options{
		RootCAs:   roots,
		URLs:      src.indexes,
		FindLinks: src.links,
		Keyring:   netrc.Keyring(),
		Offline:   p.opt.Offline,
		Refresh:   p.opt.Refresh,
		Trace:     p.opt.Trace,
		Fits:      fits,
		Note:      func(text string) { p.opt.Report.Note(report.StageFetch, text) },
	}
	switch cred := index.EnvironmentCredential(os.Getenv); {
	case len(p.cfg.Index) > 0:
		opt.IndexCredential = cred
	case cred != index.Credential{} && len(src.indexes) > 0:
		p.opt.Report.Note(report.StageFetch, index.EnvUsername+" and "+index.EnvPassword+" are not used: they are for an index in the config or in flags")
	}
	if p.opt.Cache != nil {
		opt.Cache = p.opt.Cache
	}
	return index.New(opt)
}

// ofLock are the places where a lock's wheels are looked for, for a target.
func (p places) ofLock(lock *requirements.Lock, t *target.Target) (sources, error) {
	src, err := p.collect(report.StageFetch, func(path string) string { return beside(p.cfg.Lock, path) }, lock.Sources)
	if err != nil || allURLs(lock.Pins) {
		return src, err
	}
	src = p.fromBase(report.StageFetch, src, t)
	return src, nil
}

// allURLs reports whether the lock itself says where each of its wheels is.
func allURLs(pins []requirements.Pin) bool {
	return !slices.ContainsFunc(pins, func(p requirements.Pin) bool {
		return p.URL == "" && !slices.ContainsFunc(p.Wheels, func(w requirements.Wheel) bool { return w.URL != "" })
	})
}

// linksOf are the find-links among the places of a lock. Nothing is noted.
func (p places) linksOf(lock *requirements.Lock) []string {
	var links []string
	for _, l := range p.cfg.FindLinks {
		links = addNew(links, l.Target)
	}
	for _, l := range lock.Sources.FindLinks {
		links = addNew(links, linkTarget(l, func(path string) string { return beside(p.cfg.Lock, path) }))
	}
	return links
}

// wholeIndex is a provider of all that the places have, also what the target
// can't install: it is asked only where there is no solution, to say what there
// is instead.
func (p places) wholeIndex(src sources) (resolve.Provider, error) {
	client, err := p.client(src, nil)
	if err != nil {
		return nil, err
	}
	return resolve.Index(client, p.digests()), nil
}
