package layers

import "strconv"

// paxName stands in the name field of extended headers. Who can't read those
// takes them for files of this name; nobody else sees it.
const paxName = "PaxHeaders.0/entry"

// capabilityKey is the record of the extended attribute, as the tar programs and
// runtimes name it.
const capabilityKey = "SCHILY.xattr.security.capability"

// records returns the PAX records (POSIX.1-2001, "pax Header Block") for what
// the fields of USTAR can't hold, sorted by key; nil when they hold it all.
func (h *header) records() []byte {
	var r []byte
	if h.capability != "" {
		r = appendRecord(r, capabilityKey, h.capability)
	}
	if h.gid > maxOctal8 {
		r = appendRecord(r, "gid", strconv.FormatInt(h.gid, 10))
	}
	if len(h.link) > maxName || !isASCII(h.link) {
		r = appendRecord(r, "linkpath", h.link)
	}
	if _, _, ok := splitName(h.name); !ok {
		r = appendRecord(r, "path", h.name)
	}
	if h.size > maxOctal12 {
		r = appendRecord(r, "size", strconv.FormatInt(h.size, 10))
	}
	if h.uid > maxOctal8 {
		r = appendRecord(r, "uid", strconv.FormatInt(h.uid, 10))
	}
	return r
}

// appendRecord appends "LENGTH KEY=VALUE\n"; the length counts its own digits.
func appendRecord(r []byte, key, value string) []byte {
	n := len(key) + len(value) + len(" =\n")
	length := n + len(strconv.Itoa(n))
	length = n + len(strconv.Itoa(length)) // the digits may have grown by one
	r = strconv.AppendInt(r, int64(length), 10)
	r = append(r, ' ')
	r = append(r, key...)
	r = append(r, '=')
	r = append(r, value...)
	return append(r, '\n')
}

// appendPAX appends an extended header with these records.
func appendPAX(blocks []block, records []byte, mtime int64) []block {
	h := header{name: paxName, mode: 0o644, size: int64(len(records)), mtime: mtime, typeflag: typePAX}
	blocks = append(blocks, block{kind: kindPAXHeader})
	h.write(&blocks[len(blocks)-1].data)
	for len(records) > 0 {
		blocks = append(blocks, block{kind: kindPAXRecords})
		records = records[copy(blocks[len(blocks)-1].data[:], records):]
	}
	return blocks
}
