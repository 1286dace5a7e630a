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

// uploadRun is what everything has that uploads to a registry.
type uploadRun struct {
	temp    string // a directory that is removed in the end
	checks  *preflight
	signing *signing
}

// uploading has do upload to repo, while the registry and the key are tried. The
// first failure ends it.
func (p *Pipeline) uploading(ctx context.Context, repo name.Repository, opt PushOptions, do func(context.Context, uploadRun) error) (err error) {
	signing, err := p.signing(opt)
	if err != nil {
		return err
	}
	temp, remove, err := p.tempDir()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	ctx, checks := p.preflight(ctx, repo)
	defer checks.close()
	if err := do(ctx, uploadRun{temp, checks, signing}); err != nil {
		return checks.instead(err)
	}
	if err := context.Cause(ctx); err != nil {
		return checks.instead(err)
	}
	return nil
}

// pushUntagged does all of a push but the tag.
func (p *Pipeline) pushUntagged(ctx context.Context, target name.Reference, opt PushOptions) (result *Result, digest name.Digest, err error) {
	if err := p.CheckSmoke(opt.Smoke); err != nil {
		return nil, name.Digest{}, err
	}
	err = p.uploading(ctx, target.Context(), opt, func(ctx context.Context, run uploadRun) (err error) {
		there := p.elsewhereFor(target, run.signing.key)
		if !opt.VerifyLayers {
			p.elsewhere = there
		}
		plan, built, at, err := p.planAndUpload(ctx, target, run, opt.VerifyLayers)
		if errors.Is(err, supply.ErrKnown) && ctx.Err() == nil {
			// A record has lied about what only the wheels could tell.
			p.report.Note(report.StageCache, fmt.Sprintf("starting again without build records: %v", err))
			p.elsewhere = nil
			p.supply.Forget()
			plan, built, at, err = p.planAndUpload(ctx, target, run, opt.VerifyLayers)
		}
		if err != nil {
			return err
		}
		if opt.VerifyLayers {
			if err := p.verifyLayers(ctx, there, built); err != nil {
				return err
			}
		}
		digest = at
		result, err = p.finishUpload(ctx, run, plan, built, at, func(result *Result) error {
			result.Smoke, err = p.smokeBuilt(ctx, plan, built.image, target.Name(), opt.Smoke)
			return err
		})
		return err
	})
	if err != nil {
		return nil, name.Digest{}, err
	}
	return result, digest, nil
}

// finishUpload tests what is in the registry by digest, signs it and attaches its
// build record. A nil test is none.
func (p *Pipeline) finishUpload(ctx context.Context, run uploadRun, plan *Plan, built *packed, at name.Digest, test func(*Result) error) (*Result, error) {
	result, err := p.newResult(plan, built)
	if err != nil {
		return nil, err
	}
	result.Reference = at.Name()
	if test != nil {
		if err := test(result); err != nil {
			return nil, err
		}
	}
	if result.Signature, err = p.sign(ctx, run.signing, built.image, at); err != nil {
		return nil, err
	}
	result.Record = (&recording{p: p, plan: plan, built: built, at: at, signing: run.signing}).attach(ctx)
	return result, nil
}

// planAndUpload plans the image, takes what is in a registry, and uploads the
// whole by digest.
func (p *Pipeline) planAndUpload(ctx context.Context, target name.Reference, run uploadRun, anew bool) (*Plan, *packed, name.Digest, error) {
	repo := target.Context()
	plan, err := p.planWithKey(ctx, keptFor(repo, run.temp), run.signing, run.checks)
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
	built, digest, err := p.upload(ctx, plan, repo, run)
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
