package uncompress_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/klauspost/compress/zstd"

	"github.com/assemble-image/assemble/internal/uncompress"
)

var tarBytes = strings.Repeat("some tar, some tar; ", 20_000)

func gzipped(t *testing.T) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	if _, err := io.WriteString(w, tarBytes); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func zstded(t *testing.T) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll([]byte(tarBytes), nil)
}

func TestLayer(t *testing.T) {
	for name, tt := range map[string]struct {
		mt   types.MediaType
		blob []byte
		want string
	}{
		"gzip":                 {types.OCILayer, gzipped(t), tarBytes},
		"zstd":                 {types.OCILayerZStd, zstded(t), tarBytes},
		"Docker's zstd":        {uncompress.DockerLayerZstd, zstded(t), tarBytes},
		"plain":                {types.OCIUncompressedLayer, []byte(tarBytes), tarBytes},
		"plain, called gzip":   {types.DockerLayer, []byte(tarBytes), tarBytes},
		"zstd, called gzip":    {types.OCILayer, zstded(t), tarBytes},
		"gzip, called foreign": {types.DockerForeignLayer, gzipped(t), tarBytes},
		"three bytes":          {types.OCIUncompressedLayer, []byte("abc"), "abc"},
		"nothing":              {types.OCIUncompressedLayer, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			blob := &closing{Reader: iotest.HalfReader(bytes.NewReader(tt.blob))}
			r, err := uncompress.Layer(blob, tt.mt)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(r); err != nil || string(got) != tt.want {
				t.Errorf("%d bytes, error %v", len(got), err)
			}
			if err := r.Close(); err != nil || !blob.closed {
				t.Errorf("closed: %v, error %v", blob.closed, err)
			}
		})
	}
}

type closing struct {
	io.Reader
	closed bool
}

func (c *closing) Close() error {
	c.closed = true
	return nil
}

// TestLayerTellsTheBlobsError holds that a blob's own error comes before what
// its bytes look like, and that no end is reported before the blob's.
func TestLayerTellsTheBlobsError(t *testing.T) {
	wrong := errors.New("wrong digest")
	whole := gzipped(t)
	for name, blob := range map[string][]byte{
		"good": whole, "damaged": append([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0, 7}, whole...), "no header": {0x1f, 0x8b, 7},
		"cut": whole[:1000], "plain": []byte(tarBytes), "zstd": zstded(t), "short": {1}, "zstd, damaged": append(zstded(t), 1, 2, 3, 4, 5, 6, 7, 8),
	} {
		t.Run(name, func(t *testing.T) {
			r, err := uncompress.Layer(io.NopCloser(io.MultiReader(bytes.NewReader(blob), iotest.ErrReader(wrong))), types.OCILayer)
			if err == nil {
				_, err = io.ReadAll(r)
			}
			if !errors.Is(err, wrong) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestLayerRefuses(t *testing.T) {
	if _, err := uncompress.Layer(io.NopCloser(strings.NewReader("x")), types.OCIConfigJSON); err == nil {
		t.Error("a config is taken for a layer")
	}
	for name, blob := range map[string][]byte{"damaged": {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0, 7, 7, 7, 7}, "cut": gzipped(t)[:500], "no header": {0x1f, 0x8b}} {
		r, err := uncompress.Layer(io.NopCloser(bytes.NewReader(blob)), types.OCILayer)
		if err == nil {
			_, err = io.ReadAll(r)
		}
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
