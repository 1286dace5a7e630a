package config

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
)

// schema is the part of JSON Schema (draft 7) that the config needs.
type schema struct {
	Schema      string             `json:"$schema,omitempty"`
	ID          string             `json:"$id,omitempty"`
	Title       string             `json:"title,omitempty"`
	Description string             `json:"description,omitempty"`
	Type        any                `json:"type,omitempty"` // a string, or several
	Enum        []string           `json:"enum,omitempty"`
	Pattern     string             `json:"pattern,omitempty"`
	Minimum     *int64             `json:"minimum,omitempty"`
	Maximum     *int64             `json:"maximum,omitempty"`
	OneOf       []*schema          `json:"oneOf,omitempty"`
	Items       *schema            `json:"items,omitempty"`
	MinItems    int                `json:"minItems,omitempty"`
	Properties  map[string]*schema `json:"properties,omitempty"`
	Required    []string           `json:"required,omitempty"`
	// Additional is false for known fields, a schema for maps.
	Additional any `json:"additionalProperties,omitempty"`
}

// Schema returns the JSON Schema (draft 7) of assemble.yaml, which editors use
// to complete and check while one types. It accepts all that Load accepts; Load
// checks more.
func Schema() ([]byte, error) {
	docs := map[string]Field{}
	for _, f := range Fields() {
		docs[f.Path] = f
	}
	s := schemaOf("", reflect.TypeFor[Config](), docs)
	s.Schema = "http://json-schema.org/draft-07/schema#"
	s.Title = "assemble.yaml"
	s.Description = "What an image is made of, for assemble."
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(s)
	return b.Bytes(), err
}

// schemaOf returns the schema of a field's type.
func schemaOf(path string, t reflect.Type, docs map[string]Field) *schema {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	s := &schema{}
	text := &schema{Type: []string{"string", "integer"}}
	switch {
	case t == typePath, t == typeLink, t == typeGlob, t == typeSource:
		s.Type = "string"
	case t == typePort:
		s.OneOf = []*schema{{Type: "integer", Minimum: ptr(1), Maximum: ptr(65535)}, {Type: "string", Pattern: portForm.String()}}
	case t == typeMode:
		s.Type = []string{"string", "integer"}
	case t == typeDuration:
		s.Type, s.Pattern = "string", `^(([0-9.]+(ns|us|µs|ms|s|m|h))+|[0-9]+d)$`
	case t == typeSize:
		s.Type = []string{"string", "integer"}
	case t.Kind() == reflect.Struct:
		// A mapping whose lines are all commented out is null.
		s = structSchema(path, t, docs)
	case t.Kind() == reflect.Map && t.Elem().Kind() == reflect.Slice:
		s.Type = []string{"object", "null"}
		s.Additional = &schema{OneOf: []*schema{{Type: "string"}, {Type: "array", Items: &schema{Type: "string"}, MinItems: 1}}}
	case t.Kind() == reflect.Map:
		s.Type, s.Additional = []string{"object", "null"}, text
	case t.Kind() == reflect.Slice:
		s.Type, s.Items = []string{"array", "null"}, schemaOf(path+"[]", t.Elem(), docs)
		if t.Elem().Kind() == reflect.String {
			s.Items = text
		}
		if t == typeCommand {
			s = commandSchema(path, s)
		}
	case t.Kind() == reflect.Bool:
		s.Type = "boolean"
	case t.Kind() == reflect.String:
		s.Type = "string"
	default:
		s.Type = "integer"
	}
	refine(path, s)
	s.Description = plain(docs[path].Doc)
	return s
}

func structSchema(path string, t reflect.Type, docs map[string]Field) *schema {
	s := &schema{Type: []string{"object", "null"}, Properties: map[string]*schema{}, Additional: false}
	for name, i := range fieldsOf(t) {
		s.Properties[name] = schemaOf(join(path, name), t.Field(i).Type, docs)
	}
	if path == "" || strings.HasSuffix(path, "[]") {
		s.Type = "object"
	}
	return s
}

// refine adds what doesn't follow from the type.
func refine(path string, s *schema) {
	between := func(low, high int64) { s.Minimum, s.Maximum = ptr(low), ptr(high) }
	switch path {
	case "base":
		list := *s
		list.Type, list.MinItems = "array", 1
		*s = schema{OneOf: []*schema{{Type: "string"}, &list}}
	case "platform":
		s.Pattern = platformForm.String()
	case "user":
		mapping := *s
		*s = schema{OneOf: []*schema{{Type: []string{"string", "integer"}}, &mapping}}
	case "packages":
		mapping := *s
		list := *s.Properties["install"]
		list.Type, list.Description = "array", ""
		*s = schema{OneOf: []*schema{&list, &mapping}}
	case "dirs[]", "empty_files[]":
		mapping := *s
		mapping.Required = []string{"path"}
		*s = schema{OneOf: []*schema{{Type: "string"}, &mapping}}
	case "healthcheck":
		mapping := *s
		*s = schema{OneOf: []*schema{{Type: "string", Enum: []string{healthcheckNone}}, &mapping}}
	case "created", "stop_signal":
		s.Type = []string{"string", "integer"}
	case "accounts.users[]", "accounts.groups[]":
		s.Required = []string{"name"}
	case "app[]":
		s.Required = []string{"from", "to"}
	case "app[].to", "models[].to", "workdir", "user.home", "user.shell", "accounts.users[].home", "accounts.users[].shell", "smoke.http.path":
		s.Pattern = "^/"
	case "user.uid", "user.gid", "accounts.users[].uid", "accounts.users[].gid", "accounts.groups[].gid":
		between(0, maxID)
	case "smoke.http.port":
		between(1, 65535)
	case "smoke.http.status":
		between(100, 599)
	case "models[]":
		s.Required = []string{"from", "to"}
	case "app[].sha256", "models[].sha256":
		s.Pattern = "^(sha256:)?[0-9a-fA-F]{64}$"
	case "app[].strip":
		between(0, maxStrip)
	case "layers.budget":
		between(1, maxBudget)
	case "on_conflict":
		s.Enum = []string{ConflictWarn, ConflictError, ConflictLastWins}
	case "problems":
		levels := &schema{Type: "string", Enum: []string{ProblemWarn, ProblemError}}
		s.Properties, s.Additional = map[string]*schema{}, false
		for _, kind := range slices.Concat(ProblemKinds(), doctorKinds) {
			s.Properties[kind] = levels
		}
	case "ignore[]":
		s.Required = []string{"id", "reason"}
	case "ignore[].id":
		s.Enum = FindingKinds()
	case "needs[]":
		s.Required = []string{"projects", "needs"}
	case "source_date_epoch":
		between(0, maxEpoch)
	}
}

func ptr(n int64) *int64 { return &n }

// plain takes the code marks out of a field's text.
func plain(s string) string { return strings.ReplaceAll(s, "`", "") }
