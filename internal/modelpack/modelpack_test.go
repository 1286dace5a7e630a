package modelpack_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/internal/modelpack"
	"github.com/assemble-image/assemble/layers"
)

func entry(path, data string) layers.Entry {
	sum := sha256.Sum256([]byte(data))
	return layers.Entry{
		Path: path, Mode: 0o644, Size: int64(len(data)), SHA256: sum[:],
		Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(data)), nil },
	}
}

func TestNew(t *testing.T) {
	list := []layers.Entry{
		{Path: "m/llm", Mode: fs.ModeDir | 0o755},
		entry("m/llm/LICENSE.txt", "l"), entry("m/llm/a/w.safetensors", "weights"),
		entry("m/llm/config.json", "{}"), entry("m/llm/run.py", "x"), entry("m/llm/tokenizer.model", "weights"),
	}
	opt := modelpack.Options{Name: "llm", To: "m/llm", Created: time.Unix(0, 0)}
	a, err := modelpack.New(list, opt)
	if err != nil {
		t.Fatal(err)
	}
	m, err := a.Image.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, l := range m.Layers {
		got[l.Annotations["org.cncf.model.filepath"]] = strings.TrimPrefix(string(l.MediaType), "application/vnd.cncf.model.")
	}
	want := map[string]string{
		"LICENSE.txt": "doc.v1.raw", "a/w.safetensors": "weight.v1.raw", "config.json": "weight.config.v1.raw",
		"run.py": "code.v1.raw", "tokenizer.model": "weight.v1.raw",
	}
	if diff := cmp.Diff(want, got); diff != "" || a.Size != 18 {
		t.Errorf("%d bytes\n%s", a.Size, diff)
	}
	// The configuration has what the specification's schema requires, and no more.
	raw, err := a.Image.RawConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	var config map[string]map[string]any
	if err := json.Unmarshal(raw, &config); err != nil {
		t.Fatal(err)
	}
	if keys := slices.Sorted(maps.Keys(config)); !slices.Equal(keys, []string{"config", "descriptor", "modelfs"}) {
		t.Errorf("keys %q", keys)
	}
	if config["config"]["format"] != "safetensors" || len(config["modelfs"]["diffIds"].([]any)) != 5 {
		t.Errorf("%s", raw)
	}
	blobs, err := a.Image.Layers()
	if err != nil {
		t.Fatal(err)
	}
	in, err := blobs[1].Compressed()
	if err != nil {
		t.Fatal(err)
	}
	if data, err := io.ReadAll(in); err != nil || !bytes.Equal(data, []byte("weights")) {
		t.Errorf("%q, %v", data, err)
	}
	again, err := modelpack.New(list, opt)
	if err != nil || again.Digest != a.Digest {
		t.Errorf("another digest: %v", err)
	}

	one, err := modelpack.New([]layers.Entry{entry("m/x.gguf", "1")}, modelpack.Options{Name: "x", To: "m/x.gguf"})
	if err != nil {
		t.Fatal(err)
	}
	if m, err = one.Image.Manifest(); err != nil || m.Layers[0].Annotations["org.cncf.model.filepath"] != "x.gguf" {
		t.Errorf("%+v, %v", m.Layers, err)
	}
	annotations := map[string]string{"other": "x"}
	modelpack.Annotate(annotations, one, "/m/x.gguf")
	named, err := modelpack.Named(annotations)
	if want := []modelpack.Reference{{Name: "x", Digest: one.Digest, Path: "/m/x.gguf"}}; err != nil || !slices.Equal(named, want) {
		t.Errorf("%+v, %v", named, err)
	}
}

func TestErrors(t *testing.T) {
	many := make([]layers.Entry, 1001)
	for i := range many {
		many[i] = entry("m/"+strings.Repeat("x", i+1), "")
	}
	for want, list := range map[string][]layers.Entry{
		"no files":             {{Path: "m", Mode: fs.ModeDir}},
		"is a link":            {{Path: "m/a", Mode: fs.ModeSymlink, Link: "b"}},
		"more than 1000 files": many,
	} {
		if _, err := modelpack.New(list, modelpack.Options{To: "m"}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	if _, err := modelpack.Named(map[string]string{"io.github.assemble-image.model.a": "md5:1"}); err == nil {
		t.Error("no error")
	}
}
