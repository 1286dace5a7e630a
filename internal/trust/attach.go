package trust

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/internal/cache"
	"github.com/assemble-image/assemble/internal/registry"
	"github.com/assemble-image/assemble/sign"
)

// Attacher attaches signed statements to images in registries.
type Attacher struct {
	Registry *registry.Client
	// Cache remembers what was attached before, so that the key needn't be
	// opened; nil remembers nothing.
	Cache *cache.Cache
}

// Attached is what became of one attachment.
type Attached struct {
	sign.Attachment
	// Manifest is the digest of the manifest that holds it.
	Manifest string
	// Existed says that it was there already.
	Existed bool
}

// Found says for each attachment of a list by which manifest the subject has
// it already, "" for those that it lacks.
type Found []string

// Referrers asks, when it is first called, what refers to an image, and returns
// the same each time. It is for concurrent use.
type Referrers func() ([]v1.Descriptor, error)

// Referrers returns what asks what refers to the image.
func (a Attacher) Referrers(ctx context.Context, at name.Digest) Referrers {
	return sync.OnceValues(func() ([]v1.Descriptor, error) { return a.Registry.Referrers(ctx, at, "") })
}

// Has reports whether a manifest refers to the image, as far as can be found out.
func (r Referrers) Has(manifest string) bool {
	list, err := r()
	return err == nil && slices.ContainsFunc(list, func(d v1.Descriptor) bool { return d.Digest.String() == manifest })
}

// Find looks which of the attachments this very key has attached before, as
// far as the cache knows, and the registry still lists. The list is in order.
// there tells what refers to the image; it is asked only where the cache knows
// of something.
func (a Attacher) Find(ctx context.Context, key *Key, at name.Digest, list []sign.Attachment, there Referrers) Found {
	found := make(Found, len(list))
	for i, what := range list {
		id, err := what.Key()
		if err != nil {
			continue // Attach reports it
		}
		known, ok := a.Cache.Get(kindAttached, key.id(at.Name(), id))
		if ok && a.listed(ctx, at, what, string(known), there) {
			found[i] = string(known)
		}
	}
	return found
}

// Attach signs each attachment for the subject, which is at the given place,
// and pushes it. What was found there stays as it is. Results are in the
// list's order.
func (a Attacher) Attach(ctx context.Context, key *Key, at name.Digest, subject v1.Descriptor, list []sign.Attachment, found Found) ([]Attached, error) {
	out := make([]Attached, 0, len(list))
	for i, what := range list {
		if i < len(found) && found[i] != "" {
			out = append(out, Attached{what, found[i], true})
			continue
		}
		id, err := what.Key()
		if err != nil {
			return nil, fmt.Errorf("attaching a %s to %q: %w", what, at.Name(), err)
		}
		signer, err := key.Open()
		if err != nil {
			return nil, err
		}
		manifest, err := a.attach(ctx, signer, at, subject, what)
		if err != nil {
			return nil, err
		}
		a.remember(key.id(at.Name(), id), manifest)
		a.remember(key.id(), "used")
		out = append(out, Attached{what, manifest, false})
	}
	return out, nil
}

// kindAttached is what the cache keeps of attachments that were pushed.
const kindAttached = "attached"

// remember puts a record into the cache; without it the next run is slower.
func (a Attacher) remember(key, value string) {
	_ = a.Cache.Put(kindAttached, key, []byte(value)) // it says itself that it can't be written, once
}

// Used reports whether the key has attached anything before, as far as the
// cache knows.
func (a Attacher) Used(key *Key) bool {
	_, used := a.Cache.Get(kindAttached, key.id())
	return used
}

// listed reports whether a verifier would find the attachment: the registry
// has it in the place where a verifier looks, and can give it out whole.
func (a Attacher) listed(ctx context.Context, at name.Digest, what sign.Attachment, manifest string, referrers Referrers) bool {
	if what.Form == sign.FormLegacy {
		hash, err := v1.NewHash(at.DigestStr())
		if err != nil {
			return false
		}
		there, err := a.Registry.Digest(ctx, at.Context().Tag(sign.LegacyTag(hash)).Name())
		return err == nil && there.String() == manifest && a.readable(ctx, at, manifest)
	}
	readable := make(chan bool, 1)
	go func() { readable <- a.readable(ctx, at, manifest) }()
	listed := referrers.Has(manifest)
	return <-readable && listed
}

// readable reports whether an artifact's manifest and blobs are all there.
// They have digests, so that they are what was pushed.
func (a Attacher) readable(ctx context.Context, at name.Digest, manifest string) bool {
	blobs, err := a.Registry.Artifact(ctx, at.Context().Digest(manifest), sign.MaxBundle)
	return err == nil && !slices.ContainsFunc(blobs, func(b registry.Blob) bool { return b.Err != nil })
}

// attach signs and pushes one attachment, and returns its manifest's digest.
func (a Attacher) attach(ctx context.Context, signer *sign.Signer, at name.Digest, subject v1.Descriptor, what sign.Attachment) (string, error) {
	if what.Form == sign.FormLegacy {
		return a.attachLegacy(ctx, signer, at, subject, what)
	}
	artifact, err := what.Artifact(signer, subject)
	if err != nil {
		return "", err
	}
	pushed, err := a.Registry.PushReferrer(ctx, at.Context(), artifact)
	return pushed.DigestStr(), err
}

// AttachTo attaches to what ref stands for at the moment, and returns the
// image by digest.
func (a Attacher) AttachTo(ctx context.Context, key *Key, ref string, list []sign.Attachment) (image name.Digest, attached []Attached, err error) {
	subject, at, err := a.Registry.Descriptor(ctx, ref)
	if err != nil {
		return name.Digest{}, nil, err
	}
	attached, err = a.Attach(ctx, key, at, subject, list, a.Find(ctx, key, at, list, a.Referrers(ctx, at)))
	return at, attached, err
}

// Signatures lists the attachments of a plain signature: in a bundle, and on
// request in the form of cosign 1 and 2 as well.
func Signatures(legacy bool) []sign.Attachment {
	list := []sign.Attachment{{Form: sign.FormBundle}}
	if legacy {
		list = append(list, sign.Attachment{Form: sign.FormLegacy})
	}
	return list
}
