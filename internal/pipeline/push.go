package pipeline

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/supply"
	"github.com/assemble-image/assemble/sign"
)

// PushOptions says what happens between the upload and the tag.
type PushOptions struct {
	// Smoke is the test that comes before the tag.
	Smoke SmokeOptions
	// Password answers for the signing key's password. It is asked only
	// when the image is signed.
	Password func() ([]byte, error)
	// Attachments are what is signed and attached to the image where there is
	// a key; nil means a plain signature. See [trust.Signatures].
	Attachments []sign.Attachment
	// VerifyLayers takes nothing from registries: every layer is packed anew, and
	// held against what build records say of it.
	VerifyLayers bool
}

// Push plans the image, builds it and pushes it to target: blobs while later
// layers are still being packed, then the manifest by digest, then the smoke
// test and the signature, and last of all the tag. Where any of it fails,
// nothing is tagged.
func (p *Pipeline) Push(ctx context.Context, target name.Reference, opt PushOptions) (*Result, error) {
	result, digest, err := p.pushUntagged(ctx, target, opt)
	if err != nil {
		return nil, &UntaggedError{err}
	}
	if tag, ok := target.(name.Tag); ok {
		err = p.report.Stage(report.StageTag, tag.Name(), func() (string, error) {
			return tag.Name(), p.opt.Registry.Tag(ctx, digest, tag)
		})
		if err != nil {
			return nil, err
		}
		result.Tag = tag.Name()
	}
	p.pushed(target.Context())
	result.finish(p.report)
	return result, nil
}

// UntaggedError is an error of a push from before the tag was asked for.
type UntaggedError struct{ err error }

func (e *UntaggedError) Error() string { return e.err.Error() }
func (e *UntaggedError) Unwrap() error { return e.err }

// pushUntagged does all of a push but the tag.
func (p *Pipeline) pushUntagged(ctx context.Context, target name.Reference, opt PushOptions) (_ *Result, _ name.Digest, err error) {
	if err := p.CheckSmoke(opt.Smoke); err != nil {
		return nil, name.Digest{}, err
	}
	signing, err := p.signing(opt)
	if err != nil {
		return nil, name.Digest{}, err
	}
	temp, remove, err := p.tempDir()
	if err != nil {
		return nil, name.Digest{}, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	ctx, checks := p.preflight(ctx, target.Context())
	defer checks.close()
	defer func() {
		if err != nil {
			err = checks.instead(err)
		}
	}()

	there := p.elsewhereFor(target, signing.key)
	if !opt.VerifyLayers {
		p.elsewhere = there
	}
	plan, built, digest, err := p.planAndUpload(ctx, target, temp, checks, signing, opt.VerifyLayers)
	if errors.Is(err, supply.ErrKnown) && ctx.Err() == nil {
		// A record has lied about what only the wheels could tell.
		p.report.Note(report.StageCache, fmt.Sprintf("starting again without build records: %v", err))
		p.elsewhere = nil
		p.supply.Forget()
		plan, built, digest, err = p.planAndUpload(ctx, target, temp, checks, signing, opt.VerifyLayers)
	}
	if err != nil {
		return nil, name.Digest{}, err
	}
	if opt.VerifyLayers {
		if err := p.verifyLayers(ctx, there, built); err != nil {
			return nil, name.Digest{}, err
		}
	}
	result, err := p.newResult(plan, built)
	if err != nil {
		return nil, name.Digest{}, err
	}
	result.Reference = digest.Name()
	if result.Smoke, err = p.smokeBuilt(ctx, plan, built.image, target.Name(), opt.Smoke); err != nil {
		return nil, name.Digest{}, err
	}
	if result.Signature, err = p.sign(ctx, signing, built.image, digest); err != nil {
		return nil, name.Digest{}, err
	}
	result.Record = (&recording{p: p, plan: plan, built: built, at: digest, signing: signing}).attach(ctx)
	return result, digest, context.Cause(ctx)
}

// planAndUpload plans the image, takes what is in a registry, and uploads the
// whole by digest.
func (p *Pipeline) planAndUpload(ctx context.Context, target name.Reference, temp string, checks *preflight, signing *signing, anew bool) (*Plan, *packed, name.Digest, error) {
	repo := target.Context()
	plan, err := p.planWithKey(ctx, keptFor(repo, temp), signing, checks)
	if err != nil {
		return nil, nil, name.Digest{}, err
	}
	plan.anew = anew
	if err := p.diagnoseFirst(ctx, plan, target); err != nil {
		return nil, nil, name.Digest{}, err
	}
	if err := p.take(ctx, plan, repo); err != nil {
		return nil, nil, name.Digest{}, err
	}
	if err := p.pushModels(ctx, plan, repo); err != nil {
		return nil, nil, name.Digest{}, err
	}
	built, digest, err := p.upload(ctx, plan, repo, temp, checks, signing)
	if err == nil {
		err = p.diagnoseLast(ctx, plan, target)
	}
	return plan, built, digest, err
}

// keepIn says where the layers of a base are kept that are read for its facts,
// "" for nowhere; nil is nowhere, too.
type keepIn = func(*base.Image) string

// keptFor keeps in dir what will be pushed to repo: a base of another registry.
func keptFor(repo name.Repository, dir string) keepIn {
	return func(img *base.Image) string {
		if img.Repository == "" || strings.HasPrefix(img.Repository, repo.RegistryStr()+"/") {
			return ""
		}
		return dir
	}
}

// planWithKey plans, and opens the key meanwhile if it has never been used. One
// that has been is opened during packing, and not at all where nothing is new:
// then the signature is there as a rule.
func (p *Pipeline) planWithKey(ctx context.Context, keep keepIn, s *signing, checks *preflight) (*Plan, error) {
	if s.key == nil {
		return p.plan(ctx, keep)
	}
	first := !s.Used(s.key)
	var opened <-chan struct{}
	if first {
		opened = checks.openKey(s.key)
	}
	plan, err := p.plan(ctx, keep)
	if err != nil {
		return nil, err
	}
	switch {
	case first:
		<-opened
		return plan, checks.failed()
	case !p.packedBefore(plan):
		checks.openKey(s.key)
	}
	return plan, nil
}
