package wheels

import (
	"errors"
	"fmt"

	"github.com/assemble-image/assemble/wheels/pep440"
	"github.com/assemble-image/assemble/wheels/pep508"
	"github.com/assemble-image/assemble/wheels/tags"
)

// Metadata is what a wheel's METADATA file says of the project (core metadata,
// PEP 566 and its successors), as written.
type Metadata struct {
	MetadataVersion string
	Name, Version   string
	Summary         string
	// License is the free text of old metadata, LicenseExpression the SPDX
	// expression of PEP 639.
	License, LicenseExpression string
	LicenseFiles               []string
	Classifiers                []string
	// RequiresPython is a PEP 440 specifier set, "" for any Python.
	RequiresPython string
	// RequiresDist are PEP 508 requirements.
	RequiresDist  []string
	ProvidesExtra []string
}

// ParseMetadata reads a METADATA file, as a wheel or an index (PEP 658) has
// it. It fails on fields that must occur once and don't.
func ParseMetadata(text string) (Metadata, error) { return parseMetadata(text) }

func parseMetadata(text string) (Metadata, error) {
	f := parseHeaders(text)
	m := Metadata{
		Summary:           f.first("Summary"),
		License:           f.first("License"),
		LicenseExpression: f.first("License-Expression"),
		LicenseFiles:      f.all("License-File"),
		Classifiers:       f.all("Classifier"),
		RequiresDist:      f.all("Requires-Dist"),
		ProvidesExtra:     f.all("Provides-Extra"),
	}
	for _, single := range []struct {
		name string
		to   *string
	}{
		{"Metadata-Version", &m.MetadataVersion},
		{"Name", &m.Name},
		{"Version", &m.Version},
		{"Requires-Python", &m.RequiresPython},
	} {
		value, err := f.one(single.name)
		if err != nil {
			return Metadata{}, err
		}
		*single.to = value
	}
	if m.Name == "" || m.Version == "" {
		return Metadata{}, errors.New("no Name or no Version")
	}
	return m, nil
}

// matches checks that the metadata is that of the project and version in the
// file name.
func (m Metadata) matches(f tags.Filename) error {
	if pep508.NormalizeName(m.Name) != f.Normalized {
		return fmt.Errorf("its METADATA is for the project %.80q", m.Name)
	}
	v, err := pep440.Parse(m.Version)
	if err != nil {
		return fmt.Errorf("its METADATA: %w", err)
	}
	if !v.Equal(f.Version) {
		return fmt.Errorf("its METADATA is for the version %q", m.Version)
	}
	return nil
}
