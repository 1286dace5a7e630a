package index

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// jsonPage reads a project's page in JSON, file by file: a page has up to tens
// of megabytes.
type jsonPage struct {
	scanner
	version string
	count   int
	file    jsonFile
	listing listedFile // what became of it
	each    func(*listedFile)
}

// jsonFile is a file of a page while it is being read.
type jsonFile struct {
	name, url, requires, uploaded jsonText
	hashes                        [3]jsonText
	yanked                        jsonFlag
	metadata, distInfo            jsonFlag
	size                          int64
}

// jsonText is a string of the page that wasn't looked into yet.
type jsonText struct {
	textSpan
	set, plain bool
}

// jsonFlag is what the standard gives as true or false, or as something that
// says more than true: a reason, or hashes.
type jsonFlag struct {
	known  bool // there is a value other than null
	set    bool
	text   jsonText
	hashes [3]jsonText
}

// parseJSON calls each with the files of a page in JSON; they are good until it
// returns. The window is what it reads into, see scanWindow. After an error, it may have done so with a part. Where reading from r
// fails, the error is that, as a *streamError.
func parseJSON(r io.Reader, window []byte, each func(*listedFile)) error {
	p := &jsonPage{scanner: scanner{r: r, buf: window, mark: -1}, each: each}
	err := p.nullOr(p.page)
	if err == nil {
		err = p.finish()
	}
	var failed *streamError
	switch {
	case errors.As(err, &failed) || errors.Is(err, errTooMany):
		return err
	case err != nil:
		return contentError("the page is not the JSON of PEP 691: %w", err)
	}
	if err := checkAPIVersion(p.version); err != nil {
		return &Error{kind: ErrContent, cause: err}
	}
	return nil
}

// nullOr reads a value that may be null, which says nothing.
func (p *jsonPage) nullOr(read func() error) error {
	if null, err := p.isNull(); null || err != nil {
		return err
	}
	return read()
}

func (p *jsonPage) page() error {
	return p.members(func(key field) error {
		switch key {
		case fieldMeta:
			return p.nullOr(p.meta)
		case fieldFiles:
			p.count = 0
			return p.nullOr(func() error { return p.array(p.readFile) })
		default:
			return p.skip()
		}
	})
}

func (p *jsonPage) meta() error {
	return p.members(func(key field) error {
		if key != fieldVersion {
			return p.skip()
		}
		return p.nullOr(func() error {
			p.hold()
			defer p.release()
			text, err := p.text()
			p.version = string(text)
			return err
		})
	})
}

// readFile reads a file and hands it on.
func (p *jsonPage) readFile() error {
	if p.count++; p.count > maxFiles {
		return errTooMany
	}
	p.next()
	p.hold()
	defer p.release()
	p.file = jsonFile{size: -1}
	if err := p.nullOr(func() error { return p.members(p.fileField) }); err != nil {
		return err
	}
	f, err := p.listed()
	if err != nil {
		return err
	}
	if len(f.name) == 0 {
		return fmt.Errorf("file %d of the page has no name", p.count)
	}
	p.each(f)
	return nil
}

func (p *jsonPage) fileField(key field) error {
	f := &p.file
	switch key {
	case fieldFilename:
		return p.readText(&f.name)
	case fieldURL:
		return p.readText(&f.url)
	case fieldHashes:
		return p.nullOr(func() error { return p.readHashes(&f.hashes) })
	case fieldRequiresPython:
		f.requires = jsonText{}
		return p.readText(&f.requires)
	case fieldYanked:
		return p.readFlag(&f.yanked)
	case fieldSize:
		f.size = -1
		return p.nullOr(p.readSize)
	case fieldUploadTime:
		return p.readText(&f.uploaded)
	case fieldCoreMetadata:
		return p.readFlag(&f.metadata)
	case fieldDistInfo:
		return p.readFlag(&f.distInfo)
	default:
		return p.skip()
	}
}

// readText reads a string; null leaves what was there.
func (p *jsonPage) readText(t *jsonText) error {
	return p.nullOr(func() (err error) {
		t.set = true
		t.textSpan, t.plain, err = p.str()
		return err
	})
}

func (p *jsonPage) readSize() error {
	digits, err := p.number()
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(string(p.bytes(digits)), 10, 64)
	if err != nil {
		return fmt.Errorf("%q is not a size", p.bytes(digits))
	}
	p.file.size = max(n, -1)
	return nil
}

func (p *jsonPage) readHashes(h *[3]jsonText) error {
	return p.members(func(key field) error {
		switch key {
		case fieldSHA256, fieldSHA384, fieldSHA512:
			return p.readText(&h[key-fieldSHA256])
		default:
			return p.skip()
		}
	})
}

func (p *jsonPage) readFlag(f *jsonFlag) error {
	*f = jsonFlag{}
	return p.nullOr(func() error {
		f.known = true
		switch p.next() {
		case '"':
			return p.readText(&f.text)
		case '{':
			f.set = true
			return p.readHashes(&f.hashes)
		case 't':
			f.set = true
			return p.word("true")
		default:
			return p.word("false")
		}
	})
}

// value returns what a string says, until the scanner goes on.
func (p *jsonPage) value(t jsonText, err *error) []byte {
	if !t.set {
		return nil
	}
	if t.plain {
		return p.bytes(t.textSpan)
	}
	b, uerr := unquote(p.bytes(t.textSpan))
	*err = errors.Join(*err, uerr)
	return b
}

// listed returns the file that was read.
func (p *jsonPage) listed() (*listedFile, error) {
	var err error
	f := &p.file
	p.listing = listedFile{
		name: p.value(f.name, &err), url: p.value(f.url, &err), requiresPython: p.value(f.requires, &err),
		yanked: f.yanked.set, size: f.size, hashes: p.digests(&f.hashes, &err),
	}
	l := &p.listing
	if f.yanked.text.set {
		l.reason = p.value(f.yanked.text, &err)
		l.yanked = len(l.reason) > 0
	}
	if text := p.value(f.uploaded, &err); len(text) > 0 {
		if t, terr := time.Parse(time.RFC3339Nano, string(text)); terr == nil {
			l.uploaded = t.UTC()
		}
	}
	// PEP 714 renamed the field; the new name counts where both are there.
	metadata := &f.metadata
	if !metadata.known {
		metadata = &f.distInfo
	}
	if metadata.set || len(p.value(metadata.text, &err)) > 0 {
		l.hasMetadata, l.metadata = true, p.digests(&metadata.hashes, &err)
	}
	return l, err
}

func (p *jsonPage) digests(h *[3]jsonText, err *error) (d digests) {
	for i, text := range h {
		if text.set {
			d.set(i, p.value(text, err))
		}
	}
	return d
}

// checkAPIVersion refuses major versions other than 1 (PEP 629). Greater minor
// ones only add to what is known.
func checkAPIVersion(version string) error {
	if version == "" {
		return errors.New("the page has no API version")
	}
	major, minor, ok := strings.Cut(version, ".")
	_, err := strconv.ParseUint(minor, 10, 31)
	if !ok || err != nil {
		return fmt.Errorf("malformed API version %.20q", version)
	}
	if major != "1" {
		return fmt.Errorf("unsupported API version %.20s, only 1 is supported", version)
	}
	return nil
}
