package wheels

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/wheels/internal/zipfile"
)

// installer is what INSTALLER says.
const installer = "assemble\n"

// The modes of what is installed.
const (
	fileMode   fs.FileMode = 0o644
	scriptMode fs.FileMode = 0o755
)

// generatedInfo lists the files of .dist-info that are made while installing.
var generatedInfo = [...]string{"INSTALLER", "RECORD"}

// isReplaced reports whether an archive's file states how the wheel was
// installed. That is not for the wheel to say, so that it is left out.
func (w *Wheel) isReplaced(name string) bool {
	rest, ok := strings.CutPrefix(name, w.info+"/")
	return ok && slices.Contains([]string{"INSTALLER", "RECORD", "REQUESTED", "direct_url.json"}, rest)
}

// Entries returns what installing the wheel by s writes (PEP 427), sorted by
// path: files only, the directories follow from them. Files that stay as they
// are refer to their place in the wheel, with the digest that RECORD gives;
// packing them verifies it. Only scripts are read here.
func (w *Wheel) Entries(s Scheme) (entries []layers.Entry, err error) {
	list, err := w.layout(s)
	if err != nil {
		return nil, fmt.Errorf("installing wheel %q: %w", w.Name(), err)
	}
	in := install{wheel: w, scheme: s}
	defer func() {
		if cerr := in.close(); cerr != nil && err == nil {
			entries, err = nil, fmt.Errorf("installing wheel %q: %w", w.Name(), cerr)
		}
	}()
	entries = make([]layers.Entry, len(list))
	record := -1
	for i, p := range list {
		if p.path == in.recordPath() {
			record = i
		}
		if entries[i], err = in.entry(p); err != nil {
			return nil, fmt.Errorf("installing wheel %q: %q: %w", w.Name(), p.path, err)
		}
	}
	in.setData(&entries[record], in.record(entries))
	return entries, nil
}

// install is one installation. It opens the wheel when it has to read from it.
type install struct {
	wheel  *Wheel
	scheme Scheme
	file   io.Closer
	zip    *zipfile.Archive
}

func (in *install) close() error {
	if in.file == nil {
		return nil
	}
	return in.file.Close()
}

func (in *install) archive() (*zipfile.Archive, error) {
	if in.zip == nil {
		f, err := in.wheel.Source.Open()
		if err != nil {
			return nil, err
		}
		in.file, in.zip = f, in.wheel.zip.Reopen(f)
	}
	return in.zip, nil
}

func (in *install) recordPath() string {
	return path.Join(in.wheel.dir(in.scheme, in.wheel.root()), in.wheel.info, "RECORD")
}

// entry returns the layer entry of a placed file; RECORD's is still empty.
func (in *install) entry(p placed) (layers.Entry, error) {
	e := layers.Entry{Path: p.path, Mode: fileMode, UID: in.scheme.UID, GID: in.scheme.GID, Owner: in.wheel.Name()}
	switch p.kind {
	case script:
		e.Mode = scriptMode
		return e, in.fillScript(&e, p.entry)
	case asIs:
		if in.wheel.zip.Entries[p.entry].Executable() {
			e.Mode = scriptMode
		}
		return e, in.fill(&e, p.entry)
	case generated:
		if p.wrap != nil {
			e.Mode = scriptMode
		}
		in.setData(&e, in.generate(p))
	}
	return e, nil
}

// generate returns the content of a generated file; RECORD's is made last.
func (in *install) generate(p placed) []byte {
	switch {
	case p.wrap != nil:
		return wrapper(*p.wrap, in.scheme)
	case path.Base(p.path) == "INSTALLER":
		return []byte(installer)
	}
	return nil
}

func (in *install) setData(e *layers.Entry, data []byte) {
	sum := sha256.Sum256(data)
	e.Data, e.Size, e.SHA256 = data, int64(len(data)), sum[:]
}

// fill makes e the slice of the wheel that holds the file, with the digest
// that RECORD gives. Where none was read, it is computed now.
func (in *install) fill(e *layers.Entry, entry int) error {
	file := &in.wheel.zip.Entries[entry]
	e.Size = file.Size
	e.SHA256 = in.wheel.recorded(entry)
	if e.SHA256 == nil {
		zip, err := in.archive()
		if err != nil {
			return err
		}
		sum := sha256.New()
		if _, err := io.Copy(sum, zip.Open(file)); err != nil {
			return err
		}
		e.SHA256 = sum.Sum(nil)
	}
	e.Slice = &layers.Slice{
		Source: in.wheel.Source, Offset: file.DataOffset, Length: file.PackedSize,
		Deflated: file.Method == zipfile.Deflated, CRC32: file.CRC32,
	}
	return nil
}

// fillScript is fill for a file of .data/scripts. Only its beginning is read
// unless the first line has to be rewritten.
func (in *install) fillScript(e *layers.Entry, entry int) error {
	file := &in.wheel.zip.Entries[entry]
	zip, err := in.archive()
	if err != nil {
		return err
	}
	head := make([]byte, min(int64(len(placeholder)), file.Size))
	if _, err := io.ReadFull(zip.Open(file), head); err != nil {
		return err
	}
	if string(head) != placeholder {
		return in.fill(e, entry)
	}
	data, err := zip.ReadAll(file, maxScript)
	if err != nil {
		return err
	}
	if want := in.wheel.recorded(entry); want != nil {
		if sum := sha256.Sum256(data); !bytes.Equal(sum[:], want) {
			return &RecordError{fmt.Errorf("the content of %q does not match its digest in RECORD", file.Name)}
		}
	}
	in.setData(e, rewriteScript(data, in.scheme.Interpreter))
	return nil
}

// record returns the RECORD of what is installed (recording installed
// projects): every file with its digest and size, sorted by path, paths
// relative to site-packages.
func (in *install) record(entries []layers.Entry) []byte {
	lib, own := in.wheel.dir(in.scheme, in.wheel.root()), in.recordPath()
	type row struct {
		path string
		e    *layers.Entry
	}
	rows, size := make([]row, len(entries)), 0
	for i := range entries {
		rows[i] = row{relative(lib, entries[i].Path), &entries[i]}
		size += len(rows[i].path) + recordRest
	}
	slices.SortFunc(rows, func(a, b row) int { return strings.Compare(a.path, b.path) })
	b := make([]byte, 0, size)
	for _, r := range rows {
		if r.e.Path == own {
			b = appendRow(b, r.path, nil, 0)
			continue
		}
		b = appendRow(b, r.path, r.e.SHA256, r.e.Size)
	}
	return b
}

// recordRest is what a row takes beside its path, unless the file is huge.
const recordRest = len(",sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,1000000000\n")

// relative returns the way from the directory dir to file, both clean and
// relative to one root.
func relative(dir, file string) string {
	if rest, ok := strings.CutPrefix(file, dir+"/"); ok {
		return rest
	}
	up := ""
	for dir != "." {
		dir = path.Dir(dir)
		up += "../"
		if rest, ok := strings.CutPrefix(file, dir+"/"); ok {
			return up + rest
		}
	}
	return up + file
}
