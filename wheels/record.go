package wheels

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// recordRow is one row of a RECORD file: a path, its digest and its size.
// Algorithm is empty and Size -1 where the row leaves them out.
type recordRow struct {
	Path      string
	Algorithm string
	Sum       []byte
	Size      int64
}

// recordSums are the algorithms that the format allows (SHA-256 or better) and
// their lengths in bytes. Others can't be compared with them.
var recordSums = map[string]int{"sha256": 32, "sha384": 48, "sha512": 64}

// recordColumns are path, digest and size.
const recordColumns = 3

// parseRecord reads a RECORD file (recording installed projects): CSV rows of
// path, algorithm=digest and size. As with pip and uv, further columns say
// nothing.
func parseRecord(text string) ([]recordRow, error) {
	var rows []recordRow
	err := csvRows(strings.TrimPrefix(text, byteOrderMark), func(_ int, cells []string) error {
		if len(cells) < recordColumns {
			return fmt.Errorf("%d columns instead of %d", len(cells), recordColumns)
		}
		row, err := parseRow(cells)
		rows = append(rows, row)
		return err
	})
	if err != nil {
		return nil, err
	}
	return rows, nil
}

const byteOrderMark = "\ufeff"

// lineError is an error of one line.
type lineError struct {
	line int
	err  error
}

func (e *lineError) Error() string { return fmt.Sprintf("line %d: %v", e.line, e.err) }
func (e *lineError) Unwrap() error { return e.err }

func parseRow(cells []string) (recordRow, error) {
	row := recordRow{Path: cells[0], Size: -1}
	if row.Path == "" {
		return recordRow{}, errors.New("no path")
	}
	if cells[2] != "" {
		size, err := strconv.ParseInt(cells[2], 10, 64)
		if err != nil || size < 0 || cells[2][0] == '+' {
			return recordRow{}, fmt.Errorf("%q: invalid size %.40q", row.Path, cells[2])
		}
		row.Size = size
	}
	if cells[1] == "" {
		return row, nil
	}
	algorithm, text, found := strings.Cut(cells[1], "=")
	algorithm = strings.ToLower(algorithm)
	length, known := recordSums[algorithm]
	if !found || !known {
		return recordRow{}, fmt.Errorf("%q: the digest %.120q is not sha256 or stronger", row.Path, cells[1])
	}
	sum, err := base64.RawURLEncoding.Strict().DecodeString(urlAlphabet.Replace(strings.TrimRight(text, "=")))
	if err != nil || len(sum) != length {
		return recordRow{}, fmt.Errorf("%q: %.120q is not a %s digest", row.Path, text, algorithm)
	}
	row.Algorithm, row.Sum = algorithm, sum
	return row, nil
}

// urlAlphabet maps base64's usual alphabet to that of URLs, which RECORD is to
// have.
var urlAlphabet = strings.NewReplacer("+", "-", "/", "_")

// cleanPath returns a row's path as the archive has it: some packers write
// backslashes, or a dot for the directory that all paths begin in. What is
// absolute or leads through a parent stays as it is, and so is no file's.
func cleanPath(path string) string {
	path = strings.ReplaceAll(path, `\`, "/")
	if !strings.HasPrefix(path, "./") && !strings.Contains(path, "//") && !strings.Contains(path, "/./") {
		return path
	}
	parts := strings.Split(path, "/")
	last := len(parts) - 1
	kept := parts[:0]
	for i, part := range parts {
		if part == "." && i < last || part == "" && i > 0 && i < last {
			continue
		}
		kept = append(kept, part)
	}
	return strings.Join(kept, "/")
}

// merge joins two rows of one file: all that they say must be the same.
func (r recordRow) merge(other recordRow) (recordRow, error) {
	switch {
	case r.Size >= 0 && other.Size >= 0 && r.Size != other.Size:
		return r, fmt.Errorf("RECORD lists %q twice, with different sizes", r.Path)
	case r.Sum != nil && other.Sum != nil && (r.Algorithm != other.Algorithm || !bytes.Equal(r.Sum, other.Sum)):
		return r, fmt.Errorf("RECORD lists %q twice, with different digests", r.Path)
	}
	if r.Size < 0 {
		r.Size = other.Size
	}
	if r.Sum == nil {
		r.Algorithm, r.Sum = other.Algorithm, other.Sum
	}
	return r, nil
}

// appendRow appends a row of a RECORD file. It is written here and not by
// encoding/csv, whose quoting may change with Go and would change digests.
func appendRow(b []byte, path string, sum []byte, size int64) []byte {
	b = appendCell(b, path)
	if sum == nil {
		return append(b, ",,\n"...)
	}
	b = append(b, ",sha256="...)
	b = base64.RawURLEncoding.AppendEncode(b, sum)
	b = append(b, ',')
	b = strconv.AppendInt(b, size, 10)
	return append(b, '\n')
}

func appendCell(b []byte, s string) []byte {
	if !strings.ContainsAny(s, ",\"\r\n") && strings.TrimSpace(s) == s {
		return append(b, s...)
	}
	b = append(b, '"')
	b = append(b, strings.ReplaceAll(s, `"`, `""`)...)
	return append(b, '"')
}
