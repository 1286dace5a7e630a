package cache

import (
	"bytes"
	"errors"
	"testing"
)

func FuzzParseRecord(f *testing.F) {
	for _, r := range []record{
		{typ: typeData, kind: "recipe", key: "k", payload: []byte("value")},
		{typ: typeData, kind: "k"},
		{typ: typeFile, kind: "wheel", key: "h11", payload: fileInfo{size: 7}.marshal()},
	} {
		b := r.marshal()
		f.Add(b)
		f.Add(b[:len(b)-1])
	}
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := parseRecord(b)
		if err != nil {
			if r != nil || !errors.Is(err, errDamaged) {
				t.Errorf("record %v, error %v", r, err)
			}
			return
		}
		if err := r.check(); err != nil {
			t.Error(err)
		}
		if !bytes.Equal(r.marshal(), b) {
			t.Errorf("%q is written as %q", b, r.marshal())
		}
	})
}

func TestRecordIsPinned(t *testing.T) {
	r := record{typ: typeData, kind: "k", key: "key", payload: []byte("v")}
	if got, want := name("k", "key"), pinnedName; got != want {
		t.Errorf("name %s, want %s: raise the format", got, want)
	}
	want := "\x89assem\r\nD\x00\x01\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x01"
	if got := r.marshal(); string(got[:len(want)]) != want || string(got[fixedHeader:]) != "kkeyv" {
		t.Errorf("record %q", got)
	}
}

// pinnedName is the SHA-256 of 00000000000000016b6b6579 (hex), computed with
// another program.
const pinnedName = "2028a7043e06cdda72085e592d06c1bfbdb8bab9e50d6b363e6024b093122174"
