package python

import (
	"slices"
	"strconv"
	"strings"

	"github.com/assemble-image/assemble/internal/lazyregexp"
)

// When says whether loading a file runs an import.
type When int

// The answers. What is in a function or below a condition runs perhaps; what is
// guarded may fail, since the code goes on without it.
const (
	Always When = iota
	Perhaps
	Guarded
)

// Import is a module that source asks for.
type Import struct {
	// Module is its dotted name, empty in "from . import x". Level counts the
	// dots before it.
	Module string
	Level  int
	// Names are what "from" takes out of the module: modules in it, perhaps.
	Names []string
	Line  int
	When  When
	// Instead are modules in whose place this one is imported, where they are
	// missing.
	Instead []string
}

const (
	maxImports = 20_000
	maxDepth   = 200
	maxInstead = 8
	maxNames   = 200
	// maxOpen is how many statements are remembered that may have another clause.
	maxOpen = 2 * maxDepth
)

// Scan lists what a source file imports. Conditions on the version, 3.minor, and on
// the system, Linux, are decided; others hold perhaps.
func Scan(src []byte, minor int) []Import {
	s := scanner{minor: minor}
	lines(string(src), func(l logical) bool {
		s.line(l)
		return len(s.found) < maxImports
	})
	return s.found
}

// block is a compound statement that a line lies in.
type block struct {
	indent int
	when   When
	dead   bool     // never runs here
	try    *attempt // where it is the body of a try or a handler
	body   bool
	branch *branch // of an if
}

// attempt is a try statement.
type attempt struct {
	indent  int
	imports []int // of its body, in found
	modules []string
}

// branch is an if statement with its elifs and else.
type branch struct {
	indent int
	taken  bool // a condition before was surely true
	unsure bool
}

type scanner struct {
	minor    int
	found    []Import
	stack    []block
	attempts []*attempt
	branches []*branch
}

func (s *scanner) line(l logical) {
	for len(s.stack) > 0 && l.indent <= s.stack[len(s.stack)-1].indent {
		s.stack = s.stack[:len(s.stack)-1]
	}
	text := l.text
	if word, rest, ok := header(text); ok {
		s.open(word, rest, l)
		if after := afterColon(text); after != "" { // try: import x
			s.statements(after, l.line)
			s.stack = s.stack[:len(s.stack)-1]
		}
		return
	}
	s.statements(text, l.line)
}

var compound = lazyregexp.New(`^(?:async\s+)?(if|elif|else|try|except|finally|with|for|while|def|class|match|case)\b(.*)$`)

// header tells a line that opens a block: its word and what follows.
func header(text string) (word, rest string, ok bool) {
	m := compound.FindStringSubmatch(text)
	if m == nil || colon(text) < 0 {
		return "", "", false
	}
	return m[1], m[2], true
}

// colon is the place of the colon that ends a header, -1 for none.
func colon(text string) int {
	depth, lambda := 0, 0
	for i := range len(text) {
		switch text[i] {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		case 'l':
			if depth == 0 && strings.HasPrefix(text[i:], "lambda") {
				lambda++
			}
		case ':':
			if depth > 0 || strings.HasPrefix(text[i:], ":=") {
				continue
			}
			if lambda > 0 {
				lambda--
				continue
			}
			return i
		}
	}
	return -1
}

func afterColon(text string) string { return strings.TrimSpace(text[colon(text)+1:]) }

// open begins a block.
func (s *scanner) open(word, rest string, l logical) {
	if i := colon(l.text); i >= 0 {
		rest = strings.TrimSuffix(strings.TrimSpace(rest), strings.TrimSpace(l.text[i:]))
		rest = strings.TrimSpace(strings.TrimSuffix(rest, ":"))
	}
	b := block{indent: l.indent}
	switch word {
	case "try":
		b.try, b.body = &attempt{indent: l.indent}, true
		s.attempts = remember(s.attempts, b.try)
	case "except":
		b = s.handler(b, rest)
	case "if", "elif", "else":
		b = s.condition(b, word, rest)
	case "def":
		b.when = Perhaps
	case "for", "while", "match", "case":
		b.when = Perhaps
	case "with":
		if strings.Contains(rest, "suppress(") && catches(rest) {
			b.when = Guarded
		}
	}
	if len(s.stack) < maxDepth {
		s.stack = append(s.stack, b)
	} else {
		s.stack[len(s.stack)-1] = b
	}
}

// remember appends, and forgets the oldest.
func remember[T any](list []T, t T) []T {
	if len(list) >= maxOpen {
		list = slices.Delete(list, 0, maxDepth)
	}
	return append(list, t)
}

var importErrors = lazyregexp.New(`\b(ImportError|ModuleNotFoundError|Exception|BaseException)\b`)

func catches(text string) bool { return importErrors.MatchString(text) }

// handler is an except clause: what the body of its try imports may fail if it
// catches that.
func (s *scanner) handler(b block, rest string) block {
	for i := len(s.attempts) - 1; i >= 0; i-- {
		t := s.attempts[i]
		if t.indent != b.indent {
			continue
		}
		b.try = t
		if rest == "" || rest == "*" || catches(rest) {
			for _, at := range t.imports {
				s.found[at].When = Guarded
			}
			return b
		}
		b.when = Perhaps // another error's
		b.try = nil
		return b
	}
	b.when = Perhaps
	return b
}

// statements reads the simple statements of a line.
func (s *scanner) statements(text string, line int) {
	if !strings.Contains(text, "import") {
		return
	}
	for _, one := range strings.Split(text, ";") {
		s.statement(strings.TrimSpace(one), line)
	}
}

var (
	importLine = lazyregexp.New(`^import\s+(.+)$`)
	fromLine   = lazyregexp.New(`^from\s*(\.*)\s*([A-Za-z_][\w.]*|)\s*import\b(.*)$`)
	dotted     = lazyregexp.New(`^[\pL_][\pL\pN_]*(\s*\.\s*[\pL_][\pL\pN_]*)*`)
)

func (s *scanner) statement(text string, line int) {
	if m := importLine.FindStringSubmatch(text); m != nil {
		for _, part := range strings.Split(m[1], ",") {
			if name := dotted.FindString(strings.TrimSpace(part)); name != "" {
				s.add(Import{Module: strings.Join(strings.Fields(strings.ReplaceAll(name, ".", " ")), "."), Line: line})
			}
		}
		return
	}
	m := fromLine.FindStringSubmatch(text)
	if m == nil || m[1] == "" && m[2] == "" || m[2] == "__future__" {
		return
	}
	i := Import{Module: m[2], Level: len(m[1]), Line: line}
	for _, part := range strings.Split(strings.Trim(m[3], " ()"), ",") {
		if name := dotted.FindString(strings.TrimSpace(part)); name != "" && len(i.Names) < maxNames {
			i.Names = append(i.Names, name)
		}
	}
	s.add(i)
}

// add takes an import with what the blocks around it say.
func (s *scanner) add(i Import) {
	for _, b := range s.stack {
		if b.dead {
			return
		}
		i.When = max(i.When, b.when)
		if b.try != nil && !b.body {
			i.Instead = append(i.Instead, b.try.modules[:min(len(b.try.modules), maxInstead)]...)
			if len(b.try.modules) == 0 {
				i.When = max(i.When, Perhaps)
			}
		}
	}
	for j := len(s.stack) - 1; j >= 0; j-- {
		if t := s.stack[j].try; t != nil && s.stack[j].body {
			t.imports = append(t.imports, len(s.found))
			if i.Level == 0 {
				t.modules = append(t.modules, i.Module)
			}
		}
	}
	if len(i.Instead) > 0 {
		i.Instead = slices.Compact(slices.Sorted(slices.Values(i.Instead)))
	}
	s.found = append(s.found, i)
}

// verdict is what is known of a condition.
type verdict int

const (
	unknown verdict = iota
	holds
	fails
)

// condition is a branch of an if statement.
func (s *scanner) condition(b block, word, rest string) block {
	if word == "if" {
		b.branch = &branch{indent: b.indent}
		s.branches = remember(s.branches, b.branch)
	} else {
		for i := len(s.branches) - 1; i >= 0 && b.branch == nil; i-- {
			if s.branches[i].indent == b.indent {
				b.branch = s.branches[i]
			}
		}
		if b.branch == nil { // else of a try or a loop
			b.when = Perhaps
			if word == "else" && s.afterTry(b.indent) {
				b.when = Always
			}
			return b
		}
	}
	v := holds
	if word != "else" {
		v = decide(rest, s.minor)
	}
	br := b.branch
	switch {
	case br.taken:
		b.dead = true
	case v == fails:
		b.dead = true
	case v == holds && !br.unsure:
		br.taken = true
	default:
		b.when = Perhaps
		br.unsure = true
	}
	if word == "else" {
		s.branches = slices.DeleteFunc(s.branches, func(o *branch) bool { return o == br })
	}
	return b
}

// afterTry reports whether the last compound statement of an indent is a try.
func (s *scanner) afterTry(indent int) bool {
	return slices.ContainsFunc(s.attempts, func(t *attempt) bool { return t.indent == indent })
}

var (
	versionTest  = lazyregexp.New(`^sys\.version_info(?:\[:\d\])?\s*(>=|<=|>|<|==)\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?(?:,[^)]*)?\)$`)
	platformTest = lazyregexp.New(`^(sys\.platform|os\.name|platform\.system\(\))\s*(==|!=)\s*"([^"]*)"$`)
	platformHas  = lazyregexp.New(`^sys\.platform\.startswith\(\(?"([^"]*)"\)?\)$`)
)

// decide answers conditions on what is known of the target.
func decide(text string, minor int) verdict {
	text = strings.TrimSpace(text)
	if rest, ok := strings.CutPrefix(text, "not "); ok {
		switch decide(rest, minor) {
		case holds:
			return fails
		case fails:
			return holds
		case unknown:
		}
		return unknown
	}
	is := func(b bool) verdict {
		if b {
			return holds
		}
		return fails
	}
	switch text {
	case "True", "1":
		return holds
	case "False", "0", "TYPE_CHECKING", "typing.TYPE_CHECKING", "t.TYPE_CHECKING":
		return fails
	}
	if m := platformTest.FindStringSubmatch(text); m != nil {
		here := map[string]string{"sys.platform": "linux", "os.name": "posix", "platform.system()": "Linux"}[m[1]]
		return is((m[3] == here) == (m[2] == "=="))
	}
	if m := platformHas.FindStringSubmatch(text); m != nil {
		return is(strings.HasPrefix("linux", m[1]))
	}
	if m := versionTest.FindStringSubmatch(text); m != nil {
		return version(m, minor)
	}
	return unknown
}

// version compares (3, minor) with the tuple of a condition.
func version(m []string, minor int) verdict {
	major, err := strconv.Atoi(m[2])
	if err != nil {
		return unknown
	}
	have, want := 3*1000+minor, major*1000
	if m[3] != "" {
		n, err := strconv.Atoi(m[3])
		if err != nil {
			return unknown
		}
		want += n
	}
	ok := map[string]bool{">=": have >= want, ">": have >= want, "<": have < want, "<=": have <= want, "==": have == want}[m[1]]
	if ok {
		return holds
	}
	return fails
}
