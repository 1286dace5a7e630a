package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"golang.org/x/sync/errgroup"

	"github.com/assemble-image/assemble/internal/registry"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/sign"
)

// ErrNoPassword says that a key is encrypted and nobody gave the password.
var ErrNoPassword = errors.New("the key is encrypted, and no password was given")

// maxKeyFile bounds a key file; real ones have less than 1 kB.
const maxKeyFile = 64 << 10

// signer is a signing key that is opened when it is needed, or before: its
// password is stretched with scrypt, which takes a quarter of a second that
// packing can hide.
type signer struct {
	file []byte
	// open decrypts the key, once.
	open func() (*sign.Signer, error)
	// early says that the key will be needed, as far as is known.
	early bool
}

// newSigner reads the key file at path, which messages call name, and asks
// for its password where it has one.
func newSigner(path, name string, ask func() ([]byte, error)) (*signer, error) {
	fail := func(err error) error { return fmt.Errorf("opening the signing key %q: %w", name, err) }
	file, err := readBounded(path, maxKeyFile)
	if err != nil {
		return nil, fail(err)
	}
	var password []byte
	if sign.NeedsPassword(file) {
		if ask == nil {
			return nil, fail(ErrNoPassword)
		}
		if password, err = ask(); err != nil {
			return nil, fail(err)
		}
	}
	return &signer{file: file, open: sync.OnceValues(func() (*sign.Signer, error) {
		key, err := sign.LoadSigner(file, password)
		if err != nil {
			return nil, fail(err)
		}
		return key, nil
	})}, nil
}

// signer reads the configured key and asks for its password. It returns nil
// where no key is configured.
func (p *Pipeline) signer(ask func() ([]byte, error)) (*signer, error) {
	path := p.cfg.Sign.Key
	if path.IsZero() {
		return nil, nil //nolint:nilnil // no key is a valid answer, and not an error
	}
	return newSigner(path.Abs, path.String(), ask)
}

// decideAtOnce says whether the key is to be opened before there is a plan: if
// it has never been used. That is best, since opening it takes 64 MiB, and
// planning takes little memory, where packing takes more.
func (s *signer) decideAtOnce(p *Pipeline) {
	if s == nil {
		return
	}
	_, used := p.opt.Cache.Get(kindSigned, s.id())
	s.early = !used
}

// decide says whether the key is to be opened early: unless nothing is new.
// Then the signature is probably in the registry already.
func (s *signer) decide(p *Pipeline, plan *Plan) {
	if s != nil {
		s.early = s.early || !p.packedBefore(plan)
	}
}

// during runs f while the key is being opened, if that is to be done early,
// and ends f when the key can't be opened: an upload in vain is spared.
func (s *signer) during(ctx context.Context, f func(context.Context) error) error {
	if s == nil || !s.early {
		return f(ctx)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		_, err := s.open()
		return err
	})
	g.Go(func() error { return f(ctx) })
	return g.Wait()
}

// packedBefore reports whether every layer of the plan is known already.
func (p *Pipeline) packedBefore(plan *Plan) bool {
	return !slices.ContainsFunc(plan.Layers, func(l Layer) bool {
		_, known := p.opt.Cache.Get(layers.KindRecipe, l.Key)
		return !known
	})
}

// OpenSigner opens the private key file at path; ask answers for its
// password where it has one.
func OpenSigner(path string, ask func() ([]byte, error)) (*sign.Signer, error) {
	s, err := newSigner(path, path, ask)
	if err != nil {
		return nil, err
	}
	return s.open()
}

// OpenVerifier opens the public key file at path.
func OpenVerifier(path string) (*sign.Verifier, error) {
	file, err := readBounded(path, maxKeyFile)
	if err != nil {
		return nil, fmt.Errorf("opening the public key %q: %w", path, err)
	}
	key, err := sign.LoadVerifier(file)
	if err != nil {
		return nil, fmt.Errorf("opening the public key %q: %w", path, err)
	}
	return key, nil
}

// kindSigned is what the cache keeps of signatures that were pushed.
const kindSigned = "signed"

// id identifies the key file, and with more parts what it signed.
func (s *signer) id(parts ...string) string {
	h := sha256.New()
	h.Write(s.file)
	for _, p := range parts {
		fmt.Fprintf(h, "\x00%s", p)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// signPushed signs the image and attaches the signature to it, unless that
// very signature is there already. It returns the digest of the signature's
// manifest, or "" where no key is configured.
func (p *Pipeline) signPushed(ctx context.Context, s *signer, img v1.Image, at name.Digest, legacy bool) (string, error) {
	if s == nil {
		return "", p.report.Stage(report.StageSign, "", func() (string, error) { return "skipped: no key is configured", nil })
	}
	var digest string
	err := p.report.Stage(report.StageSign, "signing", func() (string, error) {
		known := s.id(at.Name(), fmt.Sprint(legacy))
		if d, ok := p.opt.Cache.Get(kindSigned, known); ok && p.exists(ctx, at.Context(), string(d)) {
			digest = string(d)
			return "already signed", nil
		}
		key, err := s.open()
		if err != nil {
			return "", err
		}
		subject, err := partial.Descriptor(img)
		if err != nil {
			return "", fmt.Errorf("describing the image: %w", err)
		}
		if digest, err = attachSignature(ctx, p.opt.Registry, key, at, *subject, legacy); err != nil {
			return "", err
		}
		p.remember(kindSigned, known, digest)
		p.remember(kindSigned, s.id(), "used")
		return digest, nil
	})
	return digest, err
}

// exists reports whether the repository has the manifest digest.
func (p *Pipeline) exists(ctx context.Context, repo name.Repository, digest string) bool {
	_, err := p.opt.Registry.Digest(ctx, repo.Digest(digest).Name())
	return err == nil
}

// remember puts a record into the cache; without it the next run is slower.
func (p *Pipeline) remember(kind, key, value string) {
	_ = p.opt.Cache.Put(kind, key, []byte(value)) // it says itself that it can't be written, once
}

// attachSignature signs the image at subject with key and pushes the
// signature beside it; legacy adds one in the form of cosign 1 and 2.
//
// It is what `assemble sign` does, too.
func attachSignature(ctx context.Context, reg *registry.Client, key *sign.Signer, at name.Digest, subject v1.Descriptor, legacy bool) (string, error) {
	signature, err := sign.Sign(key, subject, sign.Options{})
	if err != nil {
		return "", err
	}
	pushed, err := reg.PushReferrer(ctx, at.Context(), signature)
	if err != nil || !legacy {
		return pushed.DigestStr(), err
	}
	previous, err := reg.LegacyImage(ctx, at)
	if err != nil {
		return "", err
	}
	old, err := sign.SignLegacy(key, subject.Digest, at.Context().Name(), previous, sign.Options{})
	if err != nil {
		return "", err
	}
	return pushed.DigestStr(), reg.PushLegacy(ctx, at, old)
}
