package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// documentKeys are the members of manifests and indexes (image-spec,
// manifest.md and image-index.md).
var documentKeys = []string{
	"schemaVersion", "mediaType", "artifactType", "config", "layers", "manifests", "subject", "annotations",
}

// checkKeys refuses an object that has a member twice, or one of the
// document's members in other letters. encoding/json takes both, other
// parsers take neither or the other one, and so two tools could see two
// images under one digest.
func checkKeys(raw []byte) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	start, err := dec.Token()
	if err != nil {
		return err
	}
	if start != json.Delim('{') {
		return errors.New("not a JSON object")
	}
	seen := map[string]bool{}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return err
		}
		key, ok := token.(string)
		if !ok {
			return fmt.Errorf("member %v has no name", token)
		}
		for _, known := range documentKeys {
			if key != known && strings.EqualFold(key, known) {
				return fmt.Errorf("member %q must be spelled %q", key, known)
			}
		}
		if seen[key] {
			return fmt.Errorf("duplicate member %q", key)
		}
		seen[key] = true
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return err
		}
	}
	return nil
}
