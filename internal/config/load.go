package config

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/assemble-image/assemble/internal/osfile"
)

// DefaultFile is the usual name of the config.
const DefaultFile = "assemble.yaml"

// A config is small. These bounds keep a hostile one from costing time or
// memory: of the parser, which recurses, and of aliases, which multiply.
const (
	maxFile   = 256 << 10 // bytes
	maxTokens = 20_000
	maxDepth  = 32
	maxNodes  = 20_000 // aliases counted as what they stand for
)

// Load reads the config file at path. Mistakes in it are an [*Error]; that the
// file isn't there matches [io/fs.ErrNotExist]. Flags may be laid over it with
// [Config.Set]; [Config.Validate] checks the whole.
func Load(path string) (*Config, error) { return LoadWith(path, nil) }

// LoadWith is Load with variables for the config's ${var:NAME}, which win over
// those of its vars.
func LoadWith(path string, vars map[string]string) (*Config, error) {
	data, err := osfile.ReadBounded(path, maxFile)
	if errors.Is(err, osfile.ErrLimit) {
		prob := tooLarge()
		prob.File = path
		return nil, joinProblems([]*Problem{prob})
	}
	if err != nil {
		return nil, fmt.Errorf("reading config %q: %w", path, err)
	}
	return parse(path, data, vars)
}

// Parse reads a config from data. The name is for messages, and relative paths
// are taken from its directory. Mistakes are an [*Error].
func Parse(name string, data []byte) (*Config, error) { return parse(name, data, nil) }

func parse(name string, data []byte, vars map[string]string) (*Config, error) {
	dir, err := absDir(filepath.Dir(name))
	if err != nil {
		return nil, err
	}
	c := &Config{File: name, Dir: dir, origins: map[string]origin{}}
	body, prob := parseYAML(data)
	if prob != nil {
		prob.File = name
		return nil, joinProblems([]*Problem{prob})
	}
	d := newDecoder(c, body)
	d.expand(body, vars)
	d.decode(body)
	c.fill()
	problems := d.problems
	for _, p := range c.check() {
		// One complaint a field: a value that couldn't be read isn't judged.
		if !d.failed(p) {
			problems = append(problems, p)
		}
	}
	if err := joinProblems(problems); err != nil {
		return nil, err
	}
	return c, nil
}

// parseYAML returns the only document's body, nil if it is empty.
func parseYAML(data []byte) (body ast.Node, prob *Problem) {
	if len(data) > maxFile {
		return nil, tooLarge()
	}
	if !utf8.Valid(data) || bytes.ContainsRune(data, 0) {
		return nil, badText(data)
	}
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	defer func() {
		// The library is held to be total, but not by us.
		if r := recover(); r != nil {
			body, prob = nil, &Problem{What: "this is not valid YAML"}
		}
	}()
	tokens := lexer.Tokenize(string(data))
	if prob := checkTokens(tokens); prob != nil {
		return nil, prob
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, syntaxProblem(err)
	}
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if body != nil {
			p := place(tokenOf(doc.Body))
			return nil, &Problem{Line: p.line, Column: p.column, What: "a second document; a config must be a single one"}
		}
		body = doc.Body
	}
	return body, nil
}

func tooLarge() *Problem {
	return &Problem{What: fmt.Sprintf("the file is larger than %d bytes", maxFile)}
}

// badText finds the line of what is not text.
func badText(data []byte) *Problem {
	line, column := 1, 1
	for len(data) > 0 {
		r, n := utf8.DecodeRune(data)
		if r == 0 || r == utf8.RuneError && n == 1 {
			break
		}
		column++
		if r == '\n' {
			line, column = line+1, 1
		}
		data = data[n:]
	}
	return &Problem{Line: line, Column: column, What: "this is not UTF-8 text"}
}

// brackets reports which tokens open a nested level, and which close it.
var brackets = map[token.Type]int{
	token.MappingStartType: 1, token.SequenceStartType: 1,
	token.MappingEndType: -1, token.SequenceEndType: -1,
}

// checkTokens bounds what the parser would recurse into.
func checkTokens(tokens token.Tokens) *Problem {
	if len(tokens) > maxTokens {
		return &Problem{What: fmt.Sprintf("the file has more than %d YAML tokens", maxTokens)}
	}
	flow, entries, line := 0, 0, 0
	for _, t := range tokens {
		if t.Position.Line != line {
			line, entries = t.Position.Line, 0
		}
		flow += brackets[t.Type]
		if t.Type == token.SequenceEntryType || t.Type == token.MappingKeyType {
			entries++
		}
		if flow > maxDepth || entries > maxDepth {
			return &Problem{
				Line: t.Position.Line, Column: t.Position.Column,
				What: fmt.Sprintf("nested more than %d levels deep", maxDepth),
			}
		}
	}
	return nil
}

// syntaxProblem turns the library's error, which quotes the source over several
// lines, into one line.
func syntaxProblem(err error) *Problem {
	var ye yaml.Error
	if !errors.As(err, &ye) {
		return &Problem{What: err.Error()}
	}
	p := &Problem{What: ye.GetMessage()}
	if t := ye.GetToken(); t != nil {
		at := place(t)
		p.Line, p.Column = at.line, at.column
	}
	return p
}

func place(t *token.Token) origin {
	if t == nil || t.Position == nil {
		return origin{}
	}
	return origin{line: t.Position.Line, column: t.Position.Column}
}
