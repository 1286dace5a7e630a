package record_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	ggcr "github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"

	"github.com/assemble-image/assemble/internal/embeddedbase"
	"github.com/assemble-image/assemble/internal/record"
	"github.com/assemble-image/assemble/internal/registry"
	"github.com/assemble-image/assemble/internal/trust"
	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/manifest"
	"github.com/assemble-image/assemble/sign"
)

var platform = v1.Platform{OS: "linux", Architecture: "arm64"}

// lab is a registry with an image of one layer of ours, and its record.
type lab struct {
	client  *registry.Client
	repo    name.Repository
	img     v1.Image
	subject v1.Descriptor
	record  *record.Predicate
	answer  func(w http.ResponseWriter, r *http.Request) bool // instead of the registry
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func newLab(t *testing.T, api bool) *lab {
	t.Helper()
	l := &lab{}
	next := ggcr.New(ggcr.Logger(log.New(io.Discard, "", 0)), ggcr.WithReferrersSupport(api))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if l.answer == nil || !l.answer(w, r) {
			next.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	l.client = registry.New(registry.Options{Backoff: time.Millisecond})
	l.repo = must(registry.ParseRepository(strings.TrimPrefix(server.URL, "http://")+"/app", false))(t)

	base := must(embeddedbase.Open())(t)
	inputs := []string{"app", "0", strings.Repeat("ab", 32)}
	key := layers.NewKey(inputs...)
	list, err := layers.Build(t.Context(), []layers.Spec{{Name: "app", Key: key, Entries: func() ([]layers.Entry, error) {
		return []layers.Entry{{Path: "app.py", Mode: 0o644, Data: []byte("print(1)\n"), Size: 9}}, nil
	}}}, layers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	l.img = must(manifest.Assemble(base, []manifest.Addition{{Layer: list[0], CreatedBy: "app", Key: key.String()}}, manifest.Config{}, manifest.Options{}))(t)
	at := must(l.client.PushManifest(t.Context(), l.repo, l.img))(t)
	if err := l.client.Tag(t.Context(), at, l.repo.Tag("1")); err != nil {
		t.Fatal(err)
	}
	l.subject = *must(partial.Descriptor(l.img))(t)
	l.subject = v1.Descriptor{MediaType: l.subject.MediaType, Size: l.subject.Size, Digest: l.subject.Digest}
	d, diffID := must(partial.Descriptor(list[0]))(t), must(list[0].DiffID())(t)
	l.record = &record.Predicate{
		Format: record.Format, Platform: "linux/arm64",
		Base:    record.Base{Digest: must(base.Digest())(t).String(), Config: must(base.ConfigName())(t).String(), Layers: 1},
		Options: record.Options{Format: layers.FormatVersion, Budget: 40, MaxLayer: 1 << 29},
		Layers: []record.Layer{{
			Kind: "app", Name: "app", Key: key.String(), Inputs: inputs,
			Digest: d.Digest.String(), DiffID: diffID.String(), Size: d.Size,
		}},
	}
	return l
}

// attach attaches the record without a signature.
func (l *lab) attach(t *testing.T) {
	t.Helper()
	img := must(record.Artifact(record.Content{Predicate: l.record}, l.subject))(t)
	must(l.client.PushReferrer(t.Context(), l.repo, img))(t)
}

// attest attaches a signed statement.
func (l *lab) attest(t *testing.T, key *sign.Signer, subject v1.Descriptor, what sign.Attachment) {
	t.Helper()
	img := must(what.Artifact(key, subject))(t)
	must(l.client.PushReferrer(t.Context(), l.repo, img))(t)
}

func (l *lab) lookup(ctx context.Context, who record.Trust) (*record.Found, error) {
	return record.Lookup(ctx, l.client, l.repo.Tag("1").Name(), platform, who)
}

// newKey makes a key without a password, which opens at once.
func newKey(t *testing.T) *sign.Signer {
	t.Helper()
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	der := must(x509.MarshalPKCS8PrivateKey(key))(t)
	return must(sign.LoadSigner(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil))(t)
}

// keyed trusts what a key has signed.
func keyed(key *sign.Signer) record.Trust {
	return record.Trust{Keys: func() ([]trust.PublicKey, error) {
		return []trust.PublicKey{{Verifier: key.Verifier(), Name: "ours"}}, nil
	}}
}

// TestHostileRecords is issue 13, "Bad input": each record is refused for what is
// wrong with it, and names the layer that it lies about.
func TestHostileRecords(t *testing.T) {
	zeros := "sha256:" + strings.Repeat("0", 64)
	for _, tt := range []struct {
		name  string
		spoil func(*record.Predicate)
		want  error // nil for a good one
		text  string
	}{
		{name: "good", spoil: func(*record.Predicate) {}},
		{name: "a key of its own", spoil: func(p *record.Predicate) { p.Layers[0].Key = strings.Repeat("0", 64) }, want: record.ErrLie, text: "key of layer"},
		{name: "other inputs", spoil: func(p *record.Predicate) { p.Layers[0].Inputs[2] = strings.Repeat("cd", 32) }, want: record.ErrLie, text: "key of layer"},
		{name: "inputs and key of another layer", spoil: func(p *record.Predicate) {
			p.Layers[0].Inputs = []string{"wheels", "torch"}
			p.Layers[0].Key = layers.NewKey("wheels", "torch").String()
		}, want: record.ErrLie, text: "another key in the image"},
		{name: "parts that aren't there", spoil: func(p *record.Predicate) { p.Layers[0].Install, p.Layers[0].At = true, 99 }, want: record.ErrLie},
		{name: "negative place of parts", spoil: func(p *record.Predicate) { p.Layers[0].Install, p.Layers[0].At = true, -1 }, want: record.ErrLie},
		{name: "digest", spoil: func(p *record.Predicate) { p.Layers[0].Digest = zeros }, want: record.ErrLie, text: "another blob"},
		{name: "no digest", spoil: func(p *record.Predicate) { p.Layers[0].Digest = "sha512:" + strings.Repeat("0", 128) }, want: record.ErrLie},
		{name: "size", spoil: func(p *record.Predicate) { p.Layers[0].Size++ }, want: record.ErrLie, text: "another blob"},
		{name: "negative size", spoil: func(p *record.Predicate) { p.Layers[0].Size = -1 }, want: record.ErrLie},
		{name: "diffID", spoil: func(p *record.Predicate) { p.Layers[0].DiffID = zeros }, want: record.ErrLie, text: "another diffID"},
		{name: "more layers than the image", spoil: func(p *record.Predicate) {
			p.Layers = append(p.Layers, p.Layers[0], p.Layers[0], p.Layers[0])
		}, want: record.ErrLie},
		{name: "200 layers", spoil: func(p *record.Predicate) {
			for len(p.Layers) < 200 {
				p.Layers = append(p.Layers, p.Layers[0])
			}
		}, want: record.ErrLie},
		{name: "a wheel that isn't listed", spoil: func(p *record.Predicate) { p.Layers[0].Wheels = []int{3} }, want: record.ErrLie},
		{name: "a wheel that the layer isn't made of", spoil: func(p *record.Predicate) {
			p.Wheels = []record.Wheel{{Name: "torch", Version: "1", File: "torch-1-py3-none-any.whl", SHA256: strings.Repeat("0", 64), Size: 1}}
			p.Layers[0].Wheels = []int{0}
		}, want: record.ErrLie},
		{name: "a wheel with a path", spoil: func(p *record.Predicate) {
			p.Wheels = []record.Wheel{{File: "../torch-1-py3-none-any.whl", SHA256: strings.Repeat("0", 64), Size: 1}}
		}, want: record.ErrLie},
		{name: "platform", spoil: func(p *record.Predicate) { p.Platform = "linux/amd64" }, want: record.ErrLie, text: "linux/amd64"},
		{name: "format", spoil: func(p *record.Predicate) { p.Format = 2 }, want: record.ErrFormat},
		{name: "format of layers", spoil: func(p *record.Predicate) { p.Options.Format = 99 }, want: record.ErrFormat},
	} {
		for _, signed := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, signed=%t", tt.name, signed), func(t *testing.T) {
				l := newLab(t, true)
				tt.spoil(l.record)
				who := record.Trust{Unsigned: true}
				if signed {
					key := newKey(t)
					l.attest(t, key, l.subject, sign.Attachment{PredicateType: record.PredicateType, Predicate: l.record})
					who = keyed(key)
				} else {
					l.attach(t)
				}
				found, err := l.lookup(t.Context(), who)
				if tt.want == nil {
					if err != nil {
						t.Fatal(err)
					}
					if _, ok := found.Layer(l.record.Layers[0].Key, "x"); !ok {
						t.Error("the layer isn't found by its key")
					}
					return
				}
				if !errors.Is(err, tt.want) || !strings.Contains(fmt.Sprint(err), tt.text) {
					t.Errorf("%v, want %v with %q", err, tt.want, tt.text)
				}
			})
		}
	}
}

// TestWhoCounts holds that a signed push trusts nothing but a record about this
// very image that one of the keys has signed, whatever lies beside it.
func TestWhoCounts(t *testing.T) {
	ours, theirs := newKey(t), newKey(t)
	keys := keyed(ours)
	for _, api := range []bool{true, false} {
		for _, tt := range []struct {
			name   string
			attach func(*testing.T, *lab)
			want   error
		}{
			{"nothing", func(*testing.T, *lab) {}, record.ErrNone},
			{"unsigned", func(t *testing.T, l *lab) { l.attach(t) }, record.ErrUntrusted},
			{"another key", func(t *testing.T, l *lab) {
				l.attest(t, theirs, l.subject, sign.Attachment{PredicateType: record.PredicateType, Predicate: l.record})
			}, record.ErrUntrusted},
			{"unsigned, and the image itself signed", func(t *testing.T, l *lab) {
				l.attach(t)
				l.attest(t, ours, l.subject, sign.Attachment{})
			}, record.ErrUntrusted},
			{"another statement", func(t *testing.T, l *lab) {
				l.attest(t, ours, l.subject, sign.Attachment{PredicateType: sign.PredicateProvenance, Predicate: l.record})
			}, record.ErrUntrusted},
			{"ours beside others'", func(t *testing.T, l *lab) {
				l.attach(t)
				l.attest(t, theirs, l.subject, sign.Attachment{PredicateType: record.PredicateType, Predicate: l.record})
				l.attest(t, ours, l.subject, sign.Attachment{PredicateType: record.PredicateType, Predicate: l.record})
			}, nil},
			{"replayed from another image", func(t *testing.T, l *lab) {
				// The envelope is about another image, and only the artifact's subject, which
				// nobody has signed, names this one.
				other := l.subject
				other.Digest.Hex = strings.Repeat("a", 64)
				l.readdress(t, must(sign.Attachment{PredicateType: record.PredicateType, Predicate: l.record}.Artifact(ours, other))(t))
			}, record.ErrUntrusted},
		} {
			t.Run(fmt.Sprintf("%s, API=%t", tt.name, api), func(t *testing.T) {
				l := newLab(t, api)
				tt.attach(t, l)
				found, err := l.lookup(t.Context(), keys)
				if !errors.Is(err, tt.want) {
					t.Fatalf("%v, want %v", err, tt.want)
				}
				if err == nil && found.Key != "ours" {
					t.Errorf("signed by %q", found.Key)
				}
			})
		}
	}
}

// readdress pushes an artifact with this image as its subject.
func (l *lab) readdress(t *testing.T, img v1.Image) {
	t.Helper()
	m := must(img.Manifest())(t)
	m.Subject = &l.subject
	raw := must(json.Marshal(m))(t)
	must(l.client.PushReferrer(t.Context(), l.repo, must(partial.CompressedToImage(readdressed{img, raw}))(t)))(t)
}

type readdressed struct {
	v1.Image
	raw []byte
}

func (r readdressed) RawManifest() ([]byte, error) { return r.raw, nil }
func (r readdressed) LayerByDigest(h v1.Hash) (partial.CompressedLayer, error) {
	return r.Image.LayerByDigest(h)
}

// TestMillionEntries: a record of a million entries costs neither time nor memory.
func TestMillionEntries(t *testing.T) {
	for name, doc := range map[string]string{
		"layers": `{"format":1,"layers":[` + strings.Repeat("{},", 1_000_000) + `{}]}`,
		"wheels": `{"format":1,"wheels":[` + strings.Repeat("{},", 1_000_000) + `{}]}`,
		"inputs": `{"format":1,"options":{"layersFormat":1},"layers":[{"inputs":[` + strings.Repeat(`"",`, 1_000_000) + `""]}]}`,
		"nested": `{"format":1,"set":{"facts":` + strings.Repeat("[", 1_000_000) + strings.Repeat("]", 1_000_000) + `}}`,
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			begun := time.Now()
			if _, err := record.Parse([]byte(doc)); err == nil {
				t.Error("it is taken")
			}
			runtime.ReadMemStats(&after)
			if grown := after.TotalAlloc - before.TotalAlloc; grown > 64<<20 || time.Since(begun) > 5*time.Second {
				t.Errorf("%d MB in %v", grown>>20, time.Since(begun))
			}
		})
	}
}

// TestBadRegistries: whatever the registry answers ends in an error, soon.
func TestBadRegistries(t *testing.T) {
	for _, path := range []string{"/manifests/1", "/blobs/sha256", "/referrers/"} {
		for name, answer := range map[string]func(http.ResponseWriter, *http.Request){
			"401": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) },
			"429": func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", "3600")
				w.WriteHeader(http.StatusTooManyRequests)
			},
			"500":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
			"slow": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
			"half a body": func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "1000")
				_, _ = io.Copy(w, bytes.NewReader(make([]byte, 500)))
			},
			"garbage": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") },
		} {
			t.Run(path+" "+name, func(t *testing.T) {
				t.Parallel()
				l := newLab(t, true)
				l.attach(t)
				l.answer = func(w http.ResponseWriter, r *http.Request) bool {
					if !strings.Contains(r.URL.Path, path) {
						return false
					}
					answer(w, r)
					return true
				}
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
				defer cancel()
				begun := time.Now()
				_, err := l.lookup(ctx, record.Trust{Unsigned: true})
				if err == nil {
					t.Error("it is found")
				}
				if d := time.Since(begun); d > 5*time.Second {
					t.Errorf("it took %v", d)
				}
			})
		}
	}
}

// TestArtifactIsDeterministic: the same record gives the same bytes.
func TestArtifactIsDeterministic(t *testing.T) {
	l := newLab(t, true)
	digest := func() v1.Hash {
		img := must(record.Artifact(record.Content{Predicate: l.record}, l.subject))(t)
		return must(img.Digest())(t)
	}
	if a, b := digest(), digest(); a != b {
		t.Errorf("%s and %s", a, b)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"format":1,"options":{"layersFormat":1},"layers":[{"key":"00","inputs":["a"],"install":true,"at":1}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := record.Parse(raw)
		if err != nil {
			return
		}
		again, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := record.Parse(again); err != nil {
			t.Errorf("what was read isn't read again: %v", err)
		}
	})
}
