package manifest_test

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/assemble-image/assemble/internal/embeddedbase"
	"github.com/assemble-image/assemble/manifest"
)

// member is an entry of a tar made by hand.
type member struct {
	name, content, link string
	kind                byte
}

func writeTar(t testing.TB, members ...member) string {
	t.Helper()
	var buf bytes.Buffer
	tw := tar.NewWriter(&buf)
	for _, m := range members {
		hdr := &tar.Header{Name: m.name, Size: int64(len(m.content)), Linkname: m.link, Typeflag: m.kind, Mode: 0o644}
		must(t, tw.WriteHeader(hdr))
		_, err := tw.Write([]byte(m.content))
		must(t, err)
	}
	must(t, tw.Close())
	file := filepath.Join(t.TempDir(), "made.tar")
	must(t, os.WriteFile(file, buf.Bytes(), 0o644))
	return file
}

// oldSave is what `docker save` wrote before version 25: plain layers, each
// in a directory, equal ones linked.
func oldSave(t testing.TB) []member {
	t.Helper()
	layer := string(embeddedbase.Tar(embeddedbase.File{Path: "etc/"}, embeddedbase.File{Path: "etc/x", Data: "x"}))
	h, _, err := v1.SHA256(strings.NewReader(layer))
	must(t, err)
	cf := v1.ConfigFile{OS: "linux", Architecture: "arm64", RootFS: v1.RootFS{Type: "layers", DiffIDs: []v1.Hash{h, h}}}
	config, err := json.Marshal(cf)
	must(t, err)
	list := `[{"Config":"c.json","RepoTags":["a:1","b:1"],"Layers":["one/layer.tar","two/layer.tar"]},{"Config":"c.json","RepoTags":null,"Layers":[]}]`
	return []member{
		{name: "one/", kind: tar.TypeDir},
		{name: "./one/layer.tar", content: layer, kind: tar.TypeReg},
		{name: "two/layer.tar", link: "../one/layer.tar", kind: tar.TypeSymlink},
		{name: "c.json", content: string(config), kind: tar.TypeReg},
		{name: "manifest.json", content: list, kind: tar.TypeReg},
	}
}

func TestOldDockerArchives(t *testing.T) {
	file := writeTar(t, oldSave(t)...)
	img, err := manifest.ReadDockerArchive(t.Context(), file, "b:1", arm64)
	must(t, err)
	layers, err := img.Layers()
	must(t, err)
	if len(layers) != 2 {
		t.Fatalf("there are %d layers", len(layers))
	}
	for _, l := range layers {
		mt, err := l.MediaType()
		must(t, err)
		if mt != types.DockerUncompressedLayer {
			t.Errorf("a plain layer is called %s", mt)
		}
		must(t, drain(l.Compressed))
		must(t, drain(l.Uncompressed))
	}
	if _, err := manifest.ReadDockerArchive(t.Context(), file, "", arm64); err == nil || !strings.Contains(err.Error(), `2 images; name one: "a:1", "b:1"`) {
		t.Errorf("without a tag the error is %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	packed := filepath.Join(t.TempDir(), "x.tar")
	must(t, manifest.WriteDockerArchive(t.Context(), packed, embeddedbase.Image(embeddedbase.Options{}), tagged("")))
	if _, err := manifest.ReadDockerArchive(ctx, packed, "", arm64); !errors.Is(err, context.Canceled) {
		t.Errorf("with the context over, the error is %v", err)
	}
}

func TestArchivesThatAreRefused(t *testing.T) {
	old := oldSave(t)
	with := func(change func([]member) []member) string {
		return writeTar(t, change(append([]member(nil), old...))...)
	}
	replace := func(content string) func([]member) []member {
		return func(m []member) []member { m[4].content = content; return m }
	}
	for _, tt := range []struct {
		name, file, want string
	}{
		{"twice", with(func(m []member) []member { return append(m, m[3]) }), `duplicate entry "c.json"`},
		{"a device", with(func(m []member) []member { return append(m, member{name: "d", kind: tar.TypeChar}) }), "image archives don't contain"},
		{"no list", with(func(m []member) []member { return m[:4] }), `no file "manifest.json"`},
		{"no layer", with(func(m []member) []member { return append(m[:1:1], m[2:]...) }), `no file "one/layer.tar"`},
		{"a loop", with(func(m []member) []member { m[2].link = "layer.tar"; return m }), "no file"},
		{"escaping", with(func(m []member) []member { m[2].link = "../../../../../../etc/passwd"; return m }), "no file"},
		{"layers too few", with(replace(`[{"Config":"c.json","RepoTags":["b:1"],"Layers":["one/layer.tar"]}]`)), "lists 1 layers, the configuration 2"},
		{"not JSON", with(replace(`[{`)), "manifest.json"},
		{"no configuration", with(replace(`[{"Config":"../../etc/passwd","RepoTags":["b:1"],"Layers":[]}]`)), "no file"},
		{"wrong layer", with(func(m []member) []member { m[1].content = "plain"; return m }), ""},
		{"not a tar", writeFile(t, strings.Repeat("x", 2000)), "reading the entries"},
		{"empty", writeFile(t, ""), "not a tar archive"},
		{"compressed", writeFile(t, "\x1f\x8b\x08\x00"+strings.Repeat("x", 2000)), "the archive is compressed"},
		{"missing", filepath.Join(t.TempDir(), "none.tar"), "no such file"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			img, err := manifest.ReadDockerArchive(t.Context(), tt.file, "b:1", arm64)
			if tt.want != "" {
				if err == nil || img != nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), tt.file) {
					t.Errorf("the error is %v, not about %q", err, tt.want)
				}
				return
			}
			must(t, err) // a layer's bytes are checked when they are read
			layers, err := img.Layers()
			must(t, err)
			if err := drain(layers[1].Uncompressed); !errors.Is(err, manifest.ErrCorrupt) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

func writeFile(t testing.TB, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, []byte(content), 0o644))
	return file
}

// FuzzArchives: whatever the file holds, both readers end, return no image
// besides an error, and an image's documents are those it is named by.
func FuzzArchives(f *testing.F) {
	// Small seeds, since the fuzzer tries to shrink what it finds.
	old := writeTar(f, oldSave(f)...)
	f.Add(readFile(f, old))
	img, err := manifest.ReadDockerArchive(f.Context(), old, "a:1", v1.Platform{})
	must(f, err)
	for _, write := range writers() {
		file := filepath.Join(f.TempDir(), "x.tar")
		must(f, write(f.Context(), file, img, tagged("x:1")))
		f.Add(readFile(f, file))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		file := filepath.Join(t.TempDir(), "x.tar")
		must(t, os.WriteFile(file, b, 0o644))
		read := map[string]func() (v1.Image, error){
			"oci":    func() (v1.Image, error) { return manifest.ReadOCIArchive(file, "", v1.Platform{}) },
			"docker": func() (v1.Image, error) { return manifest.ReadDockerArchive(t.Context(), file, "", v1.Platform{}) },
		}
		for kind, open := range read {
			img, err := open()
			if err != nil {
				if img != nil {
					t.Fatalf("%s: an image besides an error", kind)
				}
				continue
			}
			raw, err := img.RawConfigFile()
			must(t, err)
			if h, _, _ := v1.SHA256(bytes.NewReader(raw)); h != mustHash(t, img.ConfigName) {
				t.Fatalf("%s: the configuration isn't the one that is named", kind)
			}
			layers, err := img.Layers()
			must(t, err)
			for _, l := range layers {
				if err := drain(l.Compressed); err != nil && !errors.Is(err, manifest.ErrCorrupt) && !errors.Is(err, os.ErrNotExist) {
					t.Fatalf("%s: %v", kind, err)
				}
			}
		}
	})
}
