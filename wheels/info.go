package wheels

import (
	"fmt"
	"path"
	"strings"

	"github.com/assemble-image/assemble/internal/lazyregexp"
)

// Info is what there is to know of a wheel without running it.
type Info struct {
	File            string       `json:"file"`
	SHA256          string       `json:"sha256"`
	Size            int64        `json:"size"`
	Name            string       `json:"name"`
	Version         string       `json:"version"`
	Summary         string       `json:"summary,omitempty"`
	License         string       `json:"license,omitempty"`
	Generator       string       `json:"generator,omitempty"`
	Purelib         bool         `json:"purelib"`
	Tags            []string     `json:"tags"`
	RequiresPython  string       `json:"requiresPython,omitempty"`
	RequiresDist    []string     `json:"requiresDist,omitempty"`
	Extras          []string     `json:"extras,omitempty"`
	EntryPoints     []EntryPoint `json:"entryPoints,omitempty"`
	Libraries       []string     `json:"libraries,omitempty"`
	StartupFiles    []string     `json:"startupFiles,omitempty"`
	Files           []InfoFile   `json:"files"`
	InstalledSize   int64        `json:"installedSize"`
	RecordUnchecked bool         `json:"recordUnchecked,omitempty"`
}

// InfoFile is one file that the wheel installs.
type InfoFile struct {
	Path   string `json:"path"`
	Scheme string `json:"scheme"`
	// Size is in bytes; 0 for files that are made while installing.
	Size       int64 `json:"size"`
	Executable bool  `json:"executable,omitempty"`
	Generated  bool  `json:"generated,omitempty"`
}

// library matches the names of shared objects, with or without a version.
var library = lazyregexp.New(`\.so(\.[0-9]+)*$`)

// Info says what would be installed where by s. It fails where
// [Wheel.Entries] would for the places of files.
func (w *Wheel) Info(s Scheme) (Info, error) {
	list, err := w.layout(s)
	if err != nil {
		return Info{}, fmt.Errorf("installing wheel %q: %w", w.Name(), err)
	}
	info := Info{
		File: w.Name(), SHA256: w.Source.Digest(), Size: w.Source.Size,
		Name: w.Metadata.Name, Version: w.Metadata.Version, Summary: w.Metadata.Summary,
		License: w.Metadata.license(), Generator: w.Build.Generator, Purelib: w.Build.Purelib,
		RequiresPython: w.Metadata.RequiresPython, RequiresDist: w.Metadata.RequiresDist, Extras: w.Metadata.ProvidesExtra,
		EntryPoints: w.EntryPoints, RecordUnchecked: w.skipRecord,
		Files: make([]InfoFile, 0, len(list)),
	}
	for _, tag := range w.Filename.Tags {
		info.Tags = append(info.Tags, tag.String())
	}
	for _, p := range list {
		f := InfoFile{Path: p.path, Scheme: p.scheme, Generated: p.kind == generated, Executable: p.kind == script || p.wrap != nil}
		if p.kind != generated {
			e := &w.zip.Entries[p.entry]
			f.Size = e.Size
			f.Executable = f.Executable || e.Executable()
			info.InstalledSize += f.Size
		}
		info.Files = append(info.Files, f)
		if library.MatchString(p.path) {
			info.Libraries = append(info.Libraries, p.path)
		}
		// Python runs the lines of these at every start.
		if dir := path.Dir(p.path); strings.HasSuffix(p.path, ".pth") && (dir == s.Purelib || dir == s.Platlib) {
			info.StartupFiles = append(info.StartupFiles, p.path)
		}
	}
	return info, nil
}

// license returns the licence in the most exact form that the metadata has:
// an SPDX expression, the classifiers, or the first line of the free text.
func (m Metadata) license() string {
	if m.LicenseExpression != "" {
		return m.LicenseExpression
	}
	line, _, more := strings.Cut(m.License, "\n")
	if line != "" && !more && len(line) < 80 {
		return line
	}
	var names []string
	for _, c := range m.Classifiers {
		if strings.HasPrefix(c, "License :: ") {
			names = append(names, c[strings.LastIndex(c, ":: ")+3:])
		}
	}
	if len(names) > 0 {
		return strings.Join(names, ", ")
	}
	return line
}
