package shell

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/assemble-image/assemble/internal/debs/root"
)

func mode(bits uint32) fs.FileMode { return fs.FileMode(bits) }

// redirect opens what redirections name. What the descriptors were is kept in
// before, if it isn't nil. It prints what fails.
func (s *state) redirect(list []*syntax.Redirect, before map[int]stream) bool {
	for _, r := range list {
		if err := s.redirectOne(r, before); err != nil {
			s.check(err)
			s.complain("%v", err)
			return false
		}
	}
	return true
}

func (s *state) setFD(n int, f stream, before map[int]stream) {
	if before != nil {
		if _, kept := before[n]; !kept {
			before[n] = s.fds[n]
		}
	}
	s.fds[n] = f
}

func (s *state) redirectOne(r *syntax.Redirect, before map[int]stream) error {
	n := 1
	switch r.Op {
	case syntax.RdrIn, syntax.RdrInOut, syntax.DplIn, syntax.Hdoc, syntax.DashHdoc, syntax.WordHdoc:
		n = 0
	default:
	}
	if r.N != nil {
		var err error
		if n, err = strconv.Atoi(r.N.Value); err != nil || n > 99 {
			unsupported(fmt.Sprintf("the descriptor %q", r.N.Value))
		}
	}
	switch r.Op {
	case syntax.Hdoc, syntax.DashHdoc:
		s.setFD(n, s.text(s.heredoc(r)), before)
		return nil
	case syntax.WordHdoc:
		s.setFD(n, s.text(s.word(r.Word)+"\n"), before)
		return nil
	default:
	}
	word := s.word(r.Word)
	switch r.Op {
	case syntax.DplIn, syntax.DplOut:
		return s.duplicate(n, word, before)
	default:
	}
	flags := root.Write | root.Create | root.Trunc
	switch r.Op {
	case syntax.RdrIn:
		flags = 0
	case syntax.RdrInOut:
		flags = root.Write | root.Create
	case syntax.AppOut, syntax.AppAll:
		flags = root.Append | root.Create
	default:
	}
	f, err := s.open(s.abs(word), flags)
	if err != nil {
		return cannot(word, flags, err)
	}
	s.setFD(n, f, before)
	if r.Op == syntax.RdrAll || r.Op == syntax.AppAll {
		s.setFD(2, f, before)
	}
	return nil
}

// cannot words an error as dash does.
func cannot(word string, flags int, err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		err = pe.Err
	}
	if errors.Is(err, root.ErrNotExist) && flags == 0 {
		return fmt.Errorf("cannot open %s: No such file", word)
	}
	if flags == 0 {
		return fmt.Errorf("cannot open %s: %w", word, err)
	}
	return fmt.Errorf("cannot create %s: %w", word, err)
}

func (s *state) duplicate(n int, word string, before map[int]stream) error {
	if word == "-" {
		s.setFD(n, stream{}, before)
		return nil
	}
	from, err := strconv.Atoi(strings.TrimSuffix(word, "-"))
	if err != nil {
		return fmt.Errorf("%s: bad descriptor", word)
	}
	f, ok := s.fds[from]
	if !ok || f == (stream{}) {
		return fmt.Errorf("%d: %w", from, errClosed)
	}
	s.setFD(n, f, before)
	return nil
}

// heredoc returns a here-document's text; its tabs are gone if it asked so.
func (s *state) heredoc(r *syntax.Redirect) string {
	if r.Hdoc == nil {
		return ""
	}
	quoted := false
	for _, p := range r.Word.Parts {
		switch p := p.(type) {
		case *syntax.SglQuoted, *syntax.DblQuoted:
			quoted = true
		case *syntax.Lit:
			quoted = quoted || strings.ContainsRune(p.Value, '\\')
		}
	}
	if quoted {
		text := literal(r.Hdoc)
		if r.Op == syntax.DashHdoc {
			text = strings.TrimLeft(tabs(text), "\t")
		}
		s.hold(len(text))
		s.hold(-len(text))
		return text
	}
	b := &builder{s: s}
	parts := r.Hdoc.Parts
	if r.Op == syntax.DashHdoc {
		parts = untabbed(parts)
	}
	b.parts(parts, inHeredoc)
	return b.text()
}

// untabbed removes the tabs that lines begin with, as <<- asks.
func untabbed(parts []syntax.WordPart) []syntax.WordPart {
	out := make([]syntax.WordPart, len(parts))
	start := true
	for i, p := range parts {
		l, ok := p.(*syntax.Lit)
		if !ok {
			out[i], start = p, false
			continue
		}
		text := tabs(l.Value)
		if start {
			text = strings.TrimLeft(text, "\t")
		}
		start = strings.HasSuffix(text, "\n")
		out[i] = &syntax.Lit{Value: text}
	}
	return out
}

func tabs(text string) string {
	lines := strings.SplitAfter(text, "\n")
	for i := 1; i < len(lines); i++ {
		lines[i] = strings.TrimLeft(lines[i], "\t")
	}
	return strings.Join(lines, "")
}

func literal(w *syntax.Word) string {
	var b strings.Builder
	for _, p := range w.Parts {
		if l, ok := p.(*syntax.Lit); ok {
			b.WriteString(l.Value)
		}
	}
	return b.String()
}
