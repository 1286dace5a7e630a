package index

import (
	"bytes"
	"encoding/json"
	"errors"
	"time"
)

// member is a key with its value, as encoding/json reads it.
type member struct {
	key   string
	value json.RawMessage
}

// members reads an object by encoding/json; null has none.
func members(raw []byte) (list []member, err error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	switch t, err := d.Token(); {
	case err != nil:
		return nil, err
	case t == nil:
		return nil, nil
	case t != json.Delim('{'):
		return nil, errors.New("no object")
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		list = append(list, member{key.(string), value})
	}
	return list, nil
}

// reference reads a page the long way, by encoding/json.
func reference(page []byte) (entries []entry, err error) {
	if !json.Valid(page) {
		return nil, errors.New("not valid")
	}
	top, err := members(page)
	if err != nil {
		return nil, err
	}
	version := ""
	for _, m := range top {
		switch m.key {
		case "meta":
			meta, err := members(m.value)
			if err != nil {
				return nil, err
			}
			for _, m := range meta {
				if m.key == "api-version" {
					if err := json.Unmarshal(m.value, &version); err != nil {
						return nil, err
					}
				}
			}
		case "files":
			var files []json.RawMessage
			if err := json.Unmarshal(m.value, &files); err != nil {
				return nil, err
			}
			for _, f := range files {
				e, err := referenceFile(f)
				if err != nil {
					return nil, err
				}
				entries = append(entries, *e)
			}
		}
	}
	return entries, checkAPIVersion(version)
}

func referenceFile(raw []byte) (*entry, error) {
	fields, err := members(raw)
	if err != nil {
		return nil, err
	}
	e := &entry{file: File{Size: -1}}
	var uploaded string
	var flags [3]referenceFlag // yanked, core-metadata, dist-info-metadata
	for _, m := range fields {
		var err error
		switch m.key {
		case "filename":
			err = json.Unmarshal(m.value, &e.name)
		case "url":
			err = json.Unmarshal(m.value, &e.href)
		case "hashes":
			err = referenceHashes(m.value, &e.file.Hashes)
		case "requires-python":
			e.file.RequiresPython = ""
			err = json.Unmarshal(m.value, &e.file.RequiresPython)
		case "size":
			size := int64(-1)
			err = json.Unmarshal(m.value, &size)
			e.file.Size = max(size, -1)
		case "upload-time":
			err = json.Unmarshal(m.value, &uploaded)
		case "yanked":
			flags[0], err = readReferenceFlag(m.value)
		case "core-metadata":
			flags[1], err = readReferenceFlag(m.value)
		case "dist-info-metadata":
			flags[2], err = readReferenceFlag(m.value)
		}
		if err != nil {
			return nil, err
		}
	}
	if e.name == "" {
		return nil, errors.New("no name")
	}
	if flags[0].set {
		e.file.Yanked = &flags[0].text
	}
	metadata := flags[1]
	if !metadata.known {
		metadata = flags[2]
	}
	if metadata.set {
		e.file.HasMetadata, e.file.MetadataHashes = true, metadata.hashes
	}
	if t, err := time.Parse(time.RFC3339Nano, uploaded); err == nil {
		e.file.UploadTime = t.UTC()
	}
	e.file.Hashes.clean()
	e.file.MetadataHashes.clean()
	return e, nil
}

type referenceFlag struct {
	known, set bool
	text       string
	hashes     Hashes
}

func readReferenceFlag(raw []byte) (f referenceFlag, err error) {
	f.known = string(raw) != "null"
	switch raw[0] {
	case '"':
		err = json.Unmarshal(raw, &f.text)
		f.set = f.text != ""
	case '{':
		f.set = true
		err = referenceHashes(raw, &f.hashes)
	default:
		err = json.Unmarshal(raw, &f.set)
	}
	return f, err
}

func referenceHashes(raw []byte, h *Hashes) error {
	fields, err := members(raw)
	for _, m := range fields {
		for _, f := range h.fields() {
			if err == nil && f.name == m.key {
				err = json.Unmarshal(m.value, f.digits)
			}
		}
	}
	return err
}
