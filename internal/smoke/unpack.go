package smoke

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"os"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// hostname is the containers' name for themselves.
const hostname = "smoke"

// unpack applies the blobs one on the other as they arrive, and on top the files
// that a runtime gives a container, and returns the name of the last snapshot.
//
// The snapshots bear the run's own name instead of their chain IDs: so no other
// run depends on them, and all of them can be removed by name.
func (r *run) unpack(ctx context.Context, blobs []*blob) (string, error) {
	parent := ""
	for i, b := range blobs {
		select {
		case <-b.ready:
		case <-ctx.Done():
			return "", ctx.Err()
		}
		name := fmt.Sprintf("%s-layer-%d", r.id, i)
		if err := r.apply(ctx, name, parent, b.desc, b.diffID); err != nil {
			return "", fmt.Errorf("unpacking layer %s: %w", b.desc.Digest, err)
		}
		parent = name
		r.opt.Progress(Event{Stage: StageUnpack, Item: b.desc.Digest.String(), Done: int64(i + 1), Total: int64(len(blobs))})
	}
	files, err := networkFiles(r.opt.HostNetwork)
	if err != nil {
		return "", err
	}
	desc := ocispec.Descriptor{MediaType: ocispec.MediaTypeImageLayer, Digest: digest.FromBytes(files), Size: int64(len(files))}
	if err := content.WriteBlob(ctx, r.server.ContentStore(), r.id+"-files", bytes.NewReader(files), desc); err != nil {
		return "", fmt.Errorf("writing the container's network files: %w", err)
	}
	name := r.id + "-files"
	if err := r.apply(ctx, name, parent, desc, desc.Digest); err != nil {
		return "", fmt.Errorf("unpacking the container's network files: %w", err)
	}
	return name, nil
}

// apply makes the committed snapshot name out of parent and a layer.
func (r *run) apply(ctx context.Context, name, parent string, desc ocispec.Descriptor, diffID digest.Digest) error {
	sn := r.server.SnapshotService(r.server.snapshotter)
	key := name + "-unpack"
	mounts, err := sn.Prepare(ctx, key, parent)
	if err != nil {
		return err
	}
	applied, err := r.server.DiffService().Apply(ctx, desc, mounts)
	if err != nil {
		return err
	}
	if applied.Digest != diffID {
		return fmt.Errorf("its content is %s, the image's configuration says %s", applied.Digest, diffID)
	}
	return sn.Commit(ctx, name, key)
}

// networkFiles is a layer with the files about names that every runtime gives a
// container. As a layer they need no mount, and no path that containerd and this
// process would both have to see.
func networkFiles(hostNetwork bool) ([]byte, error) {
	hosts := "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n127.0.0.1\t" + hostname + "\n"
	// There is no way out of a network namespace with only a loopback: no name
	// server is named, and nobody waits for one.
	resolv := "options timeout:1 attempts:1\n"
	if hostNetwork {
		hosts, resolv = hostFile("/etc/hosts", hosts), hostFile("/etc/resolv.conf", resolv)
	}
	var buf bytes.Buffer
	tw := tar.NewWriter(&buf)
	for _, f := range []struct{ name, text string }{
		{"etc/hostname", hostname + "\n"}, {"etc/hosts", hosts}, {"etc/resolv.conf", resolv},
	} {
		hdr := &tar.Header{Typeflag: tar.TypeReg, Name: f.name, Mode: 0o644, Size: int64(len(f.text)), ModTime: time.Unix(0, 0)}
		if err := tw.WriteHeader(hdr); err != nil {
			return nil, fmt.Errorf("packing %q: %w", f.name, err)
		}
		if _, err := tw.Write([]byte(f.text)); err != nil {
			return nil, fmt.Errorf("packing %q: %w", f.name, err)
		}
	}
	if err := tw.Close(); err != nil {
		return nil, fmt.Errorf("packing the container's network files: %w", err)
	}
	return buf.Bytes(), nil
}

// hostFile is a file of the host, or another text where it has none.
func hostFile(name, otherwise string) string {
	b, err := os.ReadFile(name)
	if err != nil || len(b) > maxAccountFile {
		return otherwise
	}
	return string(b)
}
