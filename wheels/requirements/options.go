package requirements

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The options of requirements files, by their first long name.
const (
	optIndexURL      = "--index-url"
	optExtraIndexURL = "--extra-index-url"
	optNoIndex       = "--no-index"
	optConstraint    = "--constraint"
	optRequirement   = "--requirement"
	optEditable      = "--editable"
	optFindLinks     = "--find-links"
	optNoBinary      = "--no-binary"
	optOnlyBinary    = "--only-binary"
	optPreferBinary  = "--prefer-binary"
	optRequireHashes = "--require-hashes"
	optNoHashes      = "--no-require-hashes"
	optPre           = "--pre"
	optAllReleases   = "--all-releases"
	optOnlyFinal     = "--only-final"
	optTrustedHost   = "--trusted-host"
	optUseFeature    = "--use-feature"
	optHash          = "--hash"
	optConfig        = "--config-settings"
)

// optionSpec is what pip accepts for one option.
type optionSpec struct {
	names []string // long names first
	value bool
}

var optionSpecs = [...]optionSpec{
	{[]string{optIndexURL, "--pypi-url", "-i"}, true},
	{[]string{optExtraIndexURL}, true},
	{[]string{optNoIndex}, false},
	{[]string{optConstraint, "-c"}, true},
	{[]string{optRequirement, "-r"}, true},
	{[]string{optEditable, "-e"}, true},
	{[]string{optFindLinks, "-f"}, true},
	{[]string{optNoBinary}, true},
	{[]string{optOnlyBinary}, true},
	{[]string{optPreferBinary}, false},
	{[]string{optRequireHashes}, false},
	{[]string{optNoHashes}, false},
	{[]string{optPre}, false},
	{[]string{optAllReleases}, true},
	{[]string{optOnlyFinal}, true},
	{[]string{optTrustedHost}, true},
	{[]string{optUseFeature}, true},
	{[]string{optHash}, true},
	{[]string{optConfig, "--config-setting", "-C"}, true},
}

// option is one option of a line.
type option struct {
	name  string // the first long name
	value string
}

// parseOptions reads the words behind the first one that starts with a dash.
// rest is the first word that belongs to no option, which pip would drop.
func parseOptions(words []string) (options []option, rest string, err error) {
	for len(words) > 0 {
		word := words[0]
		words = words[1:]
		if !strings.HasPrefix(word, "-") || word == "-" {
			return options, word, nil
		}
		spec, value, attached, err := findOption(word)
		if err != nil {
			return nil, "", err
		}
		switch {
		case spec.value && !attached:
			if len(words) == 0 {
				return nil, "", fmt.Errorf("option %s requires a value", spec.names[0])
			}
			value, words = words[0], words[1:]
		case !spec.value && attached:
			return nil, "", fmt.Errorf("option %s takes no value", spec.names[0])
		}
		options = append(options, option{name: spec.names[0], value: value})
	}
	return options, "", nil
}

// findOption finds the option that a word names, and the value attached to it:
// "--hash=x" or "-rx". Errors don't quote the word: it may come from a variable.
func findOption(word string) (spec *optionSpec, value string, attached bool, err error) {
	name, long := word, strings.HasPrefix(word, "--")
	if long {
		name, value, attached = strings.Cut(word, "=")
	} else if len(word) > 2 {
		name, value, attached = word[:2], word[2:], true
	}
	for i := range optionSpecs {
		spec := &optionSpecs[i]
		if slices.Contains(spec.names, name) {
			return spec, value, attached, nil
		}
	}
	for i := range optionSpecs {
		spec := &optionSpecs[i]
		if long && len(name) > 2 && strings.HasPrefix(spec.names[0], name) {
			return spec, "", false, fmt.Errorf("an abbreviated %s, which only pip accepts", spec.names[0])
		}
	}
	return spec, "", false, errors.New("unknown option")
}

// breakLine splits a logical line before the first word that starts with a
// dash, as pip does: only blanks part words here.
func breakLine(line string) (args, options string) {
	if strings.HasPrefix(line, "-") {
		return "", line
	}
	if at := strings.Index(line, " -"); at >= 0 {
		return strings.TrimSpace(line[:at]), line[at+1:]
	}
	return line, ""
}
