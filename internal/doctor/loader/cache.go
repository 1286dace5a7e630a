package loader

import (
	"bytes"
	"encoding/binary"
)

// The format of ld.so.cache since glibc 2.1 (dl-cache.h): a header of 48 bytes,
// and entries of 24.
const (
	cacheMagic = "glibc-ld.so.cache1.1"
	oldMagic   = "ld.so-1.7.0" // before which a file of both formats has 12-byte entries
	headerSize = 48
	entrySize  = 24
	oldHeader  = 16
	oldEntry   = 12
	maxEntries = 1 << 17
	maxName    = 4096
)

// parseCache returns the files that an ld.so.cache has for each name, in its
// order; nil for what is none.
func parseCache(data []byte) map[string][]string {
	if bytes.HasPrefix(data, []byte(oldMagic)) && len(data) >= oldHeader {
		n := binary.LittleEndian.Uint32(data[12:])
		if n > maxEntries {
			return nil
		}
		at := (oldHeader + int(n)*oldEntry + 7) &^ 7
		if at > len(data) {
			return nil
		}
		data = data[at:]
	}
	if !bytes.HasPrefix(data, []byte(cacheMagic)) || len(data) < headerSize {
		return nil
	}
	var order binary.ByteOrder = binary.LittleEndian
	if data[28] == 3 { // cache_file_new_flags_endian_big
		order = binary.BigEndian
	}
	n := order.Uint32(data[20:])
	if n > maxEntries || headerSize+int(n)*entrySize > len(data) {
		return nil
	}
	out := make(map[string][]string, n)
	for i := range int(n) {
		e := data[headerSize+i*entrySize:]
		key, file := text(data, order.Uint32(e[4:])), text(data, order.Uint32(e[8:]))
		if key != "" && file != "" {
			out[key] = append(out[key], file)
		}
	}
	return out
}

func text(data []byte, at uint32) string {
	if int64(at) >= int64(len(data)) {
		return ""
	}
	rest := data[at:]
	i := bytes.IndexByte(rest[:min(len(rest), maxName)], 0)
	if i < 0 {
		return ""
	}
	return string(rest[:i])
}
