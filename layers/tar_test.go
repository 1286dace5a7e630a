package layers

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"math"
	"strings"
	"testing"
	"time"
)

// tarOf returns a tar's bytes up to the entry's content.
func tarOf(e *Entry, mtime int64) []byte {
	var b []byte
	for _, bl := range appendHeaders(nil, e, mtime) {
		b = append(b, bl.data[:]...)
	}
	return b
}

func parseHeader(t testing.TB, b []byte) *tar.Header {
	t.Helper()
	h, err := tar.NewReader(bytes.NewReader(b)).Next()
	if err != nil {
		t.Fatalf("archive/tar: %v", err)
	}
	return h
}

func TestHeaders(t *testing.T) {
	long := strings.Repeat("d", 90)
	tests := []struct {
		name   string
		entry  Entry
		blocks int
	}{
		{"file", Entry{Path: "a/b.py", Mode: 0o644, Size: 1234}, 1},
		{"executable", Entry{Path: "usr/local/bin/x", Mode: 0o755, UID: 1000, GID: 2000}, 1},
		{"directory", Entry{Path: "a/b", Mode: fs.ModeDir | 0o750}, 1},
		{"link", Entry{Path: "a/l", Mode: fs.ModeSymlink | 0o777, Link: "../x"}, 1},
		{"100 bytes", Entry{Path: strings.Repeat("n", 100), Mode: 0o644}, 1},
		{"101 bytes", Entry{Path: strings.Repeat("n", 101), Mode: 0o644}, 3},
		{"prefix", Entry{Path: long + "/" + long, Mode: 0o644}, 1},
		{"directory with prefix", Entry{Path: long + "/" + long, Mode: fs.ModeDir | 0o755}, 1},
		{"prefix of 155", Entry{Path: strings.Repeat("p", 155) + "/" + strings.Repeat("n", 100), Mode: 0o644}, 1},
		{"prefix of 156", Entry{Path: strings.Repeat("p", 156) + "/" + strings.Repeat("n", 50), Mode: 0o644}, 3},
		{"directory of 101 bytes", Entry{Path: "p/" + strings.Repeat("n", 100), Mode: fs.ModeDir | 0o755}, 3},
		{"long path", Entry{Path: strings.Repeat(long+"/", 20) + "x", Mode: 0o644}, 2 + 4},
		{"unicode", Entry{Path: "caf\u00e9/\u65e5\u672c.txt", Mode: 0o644}, 3},
		{"setuid", Entry{Path: "f", Mode: 0o755 | fs.ModeSetuid, Size: 1}, 1},
		{"unicode link", Entry{Path: "l", Mode: fs.ModeSymlink | 0o777, Link: "\u00e9"}, 3},
		{"long link", Entry{Path: "l", Mode: fs.ModeSymlink | 0o777, Link: strings.Repeat("l", 101)}, 3},
		{"largest octal", Entry{Path: "f", Mode: 0o644, Size: maxOctal12, UID: maxOctal8, GID: maxOctal8}, 1},
		{"beyond octal", Entry{Path: "f", Mode: 0o644, Size: maxOctal12 + 1, UID: maxOctal8 + 1, GID: maxID}, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.entry.checkFields(); err != nil {
				t.Fatal(err)
			}
			b := tarOf(&tt.entry, 315532800)
			if got := len(b) / blockSize; got != tt.blocks {
				t.Errorf("%d blocks, want %d", got, tt.blocks)
			}
			checkHeader(t, parseHeader(t, b), &tt.entry, 315532800)
		})
	}
}

func checkHeader(t testing.TB, h *tar.Header, e *Entry, mtime int64) {
	t.Helper()
	want := e.Path
	perm := e.Mode.Perm()
	if e.Mode.IsDir() {
		want += "/"
	}
	if e.Mode.Type() == fs.ModeSymlink {
		perm = 0o777
	}
	if h.Name != want || h.Linkname != e.Link || h.Size != e.Size || h.Uid != e.UID || h.Gid != e.GID ||
		h.FileInfo().Mode() != e.Mode.Type()|e.Mode&specialBits|perm || !h.ModTime.Equal(time.Unix(mtime, 0)) || h.Uname != "" || h.Gname != "" {
		t.Errorf("got %+v, want %+v", h, e)
	}
}

func TestHeaderGolden(t *testing.T) {
	const (
		wantPlain = "74b1919d96aa43c3a6781791252cc9dd2e5a2b5dc30aa862247df680504b04bf"
		wantPAX   = "6840fd0c0ce541def16614a4a5a459c48105532402cf0d77cc5d829467728a31"
	)
	plain := tarOf(&Entry{Path: "usr/local/bin/tool", Mode: 0o755, Size: 4242, UID: 7, GID: 8}, 315532800)
	if got := fmt.Sprintf("%x", sha256.Sum256(plain)); got != wantPlain {
		t.Errorf("USTAR header: %s", got)
	}
	pax := tarOf(&Entry{Path: "caf\u00e9", Mode: fs.ModeSymlink, Link: strings.Repeat("x", 101), GID: maxID}, 1)
	if got := fmt.Sprintf("%x", sha256.Sum256(pax)); got != wantPAX {
		t.Errorf("PAX header: %s", got)
	}
}

func TestAppendRecord(t *testing.T) {
	// Lengths around which the number of digits grows.
	for n := range 1200 {
		r := string(appendRecord(nil, "k", strings.Repeat("v", n)))
		if want := fmt.Sprintf("%d k=%s\n", len(r), strings.Repeat("v", n)); r != want {
			t.Fatalf("%d: %q", n, r)
		}
	}
}

func FuzzHeaders(f *testing.F) {
	f.Add("a/b", "", uint32(0o644), int64(10), uint32(0), uint32(0), int64(0))
	f.Add("caf\u00e9/x", "\u00e9", uint32(0o644), int64(1)<<40, uint32(1<<30), uint32(3), int64(1)<<33-1)
	f.Add(strings.Repeat("p", 155)+"/"+strings.Repeat("n", 100), "", uint32(0o755), int64(0), uint32(0), uint32(0), int64(1))
	f.Add(strings.Repeat("abc/", 90)+"\n =", "a\nb", uint32(0o755), int64(0), uint32(0), uint32(0), int64(1))
	f.Fuzz(func(t *testing.T, path, link string, mode uint32, size int64, uid, gid uint32, mtime int64) {
		e := &Entry{Path: path, Mode: fs.FileMode(mode & 0o777), Size: size & math.MaxInt64, UID: int(uid), GID: int(gid)}
		if link != "" {
			e.Mode, e.Link, e.Size = e.Mode|fs.ModeSymlink, link, 0
		} else if size%2 == 0 && size < 0 {
			e.Mode, e.Size = e.Mode|fs.ModeDir, 0
		}
		mtime &= maxOctal12
		if e.checkFields() != nil {
			t.Skip()
		}
		checkHeader(t, parseHeader(t, tarOf(e, mtime)), e, mtime)
	})
}
