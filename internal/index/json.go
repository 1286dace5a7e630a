package index

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// jsonPage is a project's page (PEP 691, with the additions of PEP 700, 714
// and 740 as far as they matter here).
type jsonPage struct {
	Meta struct {
		Version string `json:"api-version"`
	} `json:"meta"`
	Files jsonFiles `json:"files"`
}

type jsonFile struct {
	Filename       string  `json:"filename"`
	URL            string  `json:"url"`
	Hashes         Hashes  `json:"hashes"`
	RequiresPython *string `json:"requires-python"`
	Yanked         flag    `json:"yanked"`
	Size           *int64  `json:"size"`
	UploadTime     string  `json:"upload-time"`
	CoreMetadata   *flag   `json:"core-metadata"`
	DistInfo       *flag   `json:"dist-info-metadata"`
}

// jsonFiles gives out the files one by one: a page has up to tens of megabytes.
type jsonFiles struct{ each func(*entry) }

// UnmarshalJSON implements json.Unmarshaler.
func (l *jsonFiles) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(b))
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return errors.Join(errors.New("its files are not a list"), err)
	}
	for n := 1; d.More(); n++ {
		if n > maxFiles {
			return errTooMany
		}
		var f jsonFile
		if err := d.Decode(&f); err != nil {
			return err
		}
		if f.Filename == "" {
			return fmt.Errorf("file %d of the page has no name", n)
		}
		e := f.entry()
		l.each(&e)
	}
	return nil
}

// flag is what the standard gives as true or false, or as something that says
// more than true: a reason, or hashes.
type flag struct {
	set    bool
	text   string
	hashes Hashes
}

// UnmarshalJSON implements json.Unmarshaler.
func (f *flag) UnmarshalJSON(b []byte) error {
	*f = flag{}
	switch {
	case string(b) == "null":
		return nil
	case b[0] == '"':
		err := json.Unmarshal(b, &f.text)
		f.set = f.text != ""
		return err
	case b[0] == '{':
		f.set = true
		return json.Unmarshal(b, &f.hashes)
	}
	return json.Unmarshal(b, &f.set)
}

// parseJSON calls each with the entries of a page in JSON. After an error, it
// may have done so with a part.
func parseJSON(body []byte, each func(*entry)) error {
	p := jsonPage{Files: jsonFiles{each}}
	err := json.Unmarshal(body, &p)
	if errors.Is(err, errTooMany) {
		return err
	}
	if err != nil {
		return contentError("the page is not the JSON of PEP 691: %w", err)
	}
	if err := checkAPIVersion(p.Meta.Version); err != nil {
		return &Error{kind: ErrContent, cause: err}
	}
	return nil
}

func (f *jsonFile) entry() entry {
	e := entry{name: f.Filename, href: f.URL, file: File{Hashes: f.Hashes, Size: -1}}
	if f.RequiresPython != nil {
		e.file.RequiresPython = *f.RequiresPython
	}
	if f.Yanked.set {
		reason := f.Yanked.text
		e.file.Yanked = &reason
	}
	if f.Size != nil && *f.Size >= 0 {
		e.file.Size = *f.Size
	}
	if t, err := time.Parse(time.RFC3339Nano, f.UploadTime); err == nil {
		e.file.UploadTime = t.UTC()
	}
	// PEP 714 renamed the field; the new name counts where both are there.
	metadata := f.CoreMetadata
	if metadata == nil {
		metadata = f.DistInfo
	}
	if metadata != nil && metadata.set {
		e.file.HasMetadata, e.file.MetadataHashes = true, metadata.hashes
	}
	return e
}

// checkAPIVersion refuses major versions other than 1 (PEP 629). Greater minor
// ones only add to what is known.
func checkAPIVersion(version string) error {
	if version == "" {
		return errors.New("the page has no API version")
	}
	major, minor, ok := strings.Cut(version, ".")
	_, err := strconv.ParseUint(minor, 10, 31)
	if !ok || err != nil {
		return fmt.Errorf("malformed API version %.20q", version)
	}
	if major != "1" {
		return fmt.Errorf("unsupported API version %.20s, only 1 is supported", version)
	}
	return nil
}
