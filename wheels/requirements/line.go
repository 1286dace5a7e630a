package requirements

import (
	"context"
	"fmt"
	"strings"
)

// place is where a line stands.
type place struct {
	file string
	line int
	text string // as it is written
}

func (r *reader) add(at place, kind Kind, format string, args ...any) {
	r.problems.add(at.file, at.line, at.text, kind, format, args...)
}

// line takes one logical line.
func (r *reader) line(ctx context.Context, line logicalLine, file string, constraint bool, stack []string) error {
	at := place{file: file, line: line.number, text: line.text}
	if strings.ContainsRune(line.text, 0) {
		r.add(at, KindSyntax, "NUL in the line")
		return nil
	}
	args, rest := breakLine(line.text)
	words, err := splitWords(rest)
	if err != nil {
		r.add(at, KindSyntax, "%v", err)
		return nil
	}
	options, stray, err := parseOptions(words)
	if err != nil {
		r.add(at, KindOption, "%v", err)
		return nil
	}
	if stray != "" {
		r.add(at, KindIgnored, "text after an option, which pip would ignore")
		return nil
	}
	if !r.expand(args, options, at) {
		return nil
	}
	if args != "" {
		r.requirement(args, options, line.comment, constraint, at)
		return nil
	}
	return r.optionLine(ctx, options, at, stack)
}

// expand replaces the variables in options that name places, and reports
// whether there are none anywhere else.
func (r *reader) expand(args string, options []option, at place) bool {
	misplaced := args
	for i, o := range options {
		switch o.name {
		case optIndexURL, optExtraIndexURL, optFindLinks:
			value, err := r.opt.expandURL(o.value)
			if err != nil {
				r.add(at, KindVariable, "%v", err)
				return false
			}
			options[i].value = value
		default:
			if hasVariable(o.value) {
				misplaced += " " + o.value
			}
		}
	}
	if !hasVariable(misplaced) {
		return true
	}
	r.add(at, KindVariable, "%s", r.opt.misplaced(misplaced))
	return false
}

// optionLine takes a line of nothing but options.
func (r *reader) optionLine(ctx context.Context, options []option, at place, stack []string) error {
	count := make(map[string]int, len(options))
	for _, o := range options {
		count[o.name]++
	}
	if count[optEditable] > 0 {
		if len(options) == 1 && r.editable(options[0].value, at) {
			return nil
		}
		r.add(at, KindEditable, "an editable project is not a wheel")
		return nil
	}
	includes := count[optRequirement] + count[optConstraint]
	if includes > 0 && len(options) > 1 {
		r.add(at, KindIgnored, "more than one option on a line that includes a file; pip would ignore the others")
		return nil
	}
	for _, name := range [...]string{optIndexURL, optFindLinks} {
		if count[name] > 1 {
			r.add(at, KindIgnored, "more than one %s on a line; pip would ignore all but one", name)
			return nil
		}
	}
	for _, o := range options {
		if o.name == optRequirement || o.name == optConstraint {
			return r.include(ctx, o.value, o.name == optConstraint, at, stack)
		}
		r.option(o, at)
	}
	return nil
}

// option takes one option that stands for the whole file.
func (r *reader) option(o option, at place) {
	f := r.file
	switch o.name {
	case optNoIndex, optIndexURL, optExtraIndexURL, optFindLinks:
		r.source(o, at)
	case optPre:
		f.Pre = true
	case optRequireHashes:
		f.RequireHashes = true
	case optOnlyBinary, optPreferBinary: // it is so anyway: only wheels are taken
	case optTrustedHost:
		r.note(at, "%s is ignored: certificates are always verified, and plain HTTP is only used on this machine", o.name)
	case optNoHashes:
		r.note(at, "%s is ignored: a lock without hashes is not accepted", o.name)
	case optHash:
		r.add(at, KindIgnored, "a hash without a requirement, which pip would ignore")
	case optNoBinary:
		if o.value != ":none:" {
			r.add(at, KindOption, "nothing is built: only wheels can be used")
		}
	case optConfig:
		r.add(at, KindOption, "nothing is built: build settings have no effect")
	case optAllReleases, optOnlyFinal:
		r.releases(o, at)
	default: // it steers parts of pip that don't exist here
		r.note(at, "%s has no effect", o.name)
	}
}

// releases takes the options by which pip 26 chooses pre-releases. Choosing by
// project isn't offered.
func (r *reader) releases(o option, at place) {
	switch {
	case o.value != ":all:":
		r.add(at, KindOption, "only %s :all: is supported", o.name)
	case o.name == optAllReleases:
		r.file.Pre = true
	default:
		r.note(at, "%s is ignored for requirements that name a pre-release and for projects that have nothing else", o.name)
	}
}

func (r *reader) note(at place, format string, args ...any) {
	r.file.Notes = append(r.file.Notes, &Problem{
		File: at.file, Line: at.line, Text: shorten(at.text), Kind: KindNote, Msg: fmt.Sprintf(format, args...),
	})
}
