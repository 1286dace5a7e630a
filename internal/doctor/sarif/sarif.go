// Package sarif writes findings in the Static Analysis Results Interchange Format,
// version 2.1.0 (OASIS), which code hosts show beside the source.
//
// Start with [Log].
package sarif

import (
	"github.com/assemble-image/assemble/internal/doctor"
)

const (
	version = "2.1.0"
	schema  = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)

// Document is a SARIF log with one run.
type Document struct {
	Schema  string `json:"$schema"`
	Version string `json:"version"`
	Runs    []Run  `json:"runs"`
}

// Run is one run of the tool (3.14).
type Run struct {
	Tool       Tool     `json:"tool"`
	ColumnKind string   `json:"columnKind"`
	Results    []Result `json:"results"`
}

// Tool is what found the results (3.18).
type Tool struct {
	Driver Driver `json:"driver"`
}

// Driver is the tool itself (3.19).
type Driver struct {
	Name           string `json:"name"`
	Version        string `json:"version,omitempty"`
	InformationURI string `json:"informationUri,omitempty"`
	Rules          []Rule `json:"rules"`
}

// Rule is a kind of finding (3.49).
type Rule struct {
	ID               string `json:"id"`
	ShortDescription Text   `json:"shortDescription"`
	FullDescription  Text   `json:"fullDescription"`
	Default          Level  `json:"defaultConfiguration"`
}

// Text is a message (3.11).
type Text struct {
	Text string `json:"text"`
}

// Level is how bad something is: error, warning or note.
type Level struct {
	Level string `json:"level"`
}

// Result is a finding (3.27).
type Result struct {
	RuleID       string            `json:"ruleId"`
	RuleIndex    int               `json:"ruleIndex"`
	Level        string            `json:"level"`
	Message      Text              `json:"message"`
	Locations    []Location        `json:"locations,omitempty"`
	Fingerprints map[string]string `json:"partialFingerprints,omitempty"`
	Suppressions []Suppression     `json:"suppressions,omitempty"`
}

// Location is where it was found (3.28): the config, and paths of the image.
type Location struct {
	Physical Physical  `json:"physicalLocation"`
	Logical  []Logical `json:"logicalLocations,omitempty"`
}

// Physical is a file (3.29).
type Physical struct {
	Artifact Artifact `json:"artifactLocation"`
	Region   Region   `json:"region"`
}

// Artifact names a file (3.4).
type Artifact struct {
	URI string `json:"uri"`
}

// Region is a part of it (3.30).
type Region struct {
	StartLine int `json:"startLine"`
}

// Logical is a place that is no file of the source (3.33).
type Logical struct {
	FullyQualifiedName string `json:"fullyQualifiedName"`
	Kind               string `json:"kind"`
}

// Suppression says that a finding doesn't matter (3.35).
type Suppression struct {
	Kind          string `json:"kind"`
	Justification string `json:"justification,omitempty"`
}

// Options describe who has found something, and where it would be mended.
type Options struct {
	// Version is the tool's, "" where it has none.
	Version string
	// Config is the config's path relative to the source's root, as a URI.
	Config string
}

// Log makes a log of findings.
func Log(found []doctor.Finding, opt Options) Document {
	driver := Driver{Name: "assemble", Version: opt.Version}
	index := map[string]int{}
	for i, r := range doctor.Rules() {
		index[r.ID] = i
		driver.Rules = append(driver.Rules, Rule{
			ID: r.ID, ShortDescription: Text{r.Title}, FullDescription: Text{r.Why}, Default: Level{string(r.Severity)},
		})
	}
	results := make([]Result, 0, len(found))
	for _, f := range found {
		r := Result{
			RuleID: f.ID, RuleIndex: index[f.ID], Level: string(f.Severity), Message: Text{f.Text},
			Fingerprints: map[string]string{"assembleFinding/v1": f.ID + ":" + f.About},
		}
		if f.Fix != "" {
			r.Message.Text += ". To mend it: " + f.Fix
		}
		if opt.Config != "" {
			at := Location{Physical: Physical{Artifact: Artifact{opt.Config}, Region: Region{StartLine: 1}}}
			for _, p := range f.Paths {
				at.Logical = append(at.Logical, Logical{FullyQualifiedName: p, Kind: "resource"})
			}
			r.Locations = []Location{at}
		}
		if f.Ignored != "" {
			r.Suppressions = []Suppression{{Kind: "external", Justification: f.Ignored}}
		}
		results = append(results, r)
	}
	return Document{Schema: schema, Version: version, Runs: []Run{{Tool: Tool{driver}, ColumnKind: "unicodeCodePoints", Results: results}}}
}
