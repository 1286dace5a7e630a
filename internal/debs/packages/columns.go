package packages

import "strings"

// The distilled form has a line for each package, and in it the fields below
// with tabs between them. Its first line names the format and the
// architecture. Lines after the packages, which begin with a tab, name what
// packages only mention, with its rank.

// formatLine changes with the format; so does what the cache has of it.
const formatLine = "debs-packages 1 "

const (
	colName = iota
	colVersion
	colArch
	colRank
	colSource
	colSection
	colPriority
	colMultiArch
	colEssential
	colImportant
	colPreDepends
	colDepends
	colConflicts
	colBreaks
	colRecommends
	colProvides
	colFilename
	colSize
	colSHA256
	colInstalledSize
	columns // how many there are

	// Fields that only the order of mention needs.
	colSuggests = iota
	colReplaces
	colEnhances
	colProtected
	fields // how many are read
)

// fieldNames are the fields' names in lower case.
var fieldNames = [fields]string{
	colName: "package", colVersion: "version", colArch: "architecture", colSource: "source", colSection: "section",
	colPriority: "priority", colMultiArch: "multi-arch", colEssential: "essential", colImportant: "important",
	colPreDepends: "pre-depends", colDepends: "depends", colConflicts: "conflicts", colBreaks: "breaks",
	colRecommends: "recommends", colProvides: "provides", colFilename: "filename", colSize: "size", colSHA256: "sha256",
	colInstalledSize: "installed-size", colSuggests: "suggests", colReplaces: "replaces", colEnhances: "enhances", colProtected: "protected",
}

// mentions are the fields that name packages, in the order in which apt reads
// them.
var mentions = []int{
	colPreDepends, colDepends, colConflicts, colBreaks, colRecommends, colSuggests, colReplaces, colEnhances, colProvides,
}

// fieldByLength finds names of fields without a map: by their length first.
var fieldByLength = func() map[int][]int {
	m := map[int][]int{}
	for i, name := range fieldNames {
		if name != "" {
			m[len(name)] = append(m[len(name)], i)
		}
	}
	return m
}()

// fieldOf returns the number of a field, -1 for one that isn't needed.
func fieldOf(name []byte) int {
	for _, i := range fieldByLength[len(name)] {
		if strings.EqualFold(fieldNames[i], string(name)) {
			return i
		}
	}
	return -1
}

// row makes a package of the columns.
func (c *row) pkg() Package {
	p := Package{
		Name: c[colName], Version: c[colVersion], Arch: c[colArch], Section: c[colSection],
		Priority: parsePriority(c[colPriority]), MultiArch: multiArch(c[colMultiArch], c[colArch]),
		Essential: yes(c[colEssential]), Important: yes(c[colImportant]),
		PreDepends: c[colPreDepends], Depends: c[colDepends], Conflicts: c[colConflicts], Breaks: c[colBreaks],
		Recommends: c[colRecommends], Provides: c[colProvides],
		Filename: c[colFilename], Size: number(c[colSize]), SHA256: strings.ToLower(c[colSHA256]), InstalledSize: number(c[colInstalledSize]),
		Rank: uint32(number(c[colRank])),
	}
	p.Source, p.SourceVersion = sourceOf(c[colSource], p.Name, p.Version)
	return p
}

// row has the columns of a line.
type row [columns]string
