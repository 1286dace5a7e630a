package compose

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Bounds of a file: of the YAML library, which recurses, and of aliases, which
// multiply.
const (
	maxFile   = 256 << 10
	maxTokens = 20_000
	maxNodes  = 20_000
	maxDepth  = 32
)

// node is a value with its line: a scalar, a list or a mapping.
type node struct {
	line int
	text string // a scalar's
	null bool
	list []*node
	// keys and values are a mapping's, in order.
	keys   []string
	values []*node
}

// get returns the value under a key, nil for none.
func (n *node) get(key string) *node {
	if n == nil {
		return nil
	}
	for i := len(n.keys) - 1; i >= 0; i-- { // what is merged in stands in front
		if n.keys[i] == key {
			return n.values[i]
		}
	}
	return nil
}

// str returns a scalar's text.
func (n *node) str() string {
	if n == nil {
		return ""
	}
	return n.text
}

// isScalar reports whether the node is one text.
func (n *node) isScalar() bool {
	return n != nil && n.list == nil && n.keys == nil && !n.null
}

// converter makes nodes of the library's, within bounds.
type converter struct {
	anchors map[string]ast.Node
	open    map[string]bool
	nodes   int
}

var errShape = errors.New("it is nested too deeply, or its aliases stand for too much")

// parse reads a YAML document.
func parse(data []byte) (root *node, err error) {
	if len(data) > maxFile {
		return nil, fmt.Errorf("it is larger than %d bytes", maxFile)
	}
	if !utf8.Valid(data) {
		return nil, errors.New("it is not UTF-8 text")
	}
	defer func() {
		// The library is held to be total, but not by us.
		if r := recover(); r != nil {
			root, err = nil, errors.New("it is not valid YAML")
		}
	}()
	tokens := lexer.Tokenize(string(data))
	if err := checkTokens(tokens); err != nil {
		return nil, err
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, syntaxError(err)
	}
	c := converter{anchors: map[string]ast.Node{}, open: map[string]bool{}}
	for _, doc := range file.Docs {
		if doc.Body != nil {
			return c.convert(doc.Body, 0)
		}
	}
	return &node{null: true}, nil
}

// checkTokens bounds what the parser would recurse into.
func checkTokens(tokens token.Tokens) error {
	if len(tokens) > maxTokens {
		return fmt.Errorf("it has more than %d YAML tokens", maxTokens)
	}
	flow, entries, line := 0, 0, 0
	for _, t := range tokens {
		if t.Position.Line != line {
			line, entries = t.Position.Line, 0
		}
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			flow++
		case token.MappingEndType, token.SequenceEndType:
			flow--
		case token.SequenceEntryType, token.MappingKeyType:
			entries++
		default:
		}
		if flow > maxDepth || entries > maxDepth {
			return fmt.Errorf("line %d: it is nested too deeply", line)
		}
	}
	return nil
}

func syntaxError(err error) error {
	var ye yaml.Error
	if !errors.As(err, &ye) {
		text, _, _ := strings.Cut(err.Error(), "\n")
		return errors.New(text)
	}
	msg, _, _ := strings.Cut(ye.GetMessage(), "\n")
	if t := ye.GetToken(); t != nil && t.Position != nil {
		return fmt.Errorf("line %d: %s", t.Position.Line, msg)
	}
	return errors.New(msg)
}

func (c *converter) convert(n ast.Node, depth int) (*node, error) {
	if c.nodes++; c.nodes > maxNodes || depth > maxDepth {
		return nil, errShape
	}
	out := &node{}
	if t := n.GetToken(); t != nil && t.Position != nil {
		out.line = t.Position.Line
	}
	switch n := n.(type) {
	case *ast.AnchorNode:
		c.anchors[n.Name.GetToken().Value] = n.Value
		return c.convert(n.Value, depth+1)
	case *ast.AliasNode:
		return c.alias(n, depth)
	case *ast.TagNode:
		return c.convert(n.Value, depth+1)
	case *ast.SequenceNode:
		out.list = []*node{}
		for _, v := range n.Values {
			item, err := c.convert(v, depth+1)
			if err != nil {
				return nil, err
			}
			out.list = append(out.list, item)
		}
	case ast.MapNode:
		return c.mapping(out, n, depth)
	case *ast.NullNode:
		out.null = true
	case *ast.StringNode:
		out.text = n.Value
	case *ast.LiteralNode:
		out.text = n.Value.Value
	default:
		if t := n.GetToken(); t != nil {
			out.text = t.Value
		}
	}
	return out, nil
}

func (c *converter) alias(n *ast.AliasNode, depth int) (*node, error) {
	name := n.Value.GetToken().Value
	target, ok := c.anchors[name]
	if !ok || c.open[name] {
		return nil, fmt.Errorf("line %d: nothing is named %q", n.GetToken().Position.Line, name)
	}
	c.open[name] = true
	defer delete(c.open, name)
	return c.convert(target, depth+1)
}

func (c *converter) mapping(out *node, m ast.MapNode, depth int) (*node, error) {
	out.keys = []string{}
	for it := m.MapRange(); it.Next(); {
		value, err := c.convert(it.Value(), depth+1)
		if err != nil {
			return nil, err
		}
		if _, isMerge := it.Key().(*ast.MergeKeyNode); isMerge {
			out.merge(value)
			continue
		}
		key := it.Key().GetToken()
		if value.line == 0 || key.Position != nil {
			value.line = key.Position.Line
		}
		out.keys = append(out.keys, key.Value)
		out.values = append(out.values, value)
	}
	return out, nil
}

// merge puts the entries of <<: in front, so that the mapping's own win.
func (n *node) merge(from *node) {
	for _, one := range append([]*node{from}, from.list...) {
		n.keys = append(append([]string{}, one.keys...), n.keys...)
		n.values = append(append([]*node{}, one.values...), n.values...)
	}
}
