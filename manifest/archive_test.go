package manifest_test

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/assemble-image/assemble/internal/testbase"
	"github.com/assemble-image/assemble/manifest"
)

type archiveWriter func(context.Context, string, v1.Image, manifest.LayoutOptions) error

func writers() map[string]archiveWriter {
	return map[string]archiveWriter{"oci": manifest.WriteOCIArchive, "docker": manifest.WriteDockerArchive}
}

func TestOCIArchiveRoundTrip(t *testing.T) {
	for _, docker := range []bool{false, true} {
		file := filepath.Join(t.TempDir(), "image.tar")
		img := assemble(t, testbase.Image(testbase.Options{Docker: docker}))
		must(t, manifest.WriteOCIArchive(t.Context(), file, img, tagged("v1")))
		for _, ref := range []string{"", "v1", digestOf(t, img).String()} {
			got, err := manifest.ReadOCIArchive(file, ref, arm64)
			must(t, err)
			if digestOf(t, got) != digestOf(t, img) {
				t.Errorf("%q is %s", ref, digestOf(t, got))
			}
			must(t, validate.Image(got))
		}
		if _, err := manifest.ReadOCIArchive(file, "v2", arm64); err == nil || !strings.Contains(err.Error(), `only "v1"`) {
			t.Errorf("for an unknown tag the error is %v", err)
		}
		var perr *manifest.PlatformError
		if _, err := manifest.ReadOCIArchive(file, "", v1.Platform{OS: "linux", Architecture: "amd64"}); !errors.As(err, &perr) {
			t.Errorf("for another platform the error is %v", err)
		}
	}
}

func TestDockerArchiveRoundTrip(t *testing.T) {
	for _, docker := range []bool{false, true} {
		file := filepath.Join(t.TempDir(), "image.tar")
		img := assemble(t, testbase.Image(testbase.Options{Docker: docker}))
		must(t, manifest.WriteDockerArchive(t.Context(), file, img, tagged("python:3.10")))
		for _, ref := range []string{"", "python:3.10", "docker.io/library/python:3.10"} {
			got, err := manifest.ReadDockerArchive(t.Context(), file, ref, arm64)
			must(t, err)
			must(t, validate.Image(got))
			if a, b := mustHash(t, got.ConfigName), mustHash(t, img.ConfigName); a != b {
				t.Errorf("the configuration is %s, not %s", a, b)
			}
			// A Docker image comes back as it was, but for the annotations.
			if diff := cmp.Diff(manifestOf(t, img).Layers, manifestOf(t, got).Layers); docker && diff != "" {
				t.Errorf("-written +read:\n%s", diff)
			}
		}
		tag, err := name.NewTag("python:3.10")
		must(t, err)
		theirs, err := tarball.ImageFromPath(file, &tag)
		must(t, err)
		must(t, validate.Image(theirs))
		for ref, want := range map[string]string{"python:3.11": `only "index.docker.io/library/python:3.10"`, "Not A Tag": "tag"} {
			if _, err := manifest.ReadDockerArchive(t.Context(), file, ref, arm64); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("for %q the error is %v", ref, err)
			}
		}
		if _, err := manifest.ReadDockerArchive(t.Context(), file, "", v1.Platform{OS: "linux", Architecture: "amd64"}); err == nil {
			t.Error("it opens for another platform")
		}
	}
}

func mustHash(t *testing.T, f func() (v1.Hash, error)) v1.Hash {
	t.Helper()
	h, err := f()
	must(t, err)
	return h
}

func TestArchivesAreDeterministic(t *testing.T) {
	for kind, write := range writers() {
		dir := t.TempDir()
		var got [2][]byte
		for i := range got {
			file := filepath.Join(dir, fmt.Sprint(i))
			must(t, write(t.Context(), file, assemble(t, testbase.Image(testbase.Options{})), tagged("example.com/x:1")))
			got[i] = readFile(t, file)
		}
		if !bytes.Equal(got[0], got[1]) {
			t.Errorf("%s archives of one image differ", kind)
		}
		tr := tar.NewReader(bytes.NewReader(got[0]))
		for {
			hdr, err := tr.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			must(t, err)
			if hdr.Format != tar.FormatUSTAR || hdr.Mode != 0o644 || hdr.ModTime.Unix() != 0 || hdr.Uname+hdr.Gname != "" || hdr.Uid+hdr.Gid != 0 {
				t.Errorf("%s: %q has header %+v", kind, hdr.Name, hdr)
			}
		}
	}
}

func TestArchivesAppearWholeOrNotAtAll(t *testing.T) {
	img := assemble(t, testbase.Image(testbase.Options{}))
	for kind, write := range writers() {
		for fault, open := range faulty(t, img) {
			t.Run(kind+" "+fault, func(t *testing.T) {
				dir := t.TempDir()
				file := filepath.Join(dir, "image.tar")
				must(t, os.WriteFile(file, []byte("old"), 0o644))
				err := write(t.Context(), file, withLayer(t, img, open), tagged("x:1"))
				if !errors.Is(err, manifest.ErrCorrupt) && !errors.Is(err, errBroken) && !errors.Is(err, tar.ErrWriteTooLong) {
					t.Errorf("the error is %v", err)
				}
				if got := readFile(t, file); string(got) != "old" {
					t.Error("the old file is gone")
				}
				checkNoTemp(t, dir)
			})
		}
	}
	for kind, write := range writers() {
		if err := write(t.Context(), filepath.Join(t.TempDir(), "no", "x.tar"), img, tagged("")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: without a directory the error is %v", kind, err)
		}
		if err := write(t.Context(), filepath.Join(t.TempDir(), "x.tar"), img, tagged("Not A Tag")); err == nil {
			t.Errorf("%s: a wrong tag is taken", kind)
		}
	}
}

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
	layer := string(testbase.Tar(testbase.File{Path: "etc/"}, testbase.File{Path: "etc/x", Data: "x"}))
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
	if _, err := manifest.ReadDockerArchive(t.Context(), file, "", arm64); err == nil || !strings.Contains(err.Error(), `2 images, and one must be named: there is only "a:1", "b:1"`) {
		t.Errorf("without a tag the error is %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	packed := filepath.Join(t.TempDir(), "x.tar")
	must(t, manifest.WriteDockerArchive(t.Context(), packed, testbase.Image(testbase.Options{}), tagged("")))
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
		{"twice", with(func(m []member) []member { return append(m, m[3]) }), `"c.json" is there twice`},
		{"a device", with(func(m []member) []member { return append(m, member{name: "d", kind: tar.TypeChar}) }), "image archive doesn't have"},
		{"no list", with(func(m []member) []member { return m[:4] }), `no file "manifest.json"`},
		{"no layer", with(func(m []member) []member { return append(m[:1:1], m[2:]...) }), `no file "one/layer.tar"`},
		{"a loop", with(func(m []member) []member { m[2].link = "layer.tar"; return m }), "no file"},
		{"escaping", with(func(m []member) []member { m[2].link = "../../../../../../etc/passwd"; return m }), "no file"},
		{"layers too few", with(replace(`[{"Config":"c.json","RepoTags":["b:1"],"Layers":["one/layer.tar"]}]`)), "lists 1 layers, the configuration 2"},
		{"not JSON", with(replace(`[{`)), "manifest.json"},
		{"no configuration", with(replace(`[{"Config":"../../etc/passwd","RepoTags":["b:1"],"Layers":[]}]`)), "no file"},
		{"wrong layer", with(func(m []member) []member { m[1].content = "plain"; return m }), ""},
		{"not a tar", writeFile(t, strings.Repeat("x", 2000)), "reading its entries"},
		{"empty", writeFile(t, ""), "it is no tar"},
		{"compressed", writeFile(t, "\x1f\x8b\x08\x00"+strings.Repeat("x", 2000)), "it is compressed"},
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
