package wheels

import (
	"encoding/base64"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
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

// parseRecord reads a RECORD file (recording installed projects): CSV rows of
// path, algorithm=digest and size.
func parseRecord(text string) ([]recordRow, error) {
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord = 3
	r.ReuseRecord = true
	var rows []recordRow
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		row, err := parseRow(cells)
		if err != nil {
			line, _ := r.FieldPos(0)
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		rows = append(rows, row)
	}
}

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
	length, known := recordSums[algorithm]
	if !found || !known {
		return recordRow{}, fmt.Errorf("%q: the digest %.120q is not sha256 or stronger", row.Path, cells[1])
	}
	sum, err := base64.RawURLEncoding.Strict().DecodeString(strings.TrimRight(text, "="))
	if err != nil || len(sum) != length {
		return recordRow{}, fmt.Errorf("%q: %.120q is not a %s digest", row.Path, text, algorithm)
	}
	row.Algorithm, row.Sum = algorithm, sum
	return row, nil
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
