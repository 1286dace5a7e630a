package pipeline

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"

	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/trust"
	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/sign"
)

// signingKey reads the configured key and asks for its password. It returns
// nil where no key is configured.
func (p *Pipeline) signingKey(ask func() ([]byte, error)) (*trust.Key, error) {
	path := p.cfg.Sign.Key
	if path.IsZero() {
		return nil, nil //nolint:nilnil // no key is a valid answer, and not an error
	}
	return trust.ReadKey(path.Abs, path.String(), ask)
}

// signing is what a push attaches to its image.
type signing struct {
	trust.Attacher
	key   *trust.Key // nil where nothing is signed
	list  []sign.Attachment
	there trust.Referrers  // what refers to the image, nil where nobody has looked
	found chan trust.Found // which signatures look has found, nil as above
}

func (p *Pipeline) signing(opt PushOptions) (*signing, error) {
	key, err := p.signingKey(opt.Password)
	if err != nil {
		return nil, err
	}
	s := &signing{Attacher: trust.Attacher{Registry: p.opt.Registry, Cache: p.opt.Cache}, key: key, list: opt.Attachments}
	if len(s.list) == 0 {
		s.list = trust.Signatures(false)
	}
	return s, nil
}

// look begins to look what the image has attached already: of what the cache knows
// that it was attached, once for all.
func (s *signing) look(ctx context.Context, checks *preflight, r *recording) {
	s.there = s.Referrers(ctx, r.at)
	if len(r.attached()) > 0 {
		checks.running.Go(func() { _, _ = s.there() }) // whoever needs the list gets the error, too
	}
	if s.key == nil {
		return
	}
	s.found = make(chan trust.Found, 1)
	checks.running.Go(func() { s.found <- s.Find(ctx, s.key, r.at, s.list, s.there) })
}

// referrers is what refers to the image.
func (s *signing) referrers(ctx context.Context, at name.Digest) trust.Referrers {
	if s.there != nil {
		return s.there
	}
	return s.Referrers(ctx, at)
}

// attach attaches what isn't there.
func (s *signing) attach(ctx context.Context, at name.Digest, subject v1.Descriptor) ([]trust.Attached, error) {
	var found trust.Found
	if s.found == nil {
		found = s.Find(ctx, s.key, at, s.list, s.Referrers(ctx, at))
	} else {
		found = <-s.found
	}
	return s.Attach(ctx, s.key, at, subject, s.list, found)
}

// packedBefore reports whether every layer of the plan seems to be known already.
func (p *Pipeline) packedBefore(plan *Plan) bool {
	if plan.anew {
		return false
	}
	for i, l := range plan.Layers {
		if _, ok := plan.taken[i]; !ok && !p.opt.Cache.Has(layers.KindRecipe, l.Key) {
			return false
		}
	}
	return true
}

// sign attaches to the image what is to be attached, but for what is there
// already. It returns the digest of the first attachment's manifest, or ""
// where no key is configured.
func (p *Pipeline) sign(ctx context.Context, s *signing, img v1.Image, at name.Digest) (string, error) {
	if s.key == nil {
		return "", p.report.Stage(report.StageSign, "", func() (string, error) { return "skipped: no key is configured", nil })
	}
	var digest string
	err := p.report.Stage(report.StageSign, "signing", func() (string, error) {
		subject, err := partial.Descriptor(img)
		if err != nil {
			return "", fmt.Errorf("describing the image: %w", err)
		}
		attached, err := s.attach(ctx, at, *subject)
		if err != nil {
			return "", err
		}
		digest = attached[0].Manifest
		if !slices.ContainsFunc(attached, func(a trust.Attached) bool { return !a.Existed }) {
			return "already signed", nil
		}
		return digest, nil
	})
	return digest, err
}

// outputKey reads the configured key where one of outs can hold its
// signature, and notes those that can't. It returns nil where nothing is
// signed.
func (p *Pipeline) outputKey(outs []Output, password func() ([]byte, error)) (*trust.Key, error) {
	if p.cfg.Sign.Key.IsZero() {
		return nil, nil //nolint:nilnil // no key is a valid answer, and not an error
	}
	for _, o := range outs {
		if !o.holdsSignature() {
			p.report.Note(report.StageWrite, fmt.Sprintf("%s isn't signed: a Docker archive can't hold a signature; sign.key is ignored", o))
		}
	}
	if !slices.ContainsFunc(outs, Output.holdsSignature) {
		return nil, nil //nolint:nilnil // as above
	}
	return p.signingKey(password)
}

// signWritten signs an image that is to be written.
func (p *Pipeline) signWritten(key *trust.Key, img v1.Image, result *Result) (signature v1.Image, err error) {
	err = p.report.Stage(report.StageSign, "signing", func() (string, error) {
		signer, err := key.Open()
		if err != nil {
			return "", err
		}
		subject, err := partial.Descriptor(img)
		if err != nil {
			return "", fmt.Errorf("describing the image: %w", err)
		}
		if signature, err = (sign.Attachment{}).Artifact(signer, *subject); err != nil {
			return "", err
		}
		digest, err := signature.Digest()
		result.Signature = digest.String()
		return result.Signature, err
	})
	return signature, err
}
