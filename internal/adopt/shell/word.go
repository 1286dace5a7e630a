package shell

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// maxWord bounds a word, which variables may blow up.
const maxWord = 32 << 10

// maxTotal bounds all words of a script together.
const maxTotal = 4 << 20

func (w *walker) words(list []*syntax.Word) []Word {
	var out []Word
	for _, word := range list {
		x := w.word(word)
		// An unquoted variable with blanks is several words (XCU 2.6.5).
		if len(word.Parts) == 1 && x.Known {
			if _, isParam := word.Parts[0].(*syntax.ParamExp); isParam {
				for _, field := range strings.Fields(x.Text) {
					out = append(out, Word{Text: field, Known: true})
				}
				continue
			}
		}
		out = append(out, x)
	}
	return out
}

// word expands what is known beforehand (XCU 2.6): quotes and variables.
func (w *walker) word(word *syntax.Word) Word {
	out := Word{Known: true}
	if word == nil {
		return out
	}
	var text strings.Builder
	w.parts(&text, word.Parts, false, &out)
	out.Text = text.String()
	w.spent += len(out.Text)
	return out
}

func (w *walker) parts(b *strings.Builder, parts []syntax.WordPart, quoted bool, out *Word) {
	w.depth++
	defer func() { w.depth-- }()
	if w.depth > maxDepth || b.Len() > maxWord {
		out.Known = false
		return
	}
	for _, part := range parts {
		if b.Len() > maxWord || w.spent > maxTotal {
			out.Known = false
			return
		}
		switch p := part.(type) {
		case *syntax.Lit:
			if !quoted && strings.ContainsAny(p.Value, "*?[") {
				out.Glob = true
			}
			b.WriteString(unescape(p.Value, quoted))
		case *syntax.SglQuoted:
			b.WriteString(p.Value)
			out.Known = out.Known && !p.Dollar
		case *syntax.DblQuoted:
			w.parts(b, p.Parts, true, out)
		case *syntax.ParamExp:
			w.param(b, p, out)
		default:
			out.Known = false
			b.WriteString(w.source(part))
		}
	}
}

// unescape takes off the backslashes that quote (XCU 2.2.1, 2.2.3).
func unescape(s string, quoted bool) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && (!quoted || strings.IndexByte("$`\"\\\n", s[i+1]) >= 0) {
			i++
			if s[i] == '\n' {
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// param expands $NAME, ${NAME}, and ${NAME:-x}, ${NAME-x}, ${NAME:+x}, ${NAME+x}
// (XCU 2.6.2). Others are known only when the script runs.
func (w *walker) param(b *strings.Builder, p *syntax.ParamExp, out *Word) {
	if p.Excl || p.Length || p.Width || p.Index != nil || p.Slice != nil || p.Repl != nil || p.Names != 0 || p.Param == nil {
		out.Known = false
		b.WriteString(w.source(p))
		return
	}
	value, set := w.value(p.Param.Value, out)
	if len(value) > maxWord {
		out.Known = false
		return
	}
	if p.Exp == nil {
		if !set && out.Known {
			out.Known = isName(p.Param.Value)
		}
		b.WriteString(value)
		return
	}
	full := set && value != ""
	switch p.Exp.Op {
	case syntax.DefaultUnset, syntax.DefaultUnsetOrNull, syntax.AssignUnset, syntax.AssignUnsetOrNull:
		if full || set && (p.Exp.Op == syntax.DefaultUnset || p.Exp.Op == syntax.AssignUnset) {
			b.WriteString(value)
			return
		}
	case syntax.AlternateUnset, syntax.AlternateUnsetOrNull:
		if !set || !full && p.Exp.Op == syntax.AlternateUnsetOrNull {
			return
		}
	default:
		out.Known = false
		return
	}
	if p.Exp.Word != nil {
		w.parts(b, p.Exp.Word.Parts, true, out)
	}
}

// value returns a variable's value. One that the script sets from what it ran
// isn't known.
func (w *walker) value(name string, out *Word) (string, bool) {
	if local, ok := w.local[name]; ok {
		out.Known = out.Known && local.Known
		return local.Text, true
	}
	if w.outer == nil {
		return "", false
	}
	return w.outer(name)
}

// isName tells a variable's name from special parameters, as $? and $1.
func isName(s string) bool {
	return s != "" && (s[0] == '_' || s[0] >= 'a' && s[0] <= 'z' || s[0] >= 'A' && s[0] <= 'Z')
}

func (w *walker) source(n syntax.Node) string {
	begin, end := int(n.Pos().Offset()), int(n.End().Offset())
	if begin > end || end > len(w.script) {
		return ""
	}
	return w.script[begin:end]
}
