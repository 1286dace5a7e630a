package index

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"golang.org/x/net/html"
)

// maxToken bounds one tag of an HTML page in bytes.
const maxToken = 64 << 10

// parseHTML reads the entries of a page in HTML (PEP 503, 592, 629, 658, 714).
// Only the stream of tags is looked at: the standard asks for anchors, wherever
// they are.
func parseHTML(body []byte) ([]entry, error) {
	z := html.NewTokenizer(bytes.NewReader(body))
	z.SetMaxBuf(maxToken)
	var entries []entry
	base, hasBase := "", false
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			if err := z.Err(); !errors.Is(err, io.EOF) {
				return nil, contentError("the page is not HTML: %w", err)
			}
			return entries, nil
		}
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			continue
		}
		name, more := z.TagName()
		switch string(name) {
		case "base":
			// Only the first one counts, and it counts for all links.
			if href, ok := attributes(z, more)["href"]; ok && !hasBase {
				base, hasBase = strings.TrimSpace(href), true
				for i := range entries {
					entries[i].base = base
				}
			}
		case "meta":
			a := attributes(z, more)
			if strings.EqualFold(a["name"], "pypi:repository-version") {
				if err := checkAPIVersion(strings.TrimSpace(a["content"])); err != nil {
					return nil, &Error{kind: ErrContent, cause: err}
				}
			}
		case "a":
			if e, ok := anchor(attributes(z, more)); ok {
				if len(entries) >= maxFiles {
					return nil, errTooMany
				}
				e.base = base
				entries = append(entries, e)
			}
		}
	}
}

// attributes returns those of the current tag, with entities resolved. As in
// browsers, the first of a name counts.
func attributes(z *html.Tokenizer, more bool) map[string]string {
	a := map[string]string{}
	for more {
		var key, value []byte
		key, value, more = z.TagAttr()
		if _, found := a[string(key)]; !found {
			a[string(key)] = string(value)
		}
	}
	return a
}

// anchor returns the entry of a link.
func anchor(a map[string]string) (entry, bool) {
	href, ok := a["href"]
	if href = strings.TrimSpace(href); !ok || href == "" {
		return entry{}, false
	}
	href, fragment, _ := strings.Cut(href, "#")
	e := entry{href: href, file: File{Size: -1, RequiresPython: strings.TrimSpace(a["data-requires-python"]), Hashes: hashPair(fragment)}}
	if reason, yanked := a["data-yanked"]; yanked {
		e.file.Yanked = &reason
	}
	metadata, found := a["data-core-metadata"]
	if !found {
		metadata, found = a["data-dist-info-metadata"]
	}
	if found && metadata != "false" {
		e.file.HasMetadata, e.file.MetadataHashes = true, hashPair(metadata)
	}
	return e, true
}

// hashPair reads "sha256=HEX". Other fragments and values say nothing.
func hashPair(s string) (h Hashes) {
	algorithm, digits, ok := strings.Cut(s, "=")
	if !ok {
		return h
	}
	digits, _, _ = strings.Cut(digits, "&")
	for _, f := range h.fields() {
		if strings.EqualFold(f.name, algorithm) {
			*f.digits = digits
		}
	}
	h.clean()
	return h
}
