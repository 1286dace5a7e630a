package git

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/assemble-image/assemble/internal/osfile"
)

const (
	// maxTags bounds how many tags are looked at.
	maxTags = 20_000
	// maxTagChain bounds how many tags may lead to one another.
	maxTagChain = 5
)

// Description is what is known of what is checked out.
type Description struct {
	Commit
	// Tag is the tag of the commit, of several the one with the highest version;
	// "" for none.
	Tag string
	// Source is the URL that the remote called origin can be looked at, without
	// credentials; "" where it has none.
	Source string
}

// Describe returns what is known of the commit that is checked out; see [Head].
func Describe(dir string) (Description, error) {
	commit, err := Head(dir)
	if err != nil {
		return Description{}, err
	}
	r, err := find(dir)
	if err != nil {
		return Description{}, err
	}
	d := Description{Commit: commit}
	if d.Tag, err = r.tagOf(commit.ID); err != nil {
		return Description{}, err
	}
	d.Source, err = r.source()
	return d, err
}

// tagOf returns the tag of a commit.
func (r *repository) tagOf(commit string) (string, error) {
	packed, err := r.packedTags()
	if err != nil {
		return "", err
	}
	loose := map[string]string{}
	dir := filepath.Join(r.common, "refs", "tags")
	err = filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || len(loose) == maxTags {
			return ignoreMissing(err)
		}
		text, err := small(p)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, p)
		if err == nil {
			loose[filepath.ToSlash(name)] = strings.TrimSpace(text)
		}
		return err
	})
	if err != nil {
		return "", fmt.Errorf("reading tags: %w", osfile.WithoutPath(err))
	}
	var found []string
	for name, target := range packed {
		if _, again := loose[name]; !again && target == commit {
			found = append(found, name)
		}
	}
	for name, target := range loose {
		if target == commit || r.peel(target) == commit {
			found = append(found, name)
		}
	}
	if len(found) == 0 {
		return "", nil
	}
	return slices.MaxFunc(found, compareVersions), nil
}

func ignoreMissing(err error) error {
	if missing(err) {
		return nil
	}
	return err
}

// peel returns the commit that a tag's object leads to, "" for none.
func (r *repository) peel(target string) string {
	for range maxTagChain {
		name, ok := parseID(target)
		if !ok {
			return ""
		}
		r.reads = 0
		o, err := r.object(name, 0)
		if err != nil || o.kind != kindTag {
			return ""
		}
		first, _, _ := bytes.Cut(o.data, []byte("\n"))
		next, ok := bytes.CutPrefix(first, []byte("object "))
		if !ok {
			return ""
		}
		if target = string(next); bytes.Contains(o.data, []byte("\ntype commit\n")) {
			return target
		}
	}
	return ""
}

// packedTags returns the tags in packed-refs with what they lead to in the end,
// which stands in a line that begins with ^ after theirs.
func (r *repository) packedTags() (tags map[string]string, err error) {
	tags = map[string]string{}
	path := filepath.Join(r.common, "packed-refs")
	f, _, err := osfile.OpenRegular(path)
	if errors.Is(err, fs.ErrNotExist) {
		return tags, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading %q: %w", path, osfile.WithoutPath(err))
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	last := ""
	in := bufio.NewScanner(io.LimitReader(f, maxPackedRefs))
	for in.Scan() && len(tags) < maxTags {
		line := in.Text()
		if peeled, ok := strings.CutPrefix(line, "^"); ok {
			if last != "" {
				tags[last] = peeled
			}
			continue
		}
		value, ref, _ := strings.Cut(line, " ")
		name, isTag := strings.CutPrefix(ref, "refs/tags/")
		if last = ""; isTag {
			last, tags[name] = name, value
		}
	}
	return tags, in.Err()
}

// compareVersions orders tags by the numbers in them, and then as texts.
func compareVersions(a, b string) int {
	numbers := func(s string) []int {
		var list []int
		for _, part := range strings.FieldsFunc(s, func(r rune) bool { return r < '0' || r > '9' }) {
			n, err := strconv.Atoi(part)
			if err != nil {
				break
			}
			list = append(list, n)
		}
		return list
	}
	aBase, aPre, aHas := strings.Cut(a, "-")
	bBase, bPre, bHas := strings.Cut(b, "-")
	release := 0 // which is before what follows its dash
	if aHas != bHas {
		release = -1
		if bHas {
			release = 1
		}
	}
	return cmp.Or(slices.Compare(numbers(aBase), numbers(bBase)), release, slices.Compare(numbers(aPre), numbers(bPre)), strings.Compare(a, b))
}

// source reads the URL of the remote called origin (git-config(1)), in the form
// that a browser takes.
func (r *repository) source() (string, error) {
	data, err := osfile.ReadBounded(filepath.Join(r.common, "config"), maxSmallFile)
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("reading the repository's config: %w", osfile.WithoutPath(err))
	}
	inOrigin := false
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			inOrigin = strings.Join(strings.Fields(strings.Trim(line, "[]")), " ") == `remote "origin"`
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if ok && inOrigin && strings.EqualFold(strings.TrimSpace(key), "url") {
			return browsable(strings.Trim(strings.TrimSpace(value), `"`)), nil
		}
	}
	return "", nil
}

// browsable turns a remote's URL (git-clone(1), GIT URLS) into one of a page: by
// https, without credentials; "" where there is none, as for a path.
func browsable(remote string) string {
	if host, path, ok := strings.Cut(remote, ":"); ok && !strings.Contains(host, "/") && !strings.HasPrefix(path, "//") && !strings.HasPrefix(path, ":") {
		remote = "ssh://" + host + "/" + strings.TrimPrefix(path, "/") // git@HOST:PATH
	}
	u, err := url.Parse(remote)
	if err != nil || u.Hostname() == "" {
		return ""
	}
	out := url.URL{Scheme: "https", Host: u.Host, Path: strings.TrimSuffix(strings.TrimSuffix(u.Path, "/"), ".git")}
	switch u.Scheme {
	case "https":
	case "http":
		out.Scheme = "http"
	case "ssh", "git", "git+ssh":
		out.Host = u.Hostname()
	default:
		return ""
	}
	return out.String()
}
