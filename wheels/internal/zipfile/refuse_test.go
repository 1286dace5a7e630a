package zipfile_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"strings"
	"testing"

	"github.com/assemble-image/assemble/internal/wheeltest"
	"github.com/assemble-image/assemble/wheels/internal/zipfile"
)

// unicodePath returns a hook that adds an Info-ZIP Unicode path.
func unicodePath(name string) func(h *header) {
	return func(h *header) {
		body := binary.LittleEndian.AppendUint32([]byte{1}, crc32.ChecksumIEEE([]byte(h.Name)))
		h.Extra = appendExtra(h.Extra, 0x7075, append(body, name...))
	}
}

func appendExtra(extra []byte, id uint16, body []byte) []byte {
	extra = binary.LittleEndian.AppendUint16(extra, id)
	extra = binary.LittleEndian.AppendUint16(extra, uint16(len(body)))
	return append(extra, body...)
}

// sizes64 is a zip64 field with both sizes, as in a local header.
func sizes64(size, packed uint32) []byte {
	body := binary.LittleEndian.AppendUint64(nil, uint64(size))
	return appendExtra(nil, 1, binary.LittleEndian.AppendUint64(body, uint64(packed)))
}

// lie returns a file whose central directory header is altered, and its local
// header too when both is set.
func lie(both bool, f func(h *header)) zip {
	a := file{Name: "a", Data: []byte("content of a"), Central: f}
	if both {
		a.Local = f
	}
	return zip{Files: []file{a}}
}

const (
	inBoth   = true
	centrals = false
)

func named(name string) zip { return zip{Files: []file{{Name: name, Data: []byte("x")}}} }

func TestRefusesNames(t *testing.T) {
	for name, want := range map[string]string{
		"":                                "the name is empty",
		"../evil.py":                      `the element ".."`,
		"demo/../evil.py":                 `the element ".."`,
		"./a":                             `the element "."`,
		"a/./b":                           `the element "."`,
		"a//b":                            `the element ""`,
		"a//":                             `the element ""`,
		"/etc/passwd":                     "absolute",
		"/":                               "absolute",
		"C:/a":                            "drive letter",
		"c:a":                             "drive letter",
		`..\evil.py`:                      "backslash",
		"a\nb":                            "control character",
		"a\x00b":                          "control character",
		"a\x7fb":                          "control character",
		"a\u0085b":                        "control character",
		"a\u2028b":                        "control character",
		"a\xffb":                          "not UTF-8",
		strings.Repeat("n", 256):          "256 bytes",
		strings.Repeat("directory/", 110): "more than 1024",
	} {
		wantRefusal(t, named(name).Bytes(), want)
	}
}

func TestRefuses(t *testing.T) {
	a, b := file{Name: "a", Data: []byte("content of a")}, file{Name: "b", Data: []byte("content of b")}
	inner := zip{Files: []file{b}}.Bytes()
	for _, test := range []struct {
		name, want string
		zip        zip
	}{
		{"duplicate, same bytes", `"a" occurs twice`, zip{Files: []file{a, a}}},
		{"duplicate, different bytes", `"a" occurs twice`, zip{Files: []file{a, {Name: "a"}}}},
		{"directory twice", `"d/" occurs twice`, zip{Files: []file{{Name: "d/"}, {Name: "d/"}}}},
		{"file and directory", `"a" is also a directory`, zip{Files: []file{a, {Name: "a/"}}}},
		{"directory and file", `"a" is also a directory`, zip{Files: []file{{Name: "a/"}, a}}},
		{"file and parent", `"a" is a file and a directory`, zip{Files: []file{a, {Name: "a/b"}}}},
		{"file and far parent", `"a" is a file and a directory`, zip{Files: []file{{Name: "a/b/c/d"}, a}}},
		{"name not marked as UTF-8", "not marked as UTF-8", zip{Files: []file{{Name: "ä", Local: clearFlags, Central: clearFlags}}}},

		{"prefix", "what is before it ends at", zip{Files: []file{a}, Prefix: []byte("#!/bin/sh\n"), Shift: true}},
		{"prefix, offsets not shifted", "does not end where", zip{Files: []file{a}, Prefix: []byte("#!/bin/sh\n")}},
		{"suffix", "not an end record", zip{Files: []file{a}, Suffix: []byte("junk")}},
		{"suffix of zeros", "not an end record", zip{Files: []file{a}, Suffix: make([]byte, 4096)}},
		{"suffix after a comment", "not an end record", zip{Files: []file{a}, Suffix: []byte("x"), End: func(e *wheeltest.End) { e.Comment = []byte("hello") }}},
		{"end record in the comment", "not an end record", zip{Files: []file{a}, End: func(e *wheeltest.End) { e.Comment = []byte("x" + endRecord + "y") }}},
		{"header in the comment", "the archive comment looks like", zip{Files: []file{a}, End: func(e *wheeltest.End) { e.Comment = []byte("PK\x03\x04") }}},
		{"directory in the comment", "the archive comment looks like", zip{Files: []file{a}, End: func(e *wheeltest.End) { e.Comment = []byte("PK\x01\x02") }}},
		{"end record in an entry's comment", "its comment looks like", lie(centrals, func(h *header) { h.Comment = endRecord })},
		{"header in an entry's comment", "its comment looks like", lie(centrals, func(h *header) { h.Comment = "-PK\x03\x04-" })},
		{"archive in the comment", "", zip{Files: []file{a}, End: func(e *wheeltest.End) { e.Comment = inner }}},
		{"second end record", "", zip{Files: []file{a}, Suffix: inner[len(inner)-22:]}},
		{"gap before the directory", "unexpected bytes after its content", zip{Files: []file{a}, Gap: []byte("gap")}},
		{"gap between entries", "unexpected bytes after its content", zip{Files: []file{{Name: "a", Data: []byte("x"), After: []byte("gap")}, b}}},
		{"count too low", "after its 1 entries", zip{Files: []file{a, b}, End: func(e *wheeltest.End) { e.Count, e.Total = 1, 1 }}},
		{"count too high", "too short for 3", zip{Files: []file{a, b}, End: func(e *wheeltest.End) { e.Count, e.Total = 3, 3 }}},
		{"counts differ", "two different entry counts", zip{Files: []file{a, b}, End: func(e *wheeltest.End) { e.Count = 1 }}},
		{"several disks", "several disks", zip{Files: []file{a}, End: func(e *wheeltest.End) { e.Disk = 1 }}},
		{"entry on another disk", "on disk 1", lie(centrals, func(h *header) { h.Disk = 1 })},
		{"entry not in the directory", "what is before it ends|unexpected bytes after its content", zip{Files: []file{{Name: "b", Hidden: true}, a}}},
		{"last entry not in the directory", "unexpected bytes after its content", zip{Files: []file{a, {Name: "b", Hidden: true}}}},
		{"only entry not in the directory", "unexpected bytes before the central directory", zip{Files: []file{{Name: "b", Hidden: true}}}},
		{"directory elsewhere", "does not end where", zip{Files: []file{a}, End: func(e *wheeltest.End) { e.Offset-- }}},
		{"offsets overlap", "what is before it ends at|overlaps", zip{Files: []file{a, {Name: "b", Central: func(h *header) { h.Offset = 0 }}}}},
		{"offset past the end", "what is before it ends at", lie(centrals, func(h *header) { h.Offset = 1 << 30 })},

		{"other local name", "a different name", lie(centrals, func(h *header) { h.Name = "b" })},
		{"longer local name", "a different name", lie(centrals, func(h *header) { h.Name = "ab" })},
		{"other local size", "a different size", lie(centrals, func(h *header) { h.Size++ })},
		{"other local packed size", "a different size", lie(centrals, func(h *header) { h.Packed++ })},
		{"other local CRC-32", "a different size or CRC", lie(centrals, func(h *header) { h.CRC32++ })},
		{"other local flags", "different flags", lie(centrals, func(h *header) { h.Flags = 2 })},
		{"other local method", "a different method", zip{Files: []file{{Name: "a", Data: []byte("x"), Stored: true, Local: func(h *header) { h.Method = 8 }}}}},
		{"packed size runs over", "overlaps", lie(inBoth, func(h *header) { h.Packed += 30 })},

		{"descriptor disagrees", "do not match", zip{Files: []file{{Name: "a", Data: []byte("x"), Descriptor: true, Sum: func(d *wheeltest.Descriptor) { d.CRC32++ }}}}},
		{"descriptor's size disagrees", "do not match", zip{Files: []file{{Name: "a", Data: []byte("x"), Descriptor: true, Sum: func(d *wheeltest.Descriptor) { d.Size++ }}}}},
		{"wide descriptor without zip64", "not a data descriptor", zip{Files: []file{{Name: "a", Data: []byte("x"), Descriptor: true, Sum: func(d *wheeltest.Descriptor) { d.Wide = true }}}}},
		{"descriptor is longer than it says", "ambiguous", zip{Files: []file{{Name: "a", Data: []byte("x"), Descriptor: true, After: make([]byte, 4), Sum: func(d *wheeltest.Descriptor) { d.Unsigned = true }}}}},
		{"descriptor missing", "not a data descriptor", lie(inBoth, func(h *header) { h.Flags |= 8 })},
		{"descriptor behind stored data", "only its data descriptor", zip{Files: []file{{Name: "a", Data: []byte("x"), Stored: true, Descriptor: true}}}},

		{"bzip2", "method 12", lie(inBoth, func(h *header) { h.Method = 12 })},
		{"encrypted", "flags 0x0001", lie(inBoth, func(h *header) { h.Flags |= 1 })},
		{"strongly encrypted", "flags 0x0040", lie(inBoth, func(h *header) { h.Flags |= 1 << 6 })},
		{"masked headers", "flags 0x2000", lie(inBoth, func(h *header) { h.Flags |= 1 << 13 })},
		{"patch", "flags 0x0020", lie(inBoth, func(h *header) { h.Flags |= 1 << 5 })},
		{"entry comment longer than the directory", "does not end where", zip{Files: []file{{Name: "a", Central: func(h *header) { h.Comment = "hello" }}}, End: func(e *wheeltest.End) { e.Size -= 2 }}},
		{"symbolic link", "a symbolic link", zip{Files: []file{{Name: "a", Data: []byte("/etc"), Unix: 0o120777}}}},
		{"pipe", "a named pipe", zip{Files: []file{{Name: "a", Unix: 0o10644}}}},
		{"device", "a character device", zip{Files: []file{{Name: "a", Unix: 0o20644}}}},
		{"block device", "a block device", zip{Files: []file{{Name: "a", Unix: 0o60644}}}},
		{"socket", "a socket", zip{Files: []file{{Name: "a", Unix: 0o140644}}}},
		{"unknown type", "do not match", zip{Files: []file{{Name: "a", Unix: 0o150644}}}},
		{"directory by mode only", "do not match", zip{Files: []file{{Name: "a", Unix: 0o40755}}}},
		{"file by mode only", "do not match", zip{Files: []file{{Name: "a/", Unix: 0o100755}}}},
		{"directory by DOS attribute only", "marked as a directory", lie(centrals, func(h *header) { h.Attributes |= 0x10 })},
		{"volume label", "volume label", lie(centrals, func(h *header) { h.Attributes |= 8 })},
		{"directory with data", "directory with content", zip{Files: []file{{Name: "a/", Data: []byte("x")}}}},
		{"deflated directory with data", "directory with content", zip{Files: []file{{Name: "a/", Data: []byte("x"), Local: deflated("x"), Central: deflated("x")}}}},
		{"deflated directory with hidden data", "directory with content", hidden(wheeltest.Deflate([]byte("hidden")))},
		{"deflated directory with bytes after the stream", "directory with content", hidden([]byte("\x03\x00x"))},
		{"deflated directory with an open stream", "directory with content", hidden([]byte("\x00\x00\x00\xff\xff"))},
		{"deflated directory with much before its end", "directory with content", hidden(append(bytes.Repeat([]byte("\x00\x00\x00\xff\xff"), 1000), 3, 0))},
		{"stored directory with hidden data", "directory with content", zip{Files: []file{{Name: "a/", Packed: []byte("hidden")}}}},
		{"directory with a CRC-32", "directory with content", zip{Files: []file{{Name: "a/", Local: addCRC, Central: addCRC}}}},
		{"directory whose descriptor has a size", "do not match", zip{Files: []file{{Name: "a/", Descriptor: true, Sum: func(d *wheeltest.Descriptor) { d.Size = 1 }}}}},
		{"stored with two sizes", "its sizes differ", zip{Files: []file{{Name: "a", Data: []byte("x"), Stored: true, Packed: []byte("xy")}}}},
		{"deflated to nothing", "too short", zip{Files: []file{{Name: "a", Packed: []byte{}}}}},
		{"impossible ratio", "can't hold", lie(inBoth, func(h *header) { h.Size = 1 << 20 })},
		{"empty with a CRC-32", "CRC-32 is not 0", zip{Files: []file{{Name: "a", Local: addCRC, Central: addCRC}}}},

		{"Unicode path renames", `renames it to "b"`, lie(centrals, unicodePath("b"))},
		{"Unicode path renames locally", `renames it to "b"`, zip{Files: []file{{Name: "a", Local: unicodePath("b")}}}},
		{"Unicode path malformed", "malformed", lie(centrals, func(h *header) { h.Extra = appendExtra(nil, 0x7075, []byte{2, 0, 0, 0, 0}) })},
		{"extra field twice", "occurs twice", lie(centrals, func(h *header) {
			h.Extra = appendExtra(appendExtra(nil, 0x5455, []byte("x")), 0x5455, []byte("y"))
		})},
		{"extra field cut off", "longer than the extra data", lie(centrals, func(h *header) { h.Extra = []byte{0x55, 0x54, 9, 0, 0} })},
		{"extra field without a length", "in the middle", lie(centrals, func(h *header) { h.Extra = []byte{0x55, 0x54} })},

		{"zip64 field missing", "zip64 field is too short", lie(centrals, func(h *header) { h.Size = 0xFFFFFFFF })},
		{"zip64 field not needed", "excess data", lie(centrals, func(h *header) { h.Extra = appendExtra(nil, 1, make([]byte, 8)) })},
		{"zip64 field impossible", "impossible value", lie(centrals, func(h *header) {
			h.Size, h.Extra = 0xFFFFFFFF, appendExtra(nil, 1, bytes.Repeat([]byte{0xFF}, 8))
		})},
		{"zip64 field locally for one size", "both sizes", zip{Files: []file{{Name: "a", Local: func(h *header) {
			h.Size, h.Extra = 0xFFFFFFFF, appendExtra(nil, 1, make([]byte, 8))
		}}}}},
		{"zip64 field locally with a different size", "nor repeats", zip{Files: []file{{Name: "a", Data: []byte("x"), Local: func(h *header) {
			h.Extra = sizes64(h.Size+1, h.Packed)
		}}}}},
		{"zip64 field locally before a descriptor", "nor repeats", zip{Files: []file{{Name: "a", Data: []byte("x"), Descriptor: true, Local: func(h *header) {
			h.Extra = sizes64(h.Size, h.Packed)
		}}}}},
		{"zip64 end missing", "missing zip64 record", zip{End: func(e *wheeltest.End) { e.Size = 0xFFFFFFFF }}},
		{"zip64 end disagrees", "do not match", zip{Files: []file{a}, Zip64: true, Wide: func(count, _, _ *uint64) { *count++ }}},
		{"zip64 end impossible", "impossible", zip{Files: []file{a}, Zip64: true, Wide: func(_, size, _ *uint64) { *size = 1 << 63 }}},
	} {
		t.Run(test.name, func(t *testing.T) { wantRefusal(t, test.zip.Bytes(), test.want) })
	}
}

// endRecord is an end record of an empty archive.
const endRecord = "PK\x05\x06\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"

// hidden is a directory that both headers call empty and deflated, with that
// content.
func hidden(packed []byte) zip {
	says := func(h *header) { h.Method, h.Packed = 8, uint32(len(packed)) }
	return zip{Files: []file{{Name: "a/", Packed: packed, Local: says, Central: says}}}
}

func clearFlags(h *header) { h.Flags = 0 }
func addCRC(h *header)     { h.CRC32 = 1 }

// wantRefusal checks that the archive is refused with one of the texts in want.
func wantRefusal(t *testing.T, b []byte, want string) {
	t.Helper()
	a, err := read(b)
	if err == nil {
		t.Errorf("accepted; want an error with %q", want)
		return
	}
	if a != nil {
		t.Errorf("an archive came with the error %v", err)
	}
	for text := range strings.SplitSeq(want, "|") {
		if strings.Contains(err.Error(), text) {
			return
		}
	}
	t.Errorf("got %q, want an error with %q", err, want)
}

func TestRefusesNoZip(t *testing.T) {
	for _, b := range []string{"", "PK", "<!DOCTYPE html><title>404 Not Found</title>", strings.Repeat("x", 200)} {
		wantRefusal(t, []byte(b), "too short|not an end record")
	}
	lying := zip{}.Bytes()
	lying[len(lying)-2] = 5
	wantRefusal(t, lying, "not an end record")
	for _, comment := range []string{"", "comment"} {
		whole := zip{Files: []file{{Name: "a", Data: []byte("content")}}, End: func(e *wheeltest.End) { e.Comment = []byte(comment) }}.Bytes()
		for n := range whole {
			wantRefusal(t, whole[:n], "")
		}
	}
}

func TestLimits(t *testing.T) {
	b := zip{Files: []file{{Name: "a", Data: make([]byte, 1000)}, {Name: "long name", Data: make([]byte, 1000)}}}.Bytes()
	for _, test := range []struct {
		want   string
		limits zipfile.Limits
	}{
		{"2 entries, more than the limit of 1", zipfile.Limits{Entries: 1}},
		{"9 bytes, more than 8", zipfile.Limits{Name: 8}},
		{"central directory has", zipfile.Limits{Directory: 100}},
		{"more than the limit of 1999", zipfile.Limits{Total: 1999}},
	} {
		if _, err := zipfile.Read(bytes.NewReader(b), int64(len(b)), test.limits); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("got %v, want %q", err, test.want)
		}
	}
	if _, err := zipfile.Read(bytes.NewReader(b), int64(len(b)), zipfile.Limits{Entries: 2, Name: 9, Total: 2000}); err != nil {
		t.Error(err)
	}
	bomb := zip{Files: []file{{Name: "zeros", Data: make([]byte, zipfile.RatioFloor+1)}}}.Bytes()
	wantRefusal(t, bomb, "zip bomb")
}
