package smoke

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// tarLayer is a layer with an uncompressed stream and nothing else.
type tarLayer struct {
	v1.Layer
	open func() (io.ReadCloser, error)
}

func (l tarLayer) Uncompressed() (io.ReadCloser, error) { return l.open() }

func layerOf(t *testing.T, headers ...tar.Header) v1.Layer {
	t.Helper()
	var buf bytes.Buffer
	tw := tar.NewWriter(&buf)
	for _, hdr := range headers {
		text := hdr.Uname // the content, to keep the tables short
		hdr.Uname, hdr.Size = "", int64(len(text))
		if err := tw.WriteHeader(&hdr); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(tw, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := tw.Close(); err != nil {
		t.Fatal(err)
	}
	return tarLayer{open: func() (io.ReadCloser, error) { return io.NopCloser(&buf), nil }}
}

func file(name, text string) tar.Header {
	return tar.Header{Typeflag: tar.TypeReg, Name: name, Uname: text, Mode: 0o644}
}

func TestReadAccounts(t *testing.T) {
	unread := tarLayer{open: func() (io.ReadCloser, error) { return nil, errors.New("layer was read") }}
	base := func() v1.Layer { return layerOf(t, file("etc/passwd", "p0"), file("etc/group", "g0"), file("z", "")) }
	for _, tt := range []struct {
		name          string
		layers        []v1.Layer
		passwd, group string
	}{
		{"one layer", []v1.Layer{base()}, "p0", "g0"},
		{"upper wins", []v1.Layer{base(), layerOf(t, file("./etc/passwd", "p1"))}, "p1", "g0"},
		{"lower unread", []v1.Layer{unread, layerOf(t, file("/etc/passwd", "p1"), file("etc/group", "g1"))}, "p1", "g1"},
		{"whiteout", []v1.Layer{base(), layerOf(t, file("etc/.wh.passwd", ""))}, "", "g0"},
		{"opaque directory", []v1.Layer{unread, layerOf(t, file("etc/.wh..wh..opq", ""), file("etc/group", "g1"))}, "", "g1"},
		{"directory removed", []v1.Layer{unread, layerOf(t, file(".wh.etc", ""))}, "", ""},
		{"none", nil, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := readAccounts(t.Context(), tt.layers)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{tt.passwd, tt.group}, []string{string(got.passwd), string(got.group)}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReadAccountsErrors(t *testing.T) {
	for name, layer := range map[string]v1.Layer{
		"not a regular file": layerOf(t, tar.Header{Typeflag: tar.TypeSymlink, Name: "etc/passwd", Linkname: "/proc/self/environ"}),
		"the limit is":       layerOf(t, file("etc/group", strings.Repeat("x", maxAccountFileSize+1))),
		"unexpected EOF":     tarLayer{open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("x")), nil }},
	} {
		if _, err := readAccounts(t.Context(), []v1.Layer{layer}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error %v, want %q", err, name)
		}
	}
}
