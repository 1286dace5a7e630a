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
// each row, the right sizes, a digest for each file. Digests by SHA-256 are kept
// for whoever reads the content; files with another are read here. Rows that
// only repeat others, and those of directories, do no harm.
func (w *Wheel) verifyRecord(text string) error {
	rows, err := parseRecord(text)
	if err != nil {
		return fmt.Errorf("parsing RECORD: %w", err)
	}
	listed, err := w.joinRows(rows)
	if err != nil {
		return err
	}
	w.sums = make([]contentSum, len(w.zip.Entries))
	var unlisted []error
	for i := range w.zip.Entries {
		e, row := &w.zip.Entries[i], listed[i]
		switch {
		case e.IsDir():
		case row.Path == "" && !w.isSigned(e.Name):
			unlisted = append(unlisted, fmt.Errorf("RECORD does not list %q", e.Name))
		case row.Path == "":
		default:
			if err := w.verifyRow(row, i); err != nil {
				return fmt.Errorf("RECORD: %q: %w", row.Path, err)
			}
		}
	}
	return errors.Join(unlisted...)
}

// joinRows returns what RECORD's rows say of each entry of the archive; of an
// entry that isn't listed, the path is empty.
func (w *Wheel) joinRows(rows []recordRow) ([]recordRow, error) {
	files := make(map[string]int, len(w.zip.Entries))
	for i := range w.zip.Entries {
		if e := &w.zip.Entries[i]; !e.IsDir() {
			files[e.Name] = i
		}
	}
	listed := make([]recordRow, len(w.zip.Entries))
	var dirs map[string]bool
	for _, row := range rows {
		name := cleanPath(row.Path)
		i, ok := files[name]
		if !ok {
			if dirs == nil {
				dirs = w.directories()
			}
			if err := checkDirectoryRow(row, dirs[strings.TrimSuffix(name, "/")]); err != nil {
				return nil, err
			}
			continue
		}
		row.Path = name
		if listed[i].Path != "" {
			var err error
			if row, err = listed[i].merge(row); err != nil {
				return nil, err
			}
		}
		listed[i] = row
	}
	return listed, nil
}

// directories returns the directories that the archive's names have, without a
// slash at the end.
func (w *Wheel) directories() map[string]bool {
	dirs := make(map[string]bool)
	for i := range w.zip.Entries {
		dir := w.zip.Entries[i].Name
		for n := strings.LastIndexByte(dir, '/'); n > 0 && !dirs[dir[:n]]; n = strings.LastIndexByte(dir, '/') {
			dir = dir[:n]
			dirs[dir] = true
		}
	}
	return dirs
}

// checkDirectoryRow accepts a row that names a directory and gives it no
// content, and refuses one that names nothing in the archive.
func checkDirectoryRow(row recordRow, isDir bool) error {
	nothing := sha256.Sum256(nil)
	switch {
	case !isDir:
		return fmt.Errorf("RECORD lists %q, which is not in the archive", row.Path)
	case row.Size > 0 || row.Sum != nil && !bytes.Equal(row.Sum, nothing[:]):
		return fmt.Errorf("RECORD gives the directory %q content", row.Path)
	}
	return nil
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
