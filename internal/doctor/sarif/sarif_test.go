package sarif

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/assemble-image/assemble/internal/doctor"
)

// TestSchema: a log is valid by the schema that OASIS has published with the
// standard, and one that isn't is noticed.
func TestSchema(t *testing.T) {
	data, err := os.ReadFile("testdata/sarif-schema-2.1.0.json")
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("sarif.json", bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("sarif.json")
	if err != nil {
		t.Fatal(err)
	}
	found := []doctor.Finding{
		{ID: doctor.IDMissingLibrary, Severity: doctor.Error, Text: "libGL.so.1 is missing", About: "libGL.so.1", Fix: "add libgl1 to packages", Paths: []string{"/usr/x.so", "/usr/y.so"}},
		{ID: doctor.IDRoot, Severity: doctor.Note, Text: "the image runs as root", Ignored: "it is a builder"},
		{ID: "conflict", Severity: doctor.Warning, Text: "two wheels"},
	}
	for _, opt := range []Options{{}, {Version: "1.2.3", Config: "deploy/assemble.yaml"}} {
		for _, list := range [][]doctor.Finding{nil, found} {
			if err := schema.Validate(decoded(t, Log(list, opt))); err != nil {
				t.Errorf("%+v: %v", opt, err)
			}
		}
	}
	bad := Log(found, Options{})
	bad.Runs[0].Results[0].Level = "fatal"
	if err := schema.Validate(decoded(t, bad)); err == nil {
		t.Error("a level that there isn't is valid")
	}
	for _, r := range Log(found, Options{}).Runs[0].Results {
		if id := Log(nil, Options{}).Runs[0].Tool.Driver.Rules[r.RuleIndex].ID; id != r.RuleID {
			t.Errorf("%s has the index of %s", r.RuleID, id)
		}
	}
}

func decoded(t *testing.T, d Document) any {
	t.Helper()
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.NewDecoder(strings.NewReader(string(text))).Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}
