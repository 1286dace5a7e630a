package wheeltest

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Wheel describes a wheel. The zero value of every field but Name and Version
// gives a right one.
type Wheel struct {
	Name, Version string
	// Tag is the file name's tag; by default py3-none-any.
	Tag string
	// Files are the wheel's own files, in order, without .dist-info.
	Files []File
	// Metadata is added to METADATA's headers, each line with its newline.
	Metadata string
	// EntryPoints is entry_points.txt; none is written when empty.
	EntryPoints string
	// Platlib says Root-Is-Purelib: false.
	Platlib bool
	// WheelFile and MetadataFile replace WHEEL and METADATA.
	WheelFile, MetadataFile string
	// Record alters RECORD.
	Record func(rows []string) []string
	// Zip alters the archive.
	Zip func(z *Zip)
}

// Filename returns the wheel's file name.
func (w Wheel) Filename() string {
	tag := w.Tag
	if tag == "" {
		tag = "py3-none-any"
	}
	return w.stem() + "-" + tag + ".whl"
}

func (w Wheel) stem() string { return w.Name + "-" + w.Version }

// Bytes returns the wheel.
func (w Wheel) Bytes() []byte {
	info := w.stem() + ".dist-info/"
	tag := w.Tag
	if tag == "" {
		tag = "py3-none-any"
	}
	wheel := w.WheelFile
	if wheel == "" {
		wheel = fmt.Sprintf("Wheel-Version: 1.0\nGenerator: wheeltest\nRoot-Is-Purelib: %t\nTag: %s\n", !w.Platlib, tag)
	}
	metadata := w.MetadataFile
	if metadata == "" {
		metadata = fmt.Sprintf("Metadata-Version: 2.1\nName: %s\nVersion: %s\n%s\n", w.Name, w.Version, w.Metadata)
	}
	z := Zip{Files: append([]File(nil), w.Files...)}
	z.Files = append(z.Files,
		File{Name: info + "METADATA", Data: []byte(metadata)},
		File{Name: info + "WHEEL", Data: []byte(wheel)})
	if w.EntryPoints != "" {
		z.Files = append(z.Files, File{Name: info + "entry_points.txt", Data: []byte(w.EntryPoints)})
	}
	rows := Record(z.Files, info+"RECORD")
	if w.Record != nil {
		rows = w.Record(rows)
	}
	z.Files = append(z.Files, File{Name: info + "RECORD", Data: []byte(strings.Join(rows, "\n") + "\n")})
	if w.Zip != nil {
		w.Zip(&z)
	}
	return z.Bytes()
}

// Record returns the rows of a RECORD for files, its own row last.
func Record(files []File, record string) []string {
	var rows []string
	for _, f := range files {
		if strings.HasSuffix(f.Name, "/") {
			continue
		}
		name := f.Name
		if strings.ContainsAny(name, ",\"\n") {
			name = `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
		}
		rows = append(rows, name+","+Hash(f.Data)+","+strconv.Itoa(len(f.Data)))
	}
	return append(rows, record+",,")
}

// Hash returns data's SHA-256 as RECORD writes it.
func Hash(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256=" + base64.RawURLEncoding.EncodeToString(sum[:])
}

// Write writes the wheel into dir under its name and returns the path.
func (w Wheel) Write(t testing.TB, dir string) string {
	t.Helper()
	return WriteFile(t, dir, w.Filename(), w.Bytes())
}

// WriteFile writes a file into dir and returns its path.
func WriteFile(t testing.TB, dir, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}
