package main

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/validate"
	"github.com/rogpeppe/go-internal/testscript"
)

// showImage is image REF FILE: it writes what an image has into FILE, once the
// image is found to be sound: configuration and annotations as JSON, and each
// layer's history and paths. REF is oci:DIR, docker-archive:FILE or a reference
// in the registry.
func showImage(ts *testscript.TestScript, _ bool, args []string) {
	img, err := imageAt(ts, args[0])
	ts.Check(err)
	ts.Check(validate.Image(img))
	var b bytes.Buffer
	m, err := img.Manifest()
	ts.Check(err)
	fmt.Fprintln(&b, "type", m.MediaType)
	raw, err := img.RawConfigFile()
	ts.Check(err)
	var config struct{ Config json.RawMessage }
	ts.Check(json.Unmarshal(raw, &config))
	fmt.Fprintf(&b, "config %s\n", config.Config)
	annotations, err := json.Marshal(m.Annotations)
	ts.Check(err)
	fmt.Fprintf(&b, "annotations %s\n", annotations)
	list, err := img.Layers()
	ts.Check(err)
	for _, l := range list {
		ts.Check(showLayer(&b, l))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), b.Bytes(), 0o600))
}

func imageAt(ts *testscript.TestScript, ref string) (v1.Image, error) {
	if file, ok := strings.CutPrefix(ref, "docker-archive:"); ok {
		return tarball.ImageFromPath(ts.MkAbs(file), nil)
	}
	dir, ok := strings.CutPrefix(ref, "oci:")
	if !ok {
		r, err := name.ParseReference(ref, name.Insecure)
		if err != nil {
			return nil, err
		}
		return remote.Image(r)
	}
	index, err := layout.ImageIndexFromPath(ts.MkAbs(dir))
	if err != nil {
		return nil, err
	}
	m, err := index.IndexManifest()
	if err != nil {
		return nil, err
	}
	return index.Image(m.Manifests[0].Digest)
}

// showLayer writes a line for each path: mode, owner, size, path, and where a
// link leads; of small texts the content, too.
func showLayer(w io.Writer, l v1.Layer) error {
	size, err := l.Size()
	if err != nil {
		return err
	}
	fmt.Fprintln(w, "layer", size)
	in, err := l.Uncompressed()
	if err != nil {
		return err
	}
	for r := tar.NewReader(in); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return in.Close()
		}
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s %d:%d %d %s", h.FileInfo().Mode(), h.Uid, h.Gid, h.Size, h.Name)
		if h.Linkname != "" {
			fmt.Fprintf(w, " -> %s", h.Linkname)
		}
		if text, err := io.ReadAll(io.LimitReader(r, 4<<10)); err != nil {
			return err
		} else if h.Size > 0 && h.Size < 4<<10 && !bytes.ContainsRune(text, 0) {
			fmt.Fprintf(w, " %q", text)
		}
		fmt.Fprintln(w)
	}
}

// showArtifacts is artifacts REPO FILE: it writes the manifests and configurations
// of the models in a repository into FILE, and the files are checked.
func showArtifacts(ts *testscript.TestScript, _ bool, args []string) {
	repo, err := name.NewRepository(args[0], name.Insecure)
	ts.Check(err)
	tags, err := remote.List(repo)
	ts.Check(err)
	var b bytes.Buffer
	for _, tag := range tags {
		if !strings.HasPrefix(tag, "model-") {
			continue
		}
		desc, err := remote.Get(repo.Tag(tag))
		ts.Check(err)
		fmt.Fprintf(&b, "%s %s\n", tag, desc.Manifest)
		img, err := desc.Image()
		ts.Check(err)
		m, err := img.Manifest()
		ts.Check(err)
		for _, d := range append(m.Layers, m.Config) {
			l, err := remote.Layer(repo.Digest(d.Digest.String()))
			ts.Check(err)
			in, err := l.Compressed()
			ts.Check(err)
			data, err := io.ReadAll(in)
			ts.Check(errors.Join(err, in.Close()))
			if got, _, _ := v1.SHA256(bytes.NewReader(data)); got != d.Digest || int64(len(data)) != d.Size {
				ts.Fatalf("%s has %d bytes and the digest %s", d.Digest, len(data), got)
			}
			if d.Digest == m.Config.Digest {
				fmt.Fprintf(&b, "%s\n", data)
			}
		}
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), b.Bytes(), 0o600))
}
