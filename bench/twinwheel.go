package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/csv"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path"
	"regexp"
	"strings"
)

// writeTwin copies the wheel name to twin. stem is the twin's project and
// version, as its .dist-info is called. Packed bytes are copied as they are;
// only the metadata is packed anew.
func writeTwin(name, twin, stem string) (err error) {
	in, err := zip.OpenReader(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	f, err := os.Create(twin)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	t := &twinWriter{zip: zip.NewWriter(f), stem: stem, altered: map[string]string{}}
	var record *zip.File
	for _, e := range in.File {
		if strings.HasSuffix(e.Name, "/") {
			continue // directories follow from the files
		}
		if path.Base(e.Name) == "RECORD" && isInfo(e.Name) {
			record = e // last: it has the digests of the others
			continue
		}
		if err := t.add(e); err != nil {
			return fmt.Errorf("%q: %w", e.Name, err)
		}
	}
	if record == nil {
		return errors.New("it has no RECORD")
	}
	if err := t.record(record); err != nil {
		return err
	}
	return t.zip.Close()
}

type twinWriter struct {
	zip  *zip.Writer
	stem string
	// altered has RECORD's digest and size of what is not as in the wheel.
	altered map[string]string
}

// isInfo reports whether the path is a file of the wheel's .dist-info.
func isInfo(name string) bool {
	return strings.HasSuffix(path.Dir(name), ".dist-info") && strings.Count(name, "/") == 1
}

// rename returns where a file of the wheel goes in the twin.
func (t *twinWriter) rename(name string) string {
	root, rest, deep := strings.Cut(name, "/")
	switch {
	case deep && strings.HasSuffix(root, ".dist-info"):
		return t.stem + ".dist-info/" + rest
	case deep && strings.HasSuffix(root, ".data"):
		kind, rest, _ := strings.Cut(rest, "/")
		if kind == "scripts" {
			return t.stem + ".data/scripts/" + rest + "-twin"
		}
		return t.stem + ".data/" + kind + "/twin/" + rest
	}
	return "twin/" + name
}

func (t *twinWriter) add(e *zip.File) error {
	if isInfo(e.Name) {
		switch path.Base(e.Name) {
		case "METADATA":
			return t.rewrite(e, func(text string) string { return metadataName.ReplaceAllString(text, "${1}-twin") })
		case "entry_points.txt":
			return t.rewrite(e, renameScripts)
		}
	}
	raw, err := e.OpenRaw()
	if err != nil {
		return err
	}
	h := e.FileHeader
	h.Name, h.Extra = t.rename(e.Name), nil
	w, err := t.zip.CreateRaw(&h)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, raw)
	return err
}

var (
	metadataName = regexp.MustCompile(`(?m)\A((?:.+\n)*?Name:[ \t]*[^\r\n]*[^\s])`)
	entryPoint   = regexp.MustCompile(`^([^=\s#;\[][^=]*?)(\s*=.*)$`)
)

// renameScripts gives the scripts of entry_points.txt other names.
func renameScripts(text string) string {
	lines := strings.Split(text, "\n")
	scripts := false
	for i, line := range lines {
		if s := strings.TrimSpace(line); strings.HasPrefix(s, "[") {
			scripts = s == "[console_scripts]" || s == "[gui_scripts]"
		} else if scripts {
			lines[i] = entryPoint.ReplaceAllString(line, "${1}-twin${2}")
		}
	}
	return strings.Join(lines, "\n")
}

// rewrite adds a file with altered content.
func (t *twinWriter) rewrite(e *zip.File, alter func(string) string) error {
	text, err := readAll(e)
	if err != nil {
		return err
	}
	b := []byte(alter(string(text)))
	name := t.rename(e.Name)
	sum := sha256.Sum256(b)
	t.altered[name] = fmt.Sprintf("sha256=%s,%d", base64.RawURLEncoding.EncodeToString(sum[:]), len(b))
	return t.store(name, b)
}

// store adds a file that is not packed.
func (t *twinWriter) store(name string, b []byte) error {
	w, err := t.zip.CreateRaw(&zip.FileHeader{
		Name: name, Method: zip.Store, CRC32: crc32.ChecksumIEEE(b),
		CompressedSize64: uint64(len(b)), UncompressedSize64: uint64(len(b)),
	})
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}

// record adds RECORD with the twin's paths.
func (t *twinWriter) record(e *zip.File) error {
	text, err := readAll(e)
	if err != nil {
		return err
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		return fmt.Errorf("reading RECORD: %w", err)
	}
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	for _, row := range rows {
		row[0] = t.rename(row[0])
		if a, ok := t.altered[row[0]]; ok && len(row) == 3 {
			row[1], row[2], _ = strings.Cut(a, ",")
		}
		if err := w.Write(row); err != nil {
			return err
		}
	}
	w.Flush()
	return t.store(t.rename(e.Name), out.Bytes())
}

func readAll(e *zip.File) (_ []byte, err error) {
	r, err := e.Open()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	return io.ReadAll(r)
}
