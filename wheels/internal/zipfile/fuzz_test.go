package zipfile_test

import (
	stdzip "archive/zip"
	"bytes"
	"io"
	"testing"

	"github.com/assemble-image/assemble/internal/wheeltest"
	"github.com/assemble-image/assemble/wheels/internal/zipfile"
)

// FuzzRead holds that archive/zip opens whatever is accepted here and sees
// the same names and contents in it.
func FuzzRead(f *testing.F) {
	for _, b := range fuzzSeeds() {
		f.Add(b)
	}
	f.Fuzz(checkAgainstStd)
}

// FuzzEdits holds the same of right archives in which single bytes were
// altered: each edit is an offset of two bytes and what to add there.
func FuzzEdits(f *testing.F) {
	seeds := fuzzSeeds()
	for i := range seeds {
		f.Add(uint8(i), []byte{0, 8, 1, 0, 40, 255})
	}
	f.Fuzz(func(t *testing.T, seed uint8, edits []byte) {
		b := bytes.Clone(seeds[int(seed)%len(seeds)])
		for ; len(edits) >= 3; edits = edits[3:] {
			b[(int(edits[0])<<8|int(edits[1]))%len(b)] += edits[2]
		}
		checkAgainstStd(t, b)
	})
}

func fuzzSeeds() [][]byte {
	data := bytes.Repeat([]byte("content "), 20)
	var list [][]byte
	for _, z := range []zip{
		{},
		{Files: []file{{Name: "a", Data: data}, {Name: "b/", Unix: 0o40755}, {Name: "b/c", Data: data, Stored: true}}},
		{Files: []file{{Name: "ä", Data: data, Descriptor: true}, {Name: "empty", Stored: true}}},
		{Files: []file{{Name: "a", Data: data, Central: unicodePath("a")}}, Zip64: true},
		{Files: []file{{Name: "c", Data: data, Descriptor: true, Sum: func(d *wheeltest.Descriptor) { d.Wide = true }, Local: func(h *header) {
			h.Packed, h.Size, h.Extra = 0xFFFFFFFF, 0xFFFFFFFF, append([]byte{1, 0, 16, 0}, make([]byte, 16)...)
		}}}},
		{Files: []file{{Name: "d/", Packed: []byte(flushed), Local: deflated(flushed), Central: deflated(flushed)}, {Name: "D/a", Data: data, Central: func(h *header) {
			h.Comment = "hello"
		}}}, End: func(e *wheeltest.End) { e.Comment = []byte("packed by PKZIP") }},
	} {
		list = append(list, z.Bytes())
	}
	return list
}

func checkAgainstStd(t *testing.T, b []byte) {
	a, err := zipfile.Read(bytes.NewReader(b), int64(len(b)), zipfile.Limits{Total: 1 << 20})
	if err != nil {
		if a != nil {
			t.Fatal("an archive came with an error")
		}
		return
	}
	std, err := stdzip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatalf("archive/zip refuses it: %v", err)
	}
	if len(std.File) != len(a.Entries) {
		t.Fatalf("archive/zip sees %d entries, not %d", len(std.File), len(a.Entries))
	}
	for i := range a.Entries {
		compare(t, a, &a.Entries[i], std.File[i])
	}
}

func compare(t *testing.T, a *zipfile.Archive, e *zipfile.Entry, std *stdzip.File) {
	t.Helper()
	if std.Name != e.Name || std.Method != e.Method {
		t.Fatalf("archive/zip sees %q (method %d), not %q (%d)", std.Name, std.Method, e.Name, e.Method)
	}
	if std.UncompressedSize64 != uint64(e.Size) || std.CompressedSize64 != uint64(e.PackedSize) || std.CRC32 != e.CRC32 {
		t.Fatalf("%q: archive/zip sees other sizes or another CRC-32", e.Name)
	}
	if offset, err := std.DataOffset(); err != nil || offset != e.DataOffset {
		t.Fatalf("%q: archive/zip sees the data at %d (%v), not %d", e.Name, offset, err, e.DataOffset)
	}
	got, err := a.ReadAll(e, 1<<20)
	if err != nil {
		return
	}
	r, err := std.Open()
	if err != nil {
		t.Fatalf("%q: archive/zip can't open it: %v", e.Name, err)
	}
	want, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("%q: archive/zip can't read it: %v", e.Name, err)
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("%q: archive/zip reads another content", e.Name)
	}
}
