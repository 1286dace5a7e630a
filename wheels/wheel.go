package wheels

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/wheels/internal/zipfile"
	"github.com/assemble-image/assemble/wheels/tags"
)

// Wheel is a wheel that has been checked: its archive, its metadata and its
// RECORD agree with each other and with its file name. Only the files' content
// is still unread; it is verified by its digest when it is packed.
type Wheel struct {
	// Filename is what the file name says.
	Filename tags.Filename
	// Source is the file itself.
	Source *layers.Source
	// Build is the WHEEL file.
	Build BuildInfo
	// Metadata is the METADATA file.
	Metadata Metadata
	// EntryPoints are all entry points of entry_points.txt, in its order.
	EntryPoints []EntryPoint

	info       string // the .dist-info directory, without a slash
	zip        *zipfile.Archive
	sums       []contentSum // of the archive's entries, from RECORD; none where it isn't checked
	skipRecord bool
}

// contentSum is a SHA-256, if it is known.
type contentSum struct {
	sum   [sha256.Size]byte
	known bool
}

// recorded returns the digest that RECORD gives for the archive's entry, nil
// where it gives none.
func (w *Wheel) recorded(entry int) []byte {
	if entry >= len(w.sums) || !w.sums[entry].known {
		return nil
	}
	return w.sums[entry].sum[:]
}

// Name returns the wheel's file name, by which messages call it.
func (w *Wheel) Name() string { return w.Source.Name }

// Open reads and checks the wheel at path. It fails on a wheel that is not
// whole, contradicts itself or its name, or could harm what it is installed
// into: with a [*HashMismatchError] on one that opt.Hashes does not list, with a
// [*RecordError] where only its RECORD is at fault.
func Open(path string, opt Options) (w *Wheel, err error) {
	name := filepath.Base(path)
	filename, err := tags.ParseFilename(name)
	if err != nil {
		return nil, err
	}
	f, err := openFile(path)
	if err != nil {
		return nil, err
	}
	defer func() {
		if cerr := f.Close(); cerr != nil && err == nil {
			w, err = nil, fmt.Errorf("reading wheel %q: %w", name, cerr)
		}
	}()
	source, err := newSource(f, path, opt)
	if err != nil {
		return nil, fmt.Errorf("reading wheel %q: %w", name, err)
	}
	if err := checkHashes(f, source, opt.Hashes); err != nil {
		var mismatch *HashMismatchError
		if errors.As(err, &mismatch) {
			return nil, err
		}
		return nil, fmt.Errorf("reading wheel %q: %w", name, err)
	}
	w = &Wheel{Filename: filename, Source: source, skipRecord: opt.SkipRecord}
	if err := w.read(f, opt); err != nil {
		return nil, fmt.Errorf("reading wheel %q: %w", name, err)
	}
	return w, nil
}

// read fills w from the archive.
func (w *Wheel) read(f *os.File, opt Options) (err error) {
	if w.zip, err = zipfile.Read(f, w.Source.Size, zipfile.Limits{}); err != nil {
		return err
	}
	if w.info, err = findInfo(w.zip.Entries, w.Filename); err != nil {
		return err
	}
	d := newDistInfo(w.zip, w.info)
	text, err := d.read("WHEEL", maxWheelFile)
	if err != nil {
		return err
	}
	if w.Build, err = parseBuildInfo(text); err != nil {
		return fmt.Errorf("parsing WHEEL: %w", err)
	}
	if text, err = d.read("METADATA", maxMetadata); err != nil {
		return err
	}
	if w.Metadata, err = parseMetadata(text); err != nil {
		return fmt.Errorf("parsing METADATA: %w", err)
	}
	if err := w.Metadata.matches(w.Filename); err != nil {
		return err
	}
	if d.has("entry_points.txt") {
		if text, err = d.read("entry_points.txt", maxEntryPoints); err != nil {
			return err
		}
		if w.EntryPoints, err = parseEntryPoints(text); err != nil {
			return fmt.Errorf("parsing entry_points.txt: %w", err)
		}
	}
	if err := w.checkPaths(); err != nil {
		return err
	}
	if opt.SkipRecord {
		return nil
	}
	text, err = d.read("RECORD", maxRecord)
	var unpacking *contentError
	switch {
	case errors.As(err, &unpacking):
		return err // the archive is at fault
	case err == nil:
		err = w.verifyRecord(text)
	}
	if err != nil {
		return &RecordError{err}
	}
	return nil
}
