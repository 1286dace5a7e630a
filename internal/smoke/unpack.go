package smoke

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// hostname is the hostname inside the containers.
const hostname = "smoke"

// unpack applies the blobs in order as they arrive, then the files that a runtime
// provides, and returns the name of the last snapshot.
//
// The snapshots are named after the run, not by their chain IDs, so that no other
// run depends on them and all of them can be removed by name.
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
	files, err := networkFiles()
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

// apply commits the snapshot name, made of parent and a layer.
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
		return fmt.Errorf("its diffID is %s, but the image's configuration says %s", applied.Digest, diffID)
	}
	return sn.Commit(ctx, name, key)
}

// networkFiles is a layer with the hostname, hosts and resolv.conf files that
// every runtime provides. As a layer they need no mount, and no path that both
// containerd and this process can see.
func networkFiles() ([]byte, error) {
	hosts := "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n127.0.0.1\t" + hostname + "\n"
	// With only a loopback there is no way out of the network namespace, so there
	// is no name server, and nothing waits for one.
	resolv := "options timeout:1 attempts:1\n"
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
