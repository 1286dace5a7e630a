package wheels

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"
)

// isSigned reports whether the file of a .dist-info directory is RECORD or a
// signature of it, which RECORD can't hold the digest of.
func isSigned(name string) bool {
	return name == "RECORD" || name == "RECORD.jws" || name == "RECORD.p7s"
}

// verifyRecord compares RECORD with the archive: a row for each file, a file for
// each row, the right sizes, a digest in each row. Digests by SHA-256 are kept
// for whoever reads the content; files with another are read here.
func (w *Wheel) verifyRecord(text string) error {
	rows, err := parseRecord(text)
	if err != nil {
		return fmt.Errorf("parsing RECORD: %w", err)
	}
	files := make(map[string]int, len(w.zip.Entries))
	for i := range w.zip.Entries {
		if e := &w.zip.Entries[i]; !e.IsDir() {
			files[e.Name] = i
		}
	}
	w.sums = make([]contentSum, len(w.zip.Entries))
	for _, row := range rows {
		i, ok := files[row.Path]
		if !ok {
			return fmt.Errorf("RECORD lists %q, which is a duplicate or not in the archive", row.Path)
		}
		delete(files, row.Path)
		if err := w.verifyRow(row, i); err != nil {
			return fmt.Errorf("RECORD: %q: %w", row.Path, err)
		}
	}
	var unlisted []error
	for i := range w.zip.Entries {
		name := w.zip.Entries[i].Name
		if _, left := files[name]; left && !w.isSigned(name) {
			unlisted = append(unlisted, fmt.Errorf("RECORD does not list %q", name))
		}
	}
	return errors.Join(unlisted...)
}

// isSigned reports whether the archive's file name is RECORD or its signature.
func (w *Wheel) isSigned(name string) bool {
	rest, ok := strings.CutPrefix(name, w.info+"/")
	return ok && isSigned(rest)
}

// verifyRow compares a row with the archive's entry.
func (w *Wheel) verifyRow(row recordRow, entry int) error {
	e := &w.zip.Entries[entry]
	if row.Size >= 0 && row.Size != e.Size {
		return fmt.Errorf("RECORD says %d bytes, the file has %d", row.Size, e.Size)
	}
	if w.isSigned(e.Name) {
		if row.Sum != nil && e.Name == w.info+"/RECORD" {
			return errors.New("a file can't contain its own digest")
		}
		return nil
	}
	switch row.Algorithm {
	case "":
		return errors.New("no digest")
	case "sha256":
		w.sums[entry] = contentSum{[sha256.Size]byte(row.Sum), true}
		return nil
	}
	return w.verifyContent(row, entry)
}

// verifyContent reads a file that RECORD gives a longer digest of, and keeps
// its SHA-256.
func (w *Wheel) verifyContent(row recordRow, entry int) error {
	var long hash.Hash
	if row.Algorithm == "sha384" {
		long = sha512.New384()
	} else {
		long = sha512.New()
	}
	short := sha256.New()
	if _, err := io.Copy(io.MultiWriter(long, short), w.zip.Open(&w.zip.Entries[entry])); err != nil {
		return err
	}
	if !bytes.Equal(long.Sum(nil), row.Sum) {
		return fmt.Errorf("the content does not match its %s digest", row.Algorithm)
	}
	w.sums[entry] = contentSum{[sha256.Size]byte(short.Sum(nil)), true}
	return nil
}
