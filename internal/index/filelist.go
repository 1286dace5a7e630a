package index

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strings"
	"time"
)

// A file list is what is kept of a page in JSON: a fraction of its size, and
// read in a fraction of the time. It holds all files of the page, whatever they
// are good for, so that it serves any target. Each is a record, with its length
// before it; see listedFile.append for what is in one. Lengths and numbers are
// in the variable-length form of encoding/binary.

// typeList is the content type of a file list. Pages of this type come from the
// cache only.
const typeList = "application/x-assemble-file-list"

// listedFile is a file as a page lists it.
type listedFile struct {
	name, url, requiresPython []byte

	yanked bool
	reason []byte // for which it was yanked
	size   int64  // -1 where it isn't known
	hashes digests

	uploaded    time.Time
	hasMetadata bool
	metadata    digests
}

// digests are those of Hashes, in the same order: the bytes, not their digits.
// One that isn't there has the length 0.
type digests struct {
	sum [3][64]byte
	len [3]uint8
}

// digestSizes are the lengths of the digests, in bytes.
var digestSizes = [3]int{32, 48, 64}

// set takes a digest from its digits; others than those of a digest are as good
// as none.
func (d *digests) set(i int, digits []byte) {
	d.len[i] = 0
	if len(digits) == 2*digestSizes[i] {
		if n, err := hex.Decode(d.sum[i][:], digits); err == nil {
			d.len[i] = uint8(n)
		}
	}
}

// text returns the digests as Hashes.
func (d *digests) text(a *arena) (h Hashes) {
	var digits [128]byte
	for i, to := range [...]*string{&h.SHA256, &h.SHA384, &h.SHA512} {
		if d.len[i] > 0 {
			n := hex.Encode(digits[:], d.sum[i][:d.len[i]])
			*to = a.text(digits[:n])
		}
	}
	return h
}

// entry makes an entry of a page of the file. Its strings come from a.
func (f *listedFile) entry(e *entry, a *arena) {
	*e = entry{name: a.text(f.name), href: a.text(f.url), file: File{
		RequiresPython: a.text(f.requiresPython), Size: f.size, UploadTime: f.uploaded, Hashes: f.hashes.text(a),
		HasMetadata: f.hasMetadata, MetadataHashes: f.metadata.text(a),
	}}
	if f.yanked {
		reason := a.text(f.reason)
		e.file.Yanked = &reason
	}
}

// arenaSize is how much memory is taken for strings at a time, in bytes.
const arenaSize = 8 << 10

// arena makes strings that lie side by side, so that thousands of them aren't
// as many objects.
type arena struct{ b strings.Builder }

func (a *arena) text(text []byte) string {
	if len(text) == 0 {
		return ""
	}
	if len(text) > arenaSize/4 {
		return string(text)
	}
	if a.b.Cap()-a.b.Len() < len(text) {
		a.b = strings.Builder{}
		a.b.Grow(arenaSize)
	}
	start := a.b.Len()
	a.b.Write(text)
	return a.b.String()[start:]
}

// Flags of a record. Three bits each for the digests of the file and those of
// its METADATA come above them.
const (
	flagYanked = 1 << iota
	flagMetadata
	flagSize
	flagUploaded
	flagHashes         // the first of three
	flagMetadataHashes = flagHashes << 3
)

// append adds the record of a file to a list: flags; the name, the URL,
// Requires-Python and the reason for yanking, each with its length; and what the
// flags say is there of size, upload time (seconds, nanoseconds) and digests.
func (f *listedFile) append(list []byte) []byte {
	var flags uint64
	for _, b := range [...]struct {
		set  bool
		flag uint64
	}{{f.yanked, flagYanked}, {f.hasMetadata, flagMetadata}, {f.size >= 0, flagSize}, {!f.uploaded.IsZero(), flagUploaded}} {
		if b.set {
			flags |= b.flag
		}
	}
	for i := range digestSizes {
		if f.hashes.len[i] > 0 {
			flags |= flagHashes << i
		}
		if f.metadata.len[i] > 0 {
			flags |= flagMetadataHashes << i
		}
	}
	const room = binary.MaxVarintLen64 // for the length, which isn't known yet
	start := len(list)
	list = append(list, make([]byte, room)...)
	list = binary.AppendUvarint(list, flags)
	for _, text := range [...][]byte{f.name, f.url, f.requiresPython, f.reason} {
		list = append(binary.AppendUvarint(list, uint64(len(text))), text...)
	}
	if f.size >= 0 {
		list = binary.AppendUvarint(list, uint64(f.size))
	}
	if !f.uploaded.IsZero() {
		list = binary.AppendUvarint(binary.AppendVarint(list, f.uploaded.Unix()), uint64(f.uploaded.Nanosecond()))
	}
	for _, d := range [...]*digests{&f.hashes, &f.metadata} {
		for i := range digestSizes {
			list = append(list, d.sum[i][:d.len[i]]...)
		}
	}
	var length [room]byte
	n := binary.PutUvarint(length[:], uint64(len(list)-start-room))
	copy(list[start:], length[:n])
	return append(list[:start+n], list[start+room:]...)
}

// errList says that a list is not what append made.
var errList = errors.New("the file list is corrupt")

// eachListed calls f with the files of a list; they are good until it returns.
// It reads the names alone of those for which pass returns true.
func eachListed(list []byte, pass func(name []byte) bool, f func(*listedFile)) error {
	l := new(listedFile)
	for len(list) > 0 {
		r := listReader{rest: list}
		record := r.bytes()
		if r.bad {
			return errList
		}
		list = r.rest
		r = listReader{rest: record}
		flags := r.uvarint()
		name := r.bytes()
		if !r.bad && pass != nil && pass(name) {
			continue
		}
		*l = listedFile{name: name}
		r.read(l, flags)
		if r.bad || len(r.rest) > 0 {
			return errList
		}
		f(l)
	}
	return nil
}

// listReader takes a record apart.
type listReader struct {
	rest []byte
	bad  bool
}

// read fills in what comes after the name.
func (r *listReader) read(l *listedFile, flags uint64) {
	l.url, l.requiresPython, l.reason = r.bytes(), r.bytes(), r.bytes()
	l.yanked, l.hasMetadata, l.size = flags&flagYanked != 0, flags&flagMetadata != 0, -1
	if flags&flagSize != 0 {
		l.size = max(int64(r.uvarint()), -1)
	}
	if flags&flagUploaded != 0 {
		seconds, n := binary.Varint(r.rest)
		if r.bad = r.bad || n <= 0; !r.bad {
			r.rest = r.rest[n:]
		}
		l.uploaded = time.Unix(seconds, int64(r.uvarint())).UTC()
	}
	for k, d := range [...]*digests{&l.hashes, &l.metadata} {
		for i, size := range digestSizes {
			if flags&(flagHashes<<(3*k+i)) == 0 {
				continue
			}
			if len(r.rest) < size {
				r.bad = true
				return
			}
			d.len[i] = uint8(copy(d.sum[i][:], r.rest[:size]))
			r.rest = r.rest[size:]
		}
	}
}

func (r *listReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

// bytes returns what comes with its length before it.
func (r *listReader) bytes() []byte {
	n := r.uvarint()
	if n > uint64(len(r.rest)) {
		r.bad = true
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}
