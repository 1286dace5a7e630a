package git

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// testRepo is a repository that a test makes, without git.
type testRepo struct {
	t        testing.TB
	dir      string // the work tree
	nameSize int
}

func newRepo(t testing.TB) *testRepo {
	r := &testRepo{t: t, dir: t.TempDir(), nameSize: 20}
	r.write(".git/HEAD", "ref: refs/heads/main\n")
	r.write(".git/objects/info/packs", "")
	return r
}

func (r *testRepo) write(path, data string) {
	r.t.Helper()
	path = filepath.Join(r.dir, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

// commit is a commit object's content; the text makes it long.
func commit(seconds, text string) string {
	return "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n" +
		"author A U Thor <author@example.com> 1 +0000\n" +
		"committer C O Mitter <c> <committer@example.com> " + seconds + " +0200\n" +
		"gpgsig -----BEGIN PGP SIGNATURE-----\n committer x <y> 7 +0000\n\n" + text + "\ncommitter in the text <x> 8 +0000\n"
}

func (r *testRepo) id(kind, data string) id { return (&object{kind, []byte(data)}).sum(r.nameSize) }

func deflated(data string) []byte {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	_, _ = z.Write([]byte(data))
	_ = z.Close()
	return b.Bytes()
}

// loose writes a loose object.
func (r *testRepo) loose(kind, data string) id {
	name := r.id(kind, data)
	r.looseAs(name, kind+" "+strconv.Itoa(len(data))+"\x00"+data)
	return name
}

func (r *testRepo) looseAs(name id, raw string) {
	s := name.String()
	r.write(".git/objects/"+s[:2]+"/"+s[2:], string(deflated(raw)))
}

// packed is an entry of a pack.
type packed struct {
	name id
	kind byte
	data string
	back int // for an offset delta: how many entries before is its base
	base id  // for a name delta
}

// packOf returns a pack with those entries, and where they are.
func packOf(entries []packed) (data []byte, offsets []int64) {
	b := []byte("PACK\x00\x00\x00\x02")
	b = binary.BigEndian.AppendUint32(b, uint32(len(entries)))
	for i, e := range entries {
		at := int64(len(b))
		offsets = append(offsets, at)
		size := len(e.data)
		first := e.kind<<4 | byte(size&15)
		for size >>= 4; size > 0; size >>= 7 {
			b = append(b, first|0x80)
			first = byte(size & 0x7f)
		}
		b = append(b, first)
		if e.kind == offsetDelta {
			n := at - offsets[i-e.back]
			far := []byte{byte(n & 0x7f)}
			for n >>= 7; n > 0; n >>= 7 {
				n--
				far = append([]byte{byte(n&0x7f) | 0x80}, far...)
			}
			b = append(b, far...)
		}
		b = append(append(b, e.base...), deflated(e.data)...)
	}
	return append(b, make([]byte, 20)...), offsets
}

// index returns a pack's index of version 1 or 2. With long, all offsets of
// version 2 are those of 8 bytes.
func index(entries []packed, offsets []int64, version int, long bool) []byte {
	order := make([]int, len(entries))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return bytes.Compare(entries[i].name, entries[j].name) })
	var counts [fanout]uint32
	for _, e := range entries {
		for i := int(e.name[0]); i < fanout; i++ {
			counts[i]++
		}
	}
	var b []byte
	if version == 2 {
		b = append(b, "\xfftOc\x00\x00\x00\x02"...)
	}
	for _, n := range counts {
		b = binary.BigEndian.AppendUint32(b, n)
	}
	var names, sums, short, far []byte
	for n, i := range order {
		if version == 1 {
			b = append(binary.BigEndian.AppendUint32(b, uint32(offsets[i])), entries[i].name...)
			continue
		}
		names = append(names, entries[i].name...)
		sums = binary.BigEndian.AppendUint32(sums, crc32.ChecksumIEEE(nil))
		if long {
			short = binary.BigEndian.AppendUint32(short, 1<<31|uint32(n))
			far = binary.BigEndian.AppendUint64(far, uint64(offsets[i]))
		} else {
			short = binary.BigEndian.AppendUint32(short, uint32(offsets[i]))
		}
	}
	return append(slices.Concat(b, names, sums, short, far), make([]byte, 40)...)
}

// pack writes a pack and its index.
func (r *testRepo) pack(name string, version int, long bool, entries ...packed) {
	data, offsets := packOf(entries)
	r.write(".git/objects/pack/pack-"+name+".pack", string(data))
	r.write(".git/objects/pack/pack-"+name+".idx", string(index(entries, offsets, version, long)))
}

// deltaTo returns a delta that makes to of from: what both begin with is
// copied, the rest inserted.
func deltaTo(from, to string) string {
	size := func(b []byte, n int) []byte {
		for ; n >= 0x80; n >>= 7 {
			b = append(b, byte(n)|0x80)
		}
		return append(b, byte(n))
	}
	n := 0
	for n < min(len(from), len(to), 0xffff) && from[n] == to[n] {
		n++
	}
	b := size(size(nil, len(from)), len(to))
	if n > 0 {
		b = append(b, 0x80|0x10|0x20, byte(n), byte(n>>8))
	}
	for rest := to[n:]; rest != ""; {
		part := rest[:min(len(rest), 127)]
		b = append(append(b, byte(len(part))), part...)
		rest = rest[len(part):]
	}
	return string(b)
}

// seconds is what Head says of the time, or its error.
func seconds(dir string) string {
	c, err := Head(dir)
	if err != nil {
		return "error: " + strings.ReplaceAll(err.Error(), "\n", "; ")
	}
	return strconv.FormatInt(c.Time.Unix(), 10)
}
