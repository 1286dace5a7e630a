package inflate

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"
)

// gunzip reads all of p, through a reader that hands out step bytes at a time.
func gunzip(p []byte, step int) ([]byte, error) {
	z, err := NewGzipReader(&stepReader{bytes.NewReader(p), step})
	if err != nil {
		return nil, err
	}
	defer z.Close()
	return io.ReadAll(io.LimitReader(z, gunzipLimit))
}

// gunzipLimit keeps a test from unpacking a bomb.
const gunzipLimit = 8 << 20

type stepReader struct {
	r    io.Reader
	step int
}

func (r *stepReader) Read(p []byte) (int, error) { return r.r.Read(p[:min(len(p), r.step)]) }

// checkGzip compares the reader with compress/gzip on p, which may hold anything.
func checkGzip(t *testing.T, p []byte) {
	t.Helper()
	var want []byte
	zr, err := gzip.NewReader(bytes.NewReader(p))
	if err == nil {
		want, err = io.ReadAll(io.LimitReader(zr, gunzipLimit))
	}
	for _, step := range []int{1 << 20, 1 + len(p)/3} {
		got, err2 := gunzip(p, step)
		if (err == nil) != (err2 == nil) {
			t.Fatalf("error %v, compress/gzip says %v: %x", err2, err, p)
		}
		if errors.Is(err, io.EOF) != errors.Is(err2, io.EOF) {
			t.Fatalf("error %v, compress/gzip says %v: %x", err2, err, p)
		}
		if kinds := map[error]error{gzip.ErrHeader: ErrHeader, gzip.ErrChecksum: ErrChecksum, io.ErrUnexpectedEOF: ErrTruncated}; kinds[err] != nil && !errors.Is(err2, kinds[err]) {
			t.Fatalf("error %v, compress/gzip says %v: %x", err2, err, p)
		}
		if err == nil && !bytes.Equal(got, want) {
			t.Fatalf("content differs from compress/gzip's: %x", p)
		}
		if err != nil && !bytes.HasPrefix(want, got) {
			t.Fatalf("content handed out before %v differs from compress/gzip's: %x", err2, p)
		}
	}
}

// member is one gzip member by hand.
type member struct {
	flags   byte
	extra   []byte
	name    string
	comment string
	content []byte
}

// pack returns the member with its deflated content.
func (m member) pack(deflate func([]byte) []byte) []byte {
	b := []byte{0x1f, 0x8b, 8, m.flags, 1, 2, 3, 4, 2, 3}
	if m.flags&flagExtra != 0 {
		b = binary.LittleEndian.AppendUint16(b, uint16(len(m.extra)))
		b = append(b, m.extra...)
	}
	if m.flags&flagName != 0 {
		b = append(append(b, m.name...), 0)
	}
	if m.flags&flagComment != 0 {
		b = append(append(b, m.comment...), 0)
	}
	if m.flags&flagHeaderCRC != 0 {
		b = binary.LittleEndian.AppendUint16(b, uint16(crc32.ChecksumIEEE(b)))
	}
	b = append(b, deflate(m.content)...)
	b = binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(m.content))
	return binary.LittleEndian.AppendUint32(b, uint32(len(m.content)))
}

// headers are members with all that a header may have.
func headers(content []byte) map[string]member {
	long := bytes.Repeat([]byte("n"), maxHeaderText)
	return map[string]member{
		"plain":            {content: content},
		"no content":       {},
		"text flag":        {flags: 1, content: content},
		"reserved flags":   {flags: 0xe0, content: content},
		"everything":       {flags: 0x1f, extra: []byte("extra"), name: "näme", comment: "comment", content: content},
		"longest extra":    {flags: flagExtra | flagHeaderCRC, extra: bytes.Repeat([]byte{7}, 1<<16-1), content: content},
		"empty fields":     {flags: flagExtra | flagName | flagComment, content: content},
		"longest name":     {flags: flagName | flagHeaderCRC, name: string(long[1:]), content: content},
		"name too long":    {flags: flagName, name: string(long), content: content},
		"comment too long": {flags: flagComment, comment: string(long), content: content},
	}
}

func TestGzipHeaders(t *testing.T) {
	deflate := deflators(t)["flate 6"]
	for name, m := range headers(samples()["text"][:5000]) {
		t.Run(name, func(t *testing.T) {
			p := m.pack(deflate)
			checkGzip(t, p)
			for i := range min(len(p), 60) {
				checkGzip(t, p[:i])
				checkGzip(t, append(bytes.Clone(p), p[:i]...))
				q := bytes.Clone(p)
				q[i] ^= 0x10
				checkGzip(t, q)
			}
			for i := range 9 {
				checkGzip(t, p[:len(p)-i])
				q := bytes.Clone(p)
				q[len(p)-1-i] ^= 1
				checkGzip(t, q)
			}
			checkGzip(t, append(p, 0)) // what follows must be a member
		})
	}
}

// TestGzipMembers joins members of all natures, so that their ends lie at
// every place of the windows.
func TestGzipMembers(t *testing.T) {
	contents := samples()
	for name, deflate := range deflators(t) {
		t.Run(name, func(t *testing.T) {
			var p, want []byte
			for _, kind := range []string{"empty", "text", "byte", "random", "few", "binary", "zeros", "empty", "runs", "short", "text"} {
				p = append(p, member{content: contents[kind]}.pack(deflate)...)
				want = append(want, contents[kind]...)
			}
			for _, step := range []int{1 << 20, 70_001, 1000} {
				got, err := gunzip(p, step)
				if err != nil || !bytes.Equal(got, want) {
					t.Fatalf("%d bytes of %d, error %v", len(got), len(want), err)
				}
			}
		})
	}
}

// TestGzipWindowEnd puts a member's end everywhere around the window's limits.
func TestGzipWindowEnd(t *testing.T) {
	random := samples()["random"]
	stored := deflators(t)["flate 0"]
	for size := inputChunk - 120; size < inputChunk+120; size += 3 {
		p := member{content: random[:size]}.pack(stored)
		p = append(p, member{content: random[:10]}.pack(stored)...)
		got, err := gunzip(p, 1<<20)
		if err != nil || len(got) != size+10 || !bytes.Equal(got[:size], random[:size]) {
			t.Fatalf("%d bytes: %d found, error %v", size, len(got), err)
		}
		if _, err := gunzip(p[:len(p)-1], 1<<20); !errors.Is(err, ErrTruncated) {
			t.Fatalf("%d bytes, cut: error %v", size, err)
		}
	}
}

func TestGzipDamaged(t *testing.T) {
	r := rand.New(rand.NewPCG(19, 52))
	contents := samples()
	for _, deflate := range deflators(t) {
		for _, kind := range []string{"byte", "text", "runs"} {
			p := member{content: contents[kind][:min(len(contents[kind]), 3000)]}.pack(deflate)
			p = append(p, p...)
			for range 40 {
				q := bytes.Clone(p)
				q[r.IntN(len(q))] ^= 1 << r.IntN(8)
				checkGzip(t, q[:len(q)-min(r.IntN(20), r.IntN(20))])
			}
		}
	}
}

func TestGzipReadersErrors(t *testing.T) {
	p := member{content: samples()["text"]}.pack(deflators(t)["flate 6"])
	broken := errors.New("line cut")
	for name, c := range map[string]struct {
		r    io.Reader
		want error
	}{
		"fails":                 {io.MultiReader(bytes.NewReader(p[:5000]), iotest.ErrReader(broken)), broken},
		"fails at once":         {iotest.ErrReader(broken), broken},
		"fails at the end":      {io.MultiReader(bytes.NewReader(p), iotest.ErrReader(broken)), broken},
		"breaks off":            {io.MultiReader(bytes.NewReader(p), iotest.ErrReader(io.ErrUnexpectedEOF)), io.ErrUnexpectedEOF},
		"fails beside bytes":    {iotest.DataErrReader(io.MultiReader(bytes.NewReader(p), iotest.ErrReader(broken))), broken},
		"stands still":          {&stepReader{bytes.NewReader(p), 0}, io.ErrNoProgress},
		"ends beside its bytes": {iotest.DataErrReader(bytes.NewReader(p)), nil},
	} {
		t.Run(name, func(t *testing.T) {
			z, err := NewGzipReader(c.r)
			if err == nil {
				_, err = z.WriteTo(io.Discard)
			}
			if c.want == nil && err != nil || !errors.Is(err, c.want) {
				t.Errorf("error %v, want %v", err, c.want)
			}
		})
	}
}

func TestGzipReaderIsReused(t *testing.T) {
	p := member{content: samples()["binary"]}.pack(deflators(t)["flate 6"])
	z, err := NewGzipReader(bytes.NewReader(p))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := z.Read(make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	z.Close()
	if n, err := z.Read(make([]byte, 10)); n != 0 || !errors.Is(err, errClosed) {
		t.Errorf("closed, it gives out %d bytes and %v", n, err)
	}
	z.Close()
	checkGzip(t, p)
}

func FuzzGzip(f *testing.F) {
	deflate := deflators(f)["flate 6"]
	for _, m := range headers([]byte("content, content")) {
		p := m.pack(deflate)
		f.Add(p)
		f.Add(append(p, p...))
	}
	for _, c := range handMade() {
		f.Add(append([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff}, c.stream...))
	}
	f.Fuzz(checkGzip)
}

func FuzzGzipRoundTrip(f *testing.F) {
	for _, content := range samples() {
		f.Add(content[:min(len(content), 3000)], 6, uint16(1), "name", []byte("extra"), uint8(2))
	}
	f.Fuzz(func(t *testing.T, content []byte, level int, times uint16, name string, extra []byte, members uint8) {
		content = bytes.Repeat(content, 1+int(times)%300)
		if len(content) > 1<<20 {
			t.Skip("long enough")
		}
		var buf bytes.Buffer
		for range 1 + members%4 {
			w, err := gzip.NewWriterLevel(&buf, (level%12+12)%12-2)
			if err != nil {
				t.Fatal(err)
			}
			w.Name, w.Extra = name, extra
			if _, err := w.Write(content); err != nil {
				t.Skip("not a header that can be written")
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
		}
		checkGzip(t, buf.Bytes())
	})
}
