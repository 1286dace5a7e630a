package dockerfile

import (
	"bytes"
	"strings"
	"unicode"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// segment says that an instruction's text from an offset on stands in a line.
type segment struct{ offset, line int }

// sourceLines cuts a file into lines, without their ends.
func sourceLines(data []byte) [][]byte {
	lines := bytes.Split(data, []byte("\n"))
	for i, l := range lines {
		lines[i] = bytes.TrimRight(l, "\r")
	}
	return lines
}

// segmentsOf joins the lines of an instruction as the parser does, to know which
// part of the text is from which line. Where that gives another text than the
// parser's, there are no segments.
func segmentsOf(node *parser.Node, lines [][]byte, escape rune) []segment {
	var text strings.Builder
	var segments []segment
	for n := node.StartLine; n <= node.EndLine && n <= len(lines); n++ {
		line := lines[n-1]
		trimmed := bytes.TrimLeftFunc(line, unicode.IsSpace)
		if n == node.StartLine {
			line = bytes.TrimPrefix(trimmed, []byte("\uFEFF"))
		} else if len(trimmed) == 0 || trimmed[0] == '#' {
			continue
		}
		rest := bytes.TrimRight(line, " \t")
		more := bytes.HasSuffix(rest, []byte(string(escape))) && !bytes.HasSuffix(rest, []byte(strings.Repeat(string(escape), 2)))
		if more {
			line = rest[:len(rest)-1]
		}
		segments = append(segments, segment{text.Len(), n})
		text.Write(line)
		if !more {
			break
		}
	}
	if text.String() != node.Original {
		return nil
	}
	return segments
}

// lineAt returns the line of an offset in the instruction's text.
func (in *Instruction) lineAt(offset int) int {
	line := in.Line
	for _, s := range in.segments {
		if s.offset > offset {
			break
		}
		line = s.line
	}
	return line
}

// Script is what a RUN gives to a shell.
type Script struct {
	Text string
	// Shell is the interpreter of a heredoc that has one of its own, "" for the
	// stage's.
	Shell string
	// Args is set instead of Text where no shell is involved.
	Args []string

	lineAt func(int) int
}

// LineAt returns the line of the file that an offset in the text stands in.
func (s Script) LineAt(offset int) int { return s.lineAt(offset) }

// Script returns what a RUN runs.
func (in *Instruction) Script() Script {
	s := Script{lineAt: func(int) int { return in.Line }}
	run, ok := in.Command.(*instructions.RunCommand)
	if !ok || len(run.CmdLine) == 0 && len(run.Files) == 0 {
		return s
	}
	if !run.PrependShell {
		s.Args = run.CmdLine
		return s
	}
	if len(run.Files) > 0 && len(run.CmdLine) > 0 {
		return in.heredoc(run)
	}
	if len(run.CmdLine) > 0 {
		s.Text = run.CmdLine[0]
	}
	begin := strings.LastIndex(in.Text, s.Text)
	if begin >= 0 {
		s.lineAt = func(offset int) int { return in.lineAt(begin + offset) }
	}
	return s
}

// heredoc returns the script of RUN <<EOF. With a command before the heredoc,
// that is what runs, and the heredoc its input.
func (in *Instruction) heredoc(run *instructions.RunCommand) Script {
	file := run.Files[0]
	command := strings.TrimSpace(run.CmdLine[0])
	before, _, _ := strings.Cut(command, "<<")
	data := file.Data
	first := in.End - strings.Count(data, "\n")
	s := Script{Text: data, Shell: strings.TrimSpace(before)}
	if len(run.Files) > 1 {
		s.Shell = "cat"
	}
	if file.Chomp {
		s.Text = parser.ChompHeredocContent(data)
	}
	if interpreter, ok := strings.CutPrefix(strings.TrimSpace(data), "#!"); ok && s.Shell == "" {
		s.Shell, _, _ = strings.Cut(interpreter, "\n")
		s.Shell = strings.TrimSpace(s.Shell)
	}
	s.lineAt = func(offset int) int { return first + strings.Count(s.Text[:min(offset, len(s.Text))], "\n") }
	return s
}
