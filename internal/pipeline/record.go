package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"

	"github.com/assemble-image/assemble/internal/contents"
	"github.com/assemble-image/assemble/internal/record"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/sign"
)

// kindRecorded is what the cache keeps of records that were attached: under what
// they were made of, the digests of the artifact and of the signed bundle.
const kindRecorded = "recorded"

// recording is the build record that a push attaches to its image.
type recording struct {
	p       *Pipeline
	plan    *Plan
	built   *packed
	at      name.Digest
	signing *signing
}

// attach attaches the build record to the image, unless it is there. It returns
// the digest of the manifest that holds it. What goes wrong is noted: a record is
// of use to the next push, and no more.
func (r *recording) attach(ctx context.Context) string {
	if known, ok := r.known(ctx); ok {
		return known
	}
	var digest string
	err := r.p.report.Stage(report.StageRecord, "recording what the image is made of", func() (string, error) {
		content, err := r.content(ctx)
		if err != nil {
			return "", err
		}
		digest, err = r.push(ctx, content)
		if err != nil && ctx.Err() == nil {
			r.p.report.Note(report.StageRecord, fmt.Sprintf("the image has no build record, so that the next push can take nothing from it: %v", err))
			return "failed", nil
		}
		return digest, err
	})
	if err != nil && ctx.Err() == nil {
		r.p.report.Note(report.StageRecord, fmt.Sprintf("the image has no build record: %v", err))
	}
	return digest
}

// id identifies what the record is made of and who signs it.
func (r *recording) id() string {
	parts := []string{"record 1", r.at.Name(), fmt.Sprint(record.Format), fmt.Sprint(r.plan.target.Facts.Format)}
	if r.plan.set != nil {
		parts = append(parts, r.plan.set.Key())
	}
	if key := r.signing.key; key != nil {
		parts = append(parts, key.ID())
	}
	return layers.NewKey(parts...).String()
}

// attached returns the digests of the manifests that hold the record, where the
// cache knows that they were attached.
func (r *recording) attached() []string {
	data, ok := r.p.opt.Cache.Get(kindRecorded, r.id())
	if !ok {
		return nil
	}
	return strings.Fields(string(data))
}

// known returns the digest of the record's manifest where the cache knows that it
// was attached and the registry lists it still.
func (r *recording) known(ctx context.Context) (string, bool) {
	want := r.attached()
	there := r.signing.referrers(ctx, r.at)
	if len(want) == 0 || slices.ContainsFunc(want, func(digest string) bool { return !there.Has(digest) }) {
		return "", false
	}
	return want[0], true
}

// push pushes the artifact, and the statement in it once more, signed.
func (r *recording) push(ctx context.Context, content record.Content) (string, error) {
	subject, err := partial.Descriptor(r.built.image)
	if err != nil {
		return "", fmt.Errorf("describing the image: %w", err)
	}
	subject = &v1.Descriptor{MediaType: subject.MediaType, Size: subject.Size, Digest: subject.Digest}
	artifact, err := record.Artifact(content, *subject)
	if err != nil {
		return "", err
	}
	artifacts := []v1.Image{artifact}
	if r.signing.key != nil {
		signer, err := r.signing.key.Open()
		if err != nil {
			return "", err
		}
		what := sign.Attachment{PredicateType: record.PredicateType, Predicate: content.Predicate}
		bundle, err := what.Artifact(signer, *subject)
		if err != nil {
			return "", err
		}
		artifacts = append(artifacts, bundle)
	}
	pushed, err := r.p.opt.Registry.PushReferrers(ctx, r.at.Context(), artifacts...)
	if err != nil {
		return "", err
	}
	all := make([]string, len(pushed))
	for i, d := range pushed {
		all[i] = d.DigestStr()
	}
	_ = r.p.opt.Cache.Put(kindRecorded, r.id(), []byte(strings.Join(all, "\n"))) // it says itself that it can't be written, once
	return all[0], nil
}

// content is the record.
func (r *recording) content(ctx context.Context) (record.Content, error) {
	p, plan := r.p, r.plan
	out := &record.Predicate{
		Format: record.Format, Platform: plan.Platform,
		Options: record.Options{
			Format: layers.FormatVersion, Budget: p.cfg.Layers.Budget, MaxLayer: p.maxLayer(),
			ModTime: p.created.Unix(), SkipRecord: p.opt.SkipRecord,
		},
	}
	content := record.Content{Predicate: out}
	if err := r.base(&content); err != nil {
		return content, err
	}
	for _, pkg := range plan.Packages {
		out.Packages = append(out.Packages, record.Package{Name: pkg.Name, Version: pkg.Version, File: pkg.File, SHA256: pkg.SHA256, Size: pkg.Size})
	}
	if plan.set != nil {
		out.Install = contents.InstallParts(plan.set.Target, p.opt.SkipRecord, p.created)
		if err := r.wheels(ctx, &content); err != nil {
			return content, err
		}
	}
	return content, r.layers(out)
}

// base describes the base, with its facts.
func (r *recording) base(content *record.Content) error {
	config, err := r.plan.base.Image.ConfigName()
	if err != nil {
		return fmt.Errorf("reading the base's configuration: %w", err)
	}
	b := &content.Predicate.Base
	b.Name, b.Digest, b.Config, b.Layers = r.plan.base.Name, r.plan.Base.Digest, config.String(), r.plan.Base.Layers
	facts, err := json.Marshal(r.plan.target.Facts)
	if err != nil {
		return fmt.Errorf("encoding the facts about the base: %w", err)
	}
	packed, err := record.Compress(facts)
	if err != nil {
		return err
	}
	content.Facts, b.Facts = record.NewBlob(record.FactsType, packed)
	return nil
}

// wheels describes the wheels and what they tell together.
func (r *recording) wheels(ctx context.Context, content *record.Content) error {
	set := r.plan.set
	for _, w := range set.Wheels {
		content.Predicate.Wheels = append(content.Predicate.Wheels, record.Wheel{
			Name: w.Pin.Normalized, Version: w.Pin.VersionText, File: w.Source.Name, SHA256: w.Source.Digest(), Size: w.Source.Size,
		})
	}
	s := &record.Set{}
	if !set.Outlined() {
		facts, err := json.Marshal(set.Facts)
		if err != nil {
			return fmt.Errorf("encoding the facts about the wheels: %w", err)
		}
		s.Key, s.Facts = set.Key(), facts
	}
	content.Predicate.Set = s
	packed, err := r.p.supply.Listings(ctx, set)
	switch {
	case err != nil:
		return err
	case len(packed) > 0:
		content.Listings, s.Listings = record.NewBlob(record.ListingsType, packed)
	default:
		// Somebody else has told of this very set: the same blob goes on.
		for _, f := range r.p.elsewhere.seen() {
			if other := f.Predicate.Set; other != nil && other.Key == s.Key && s.Key != "" {
				if blob, ok := f.BlobLayer(other.Listings); ok {
					content.Listings, s.Listings = blob, other.Listings
					break
				}
			}
		}
	}
	if s.Listings != nil {
		s.ListingKey = set.ListingKey(r.p.opt.SkipRecord)
	}
	return nil
}

// layers describes the layers on top of the base.
func (r *recording) layers(out *record.Predicate) error {
	byFile := make(map[string]int, len(out.Wheels))
	for i, w := range out.Wheels {
		byFile[w.File] = i
	}
	for i, l := range r.built.layers {
		planned := &r.plan.Layers[i]
		d, err := partial.Descriptor(l.Layer)
		if err != nil {
			return fmt.Errorf("describing layer %q: %w", l.name, err)
		}
		diffID, err := l.DiffID()
		if err != nil {
			return fmt.Errorf("reading the diffID of layer %q: %w", l.name, err)
		}
		one := record.Layer{
			Kind: string(planned.Kind), Name: l.name, Key: l.key,
			Digest: d.Digest.String(), DiffID: diffID.String(), Size: d.Size,
		}
		if l.key != "" {
			out.SetInputs(&one, planned.KeyParts)
		}
		for _, file := range planned.Wheels {
			at, ok := byFile[file]
			if !ok {
				return errors.New("a layer has a wheel that the image doesn't have")
			}
			one.Wheels = append(one.Wheels, at)
		}
		out.Layers = append(out.Layers, one)
	}
	return nil
}
