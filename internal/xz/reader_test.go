package xz

import (
	"bytes"
	"embed"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// Each file of testdata was made by the xz program (5.4.1) of sample(20000); its
// name says how. To make one anew, write sample(20000) to a file.
//
//go:embed testdata/*.xz
var files embed.FS

func fixtures(t testing.TB) map[string][]byte {
	t.Helper()
	entries, err := files.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for _, e := range entries {
		p, err := files.ReadFile(path.Join("testdata", e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(e.Name(), ".xz")] = p
	}
	return all
}

// refusals are the fixtures that are refused, with what the error says.
var refusals = map[string]string{
	"x86": "BCJ x86", "arm64": "BCJ ARM64", "delta": "Delta", "dict128m": "134217728 bytes (the limit is 67108864)",
}

func TestFixtures(t *testing.T) {
	want := sample(20000)
	for name, p := range fixtures(t) {
		t.Run(name, func(t *testing.T) {
			got, err := decodeAll(p, Options{})
			if text := refusals[name]; text != "" {
				if !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), text) {
					t.Fatalf("error %v", err)
				}
				return
			}
			if name == "two-streams" {
				want := slices.Concat(want[:7000], want[7000:])
				if err != nil || !bytes.Equal(got, want) {
					t.Fatalf("%d bytes, error %v", len(got), err)
				}
				return
			}
			if err != nil || !bytes.Equal(got, want) {
				t.Fatalf("%d bytes, error %v", len(got), err)
			}
			for _, r := range []io.Reader{iotest.OneByteReader(bytes.NewReader(p)), iotest.DataErrReader(bytes.NewReader(p))} {
				got, err := io.ReadAll(iotest.OneByteReader(NewReader(r, Options{})))
				if err != nil || !bytes.Equal(got, want) {
					t.Fatalf("a byte at a time: %d bytes, error %v", len(got), err)
				}
			}
			var b bytes.Buffer
			if n, err := NewReader(bytes.NewReader(p), Options{}).WriteTo(&b); err != nil || n != int64(len(want)) || !bytes.Equal(b.Bytes(), want) {
				t.Fatalf("WriteTo: %d bytes, error %v", n, err)
			}
		})
	}
}

// TestCut cuts files anywhere: no cut looks like an end.
func TestCut(t *testing.T) {
	for name, p := range fixtures(t) {
		if refusals[name] != "" || name == "two-streams" {
			continue
		}
		for n := range len(p) {
			if n > 200 && n < len(p)-200 && n%37 != 0 {
				continue
			}
			if _, err := decodeAll(p[:n], Options{}); !errors.Is(err, ErrTruncated) {
				t.Errorf("%s cut to %d of %d bytes: error %v", name, n, len(p), err)
			}
		}
	}
}

// TestFlip turns single bits: each is noticed, wherever it is.
func TestFlip(t *testing.T) {
	for _, name := range []string{"crc32", "crc64", "sha256", "two-streams", "blocks"} {
		p := fixtures(t)[name]
		for i := range p {
			if i > 200 && i < len(p)-200 && i%23 != 0 {
				continue
			}
			q := slices.Clone(p)
			q[i] ^= 1 << (i % 8)
			if _, err := decodeAll(q, Options{}); err == nil {
				t.Errorf("%s: bit %d of byte %d of %d turned: no error", name, i%8, i, len(p))
			}
		}
	}
}

func TestAfterEnd(t *testing.T) {
	p := fixtures(t)["crc32"]
	want := sample(20000)
	for _, tt := range []struct {
		after string
		ok    bool
	}{
		{"\x00\x00\x00\x00", true},
		{"\x00\x00\x00\x00\x00\x00\x00\x00", true},
		{"\x00\x00\x00", false},
		{"\x00\x00" + string(p), false},
		{"garbage", false},
		{"\x00\x00\x00\x00x", false},
	} {
		got, err := decodeAll(append(slices.Clone(p), tt.after...), Options{})
		if (err == nil) != tt.ok || tt.ok && !bytes.Equal(got, want) {
			t.Errorf("followed by %d bytes %.8q: %d bytes, error %v", len(tt.after), tt.after, len(got), err)
		}
	}
	if _, err := decodeAll([]byte("PK\x03\x04 not at all"), Options{}); !errors.Is(err, ErrCorrupt) {
		t.Errorf("a zip: error %v", err)
	}
	if _, err := decodeAll(nil, Options{}); !errors.Is(err, ErrTruncated) {
		t.Errorf("nothing: error %v", err)
	}
	broken := errors.New("broken")
	if _, err := io.ReadAll(NewReader(io.MultiReader(bytes.NewReader(p[:100]), iotest.ErrReader(broken)), Options{})); !errors.Is(err, broken) {
		t.Errorf("a reader that fails: error %v", err)
	}
	if _, err := io.ReadAll(NewReader(idle{}, Options{})); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("a reader that gives nothing: error %v", err)
	}
}

type idle struct{}

func (idle) Read([]byte) (int, error) { return 0, nil }

// TestReset decodes files of different windows with one reader.
func TestReset(t *testing.T) {
	z := NewReader(bytes.NewReader(nil), Options{})
	want := sample(20000)
	all := fixtures(t)
	for _, name := range []string{"crc64", "x86", "lc0lp4pb0", "blocks", "crc32"} {
		z.Reset(bytes.NewReader(all[name]))
		got, err := io.ReadAll(z)
		if refusals[name] != "" {
			continue
		}
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, error %v", name, len(got), err)
		}
	}
}

// TestProgram decodes what the xz program makes of content that is larger than
// chunks, windows and blocks.
func TestProgram(t *testing.T) {
	content := sample(6 << 20)
	noise := make([]byte, 200<<10)
	rand.NewChaCha8([32]byte{1}).Read(noise)
	content = slices.Concat(content, noise, content[:1<<20])
	for _, args := range [][]string{
		{"-0"},
		{"-6"},
		{"-9e"},
		{"--lzma2=preset=1,dict=1MiB"},
		{"-T2", "--block-size=1MiB", "-0"},
		{"--check=sha256", "--lzma2=preset=0,dict=4KiB"},
		{"--lzma2=preset=0,dict=64KiB,lc=0,lp=2,pb=4"},
		{"--lzma2=preset=0,lc=4,lp=0,pb=0", "--block-list=1,70000,3000000,0"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			content := content
			if strings.HasSuffix(args[0], "e") || args[0] == "-6" {
				content = content[5<<20:]
			}
			got, err := decodeAll(program(t, content, args...), Options{})
			if err != nil || !bytes.Equal(got, content) {
				t.Fatalf("%d of %d bytes, error %v", len(got), len(content), err)
			}
		})
	}
}

// TestWindow holds memory to what the content takes, not to what the header
// asks for.
func TestWindow(t *testing.T) {
	z := NewReader(bytes.NewReader(fixtures(t)["dict64m"]), Options{})
	if _, err := io.Copy(io.Discard, z); err != nil {
		t.Fatal(err)
	}
	if n := len(z.dict.buf); n > 100_000 {
		t.Errorf("%d bytes of content took a window of %d", 20000, n)
	}
	var dict *DictionaryError
	_, err := decodeAll(fixtures(t)["crc64"], Options{MaxDictionary: 1 << 20})
	if !errors.As(err, &dict) || dict.Size != 8<<20 || dict.Max != 1<<20 {
		t.Errorf("error %v", err)
	}
}

func FuzzReader(f *testing.F) {
	for _, p := range fixtures(f) {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		z := NewReader(bytes.NewReader(p), Options{MaxDictionary: 1 << 20})
		n, err := io.Copy(io.Discard, io.LimitReader(z, 32<<20))
		if err == nil && n < 32<<20 {
			if _, err := decodeAll(append(slices.Clone(p), 0, 0, 0, 0), Options{MaxDictionary: 1 << 20}); err != nil {
				t.Errorf("with padding after it: %v", err)
			}
		}
		if len(z.dict.buf) > 8<<20 {
			t.Errorf("a window of %d bytes", len(z.dict.buf))
		}
	})
}

// FuzzChunk gives bytes to the decoder as packed ones, past the sums that guard
// them in a file.
func FuzzChunk(f *testing.F) {
	p := fixtures(f)["crc32"]
	f.Add(byte(93), uint16(20000), p[30:len(p)-40])
	f.Fuzz(func(t *testing.T, props byte, size uint16, p []byte) {
		z := NewReader(bytes.NewReader(nil), Options{})
		z.dict.begin(4096)
		if z.lzma2.model.setProps(props) != nil {
			return
		}
		n := copy(z.lzma2.packed[1:1<<16], p)
		for range 20 {
			z.dict.makeRoom(int(size) + 1)
			if z.dict.run(&z.lzma2.model, &z.lzma2.packed, uint(n)+1, uint(size)+1) != nil {
				z.dict.at += int(size) + 1 // as if it had gone well, to see more of the window
			}
		}
	})
}

// TestIndexLies alters sizes in the index and puts its sum right.
func TestIndexLies(t *testing.T) {
	p := fixtures(t)["blocks"]
	footer := len(p) - 12
	start := footer - 4*(int(binary.LittleEndian.Uint32(p[footer+4:]))+1)
	for i := start + 1; i < footer-4; i++ {
		q := slices.Clone(p)
		q[i] ^= 1
		binary.LittleEndian.PutUint32(q[footer-4:], crc32.ChecksumIEEE(q[start:footer-4]))
		if _, err := decodeAll(q, Options{}); !errors.Is(err, ErrCorrupt) {
			t.Errorf("byte %d of the index altered: error %v", i-start, err)
		}
	}
}
