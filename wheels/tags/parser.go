package tags

import (
	"github.com/assemble-image/assemble/wheels/pep440"
	"github.com/assemble-image/assemble/wheels/pep508"
)

// Parser parses the file names of many wheels, as an index lists them, and
// keeps what neighbours have in common: the project, the version, the tags. The
// zero value is ready. It is not safe for concurrent use.
type Parser struct {
	name, normalized string
	versionText      string
	version          pep440.Version
	tags             map[string][]Tag
}

// maxKept bounds how many tag sets a parser keeps.
const maxKept = 10_000

// Filename is [ParseFilename]. The tags of what it returns are shared and must
// not be altered.
func (p *Parser) Filename(s string) (Filename, error) { return parseFilenameBy(s, p) }

// Tags is [ParseTags] of text that may be altered afterwards. What it returns is
// shared and must not be altered.
func (p *Parser) Tags(text []byte) ([]Tag, error) {
	if tags, ok := p.tags[string(text)]; ok {
		return tags, nil
	}
	return p.parseTags(string(text))
}

func (p *Parser) parseTags(text string) ([]Tag, error) {
	if p == nil {
		return ParseTags(text)
	}
	if tags, ok := p.tags[text]; ok {
		return tags, nil
	}
	tags, err := ParseTags(text)
	if err == nil && len(p.tags) < maxKept {
		if p.tags == nil {
			p.tags = map[string][]Tag{}
		}
		p.tags[text] = tags
	}
	return tags, err
}

func (p *Parser) parseVersion(text string) (pep440.Version, error) {
	if p == nil {
		return pep440.Parse(text)
	}
	if text == p.versionText && text != "" {
		return p.version, nil
	}
	v, err := pep440.Parse(text)
	if err == nil {
		p.versionText, p.version = text, v
	}
	return v, err
}

func (p *Parser) normalize(name string) string {
	if p == nil {
		return pep508.NormalizeName(name)
	}
	if name != p.name {
		p.name, p.normalized = name, pep508.NormalizeName(name)
	}
	return p.normalized
}
