package config

import (
	"errors"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// ErrNotEdited says that a config can't be changed without a person.
var ErrNotEdited = errors.New("its packages can't be changed by a program")

// AddPackages returns a config's text with further names in packages. All else
// stays as it is, comments included. Names that it has are left alone. The error
// is [ErrNotEdited] where that doesn't come out as it should, as with anchors; name
// is the file's.
func AddPackages(name string, data []byte, packages []string) ([]byte, error) {
	before, err := Parse(name, data)
	if err != nil {
		return nil, err
	}
	var more []string
	for _, p := range packages {
		if !slices.Contains(before.Packages.Install, p) && !slices.Contains(more, p) {
			more = append(more, p)
		}
	}
	if len(more) == 0 {
		return data, nil
	}
	body, prob := parseYAML(data)
	if prob != nil {
		return nil, prob
	}
	out := edit(string(data), body, more)
	after, err := Parse(name, []byte(out))
	if err != nil || !slices.Equal(after.Packages.Install, append(slices.Clone(before.Packages.Install), more...)) {
		return nil, ErrNotEdited
	}
	return []byte(out), nil
}

// edit adds names to the text of a config with that tree.
func edit(text string, body ast.Node, more []string) string {
	value := valueOf(body, "packages")
	inner := false
	if m, ok := value.(*ast.MappingNode); ok {
		value, inner = valueOf(m, "install"), true
	}
	seq, ok := value.(*ast.SequenceNode)
	lines := strings.SplitAfter(text, "\n")
	switch {
	case ok && seq.IsFlowStyle && seq.End != nil:
		at := seq.End.Position
		row := lines[at.Line-1]
		i := columnOf(row, at.Column)
		sep := ", "
		if len(seq.Values) == 0 {
			sep = ""
		}
		head := strings.TrimRight(row[:i], " ")
		lines[at.Line-1] = head + sep + strings.Join(more, ", ") + row[len(head):]
		return strings.Join(lines, "")
	case ok && len(seq.Values) > 0:
		last := seq.Values[len(seq.Values)-1].GetToken().Position.Line
		indent := strings.Repeat(" ", seq.Start.Position.Column-1)
		return insert(lines, last, indent, more)
	case value != nil || inner:
		return text // which AddPackages refuses
	}
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return text + "packages:\n  - " + strings.Join(more, "\n  - ") + "\n"
}

// insert puts a line for each name after a line, which is counted from 1.
func insert(lines []string, after int, indent string, more []string) string {
	if !strings.HasSuffix(lines[after-1], "\n") {
		lines[after-1] += "\n"
	}
	added := make([]string, len(more))
	for i, m := range more {
		added[i] = indent + "- " + m + "\n"
	}
	return strings.Join(slices.Insert(slices.Clone(lines), after, added...), "")
}

// columnOf is the place in bytes of a column in characters, from 1.
func columnOf(row string, column int) int {
	for i := range row {
		if column--; column == 0 {
			return i
		}
	}
	return len(row)
}

// valueOf is the value of a key in a mapping, nil for none.
func valueOf(n ast.Node, key string) ast.Node {
	var pairs []*ast.MappingValueNode
	switch m := n.(type) {
	case *ast.MappingNode:
		pairs = m.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{m}
	}
	for _, p := range pairs {
		if p.Key.GetToken().Value == key {
			return p.Value
		}
	}
	return nil
}
