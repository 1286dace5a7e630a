package archive

import (
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/assemble-image/assemble/internal/debs/control"
)

// Release is what an archive says of one of its suites. See "Debian repository
// format".
type Release struct {
	Origin, Label, Suite, Codename string
	// Date is when it was made; ValidUntil is zero where it says nothing.
	Date, ValidUntil time.Time
	// NotAutomatic and ButAutomaticUpgrades say that packages of the suite are
	// only taken where they are asked for, or kept up to date then.
	NotAutomatic, ButAutomaticUpgrades bool
	// ByHash says that files can be had by their digest, too.
	ByHash bool
	// AllInEach says that packages for all architectures are in the lists of each.
	AllInEach bool
	// Snapshots is where earlier states of the archive are, with @SNAPSHOTID@ in
	// the place of the time.
	Snapshots string
	// Files are the archive's lists, by their paths below Release.
	Files map[string]File
}

// File is a list of packages, with its digest in hexadecimal.
type File struct {
	Size   int64
	SHA256 string
}

const (
	// maxRelease bounds a Release in bytes; Debian's largest has some 2 MB.
	maxRelease = 32 << 20
	// maxFiles bounds the files that it lists.
	maxFiles = 200_000
)

// ParseRelease reads a Release file.
func ParseRelease(data []byte) (*Release, error) {
	s, err := control.ParseOne(data, control.Options{MaxStanza: maxRelease})
	if err != nil {
		return nil, err
	}
	r := &Release{
		Origin: s.Get("Origin"), Label: s.Get("Label"), Suite: s.Get("Suite"), Codename: s.Get("Codename"), Snapshots: s.Get("Snapshots"),
		NotAutomatic: isYes(s.Get("NotAutomatic")), ButAutomaticUpgrades: isYes(s.Get("ButAutomaticUpgrades")), ByHash: isYes(s.Get("Acquire-By-Hash")),
		AllInEach: s.Get("No-Support-for-Architecture-all") == "Packages",
	}
	if !strings.Contains(" "+s.Get("Architectures")+" ", " all ") {
		r.AllInEach = true
	}
	if r.Date, err = parseTime(s.Get("Date")); err != nil {
		return nil, fmt.Errorf("field \"Date\": %w", err)
	}
	if until := s.Get("Valid-Until"); until != "" {
		if r.ValidUntil, err = parseTime(until); err != nil {
			return nil, fmt.Errorf("field \"Valid-Until\": %w", err)
		}
	}
	f, ok := s.Lookup("SHA256")
	if !ok {
		return nil, errors.New("it has no field \"SHA256\"")
	}
	r.Files, err = parseFiles(f)
	return r, err
}

// parseFiles reads lines of digest, size and path.
func parseFiles(f control.Field) (map[string]File, error) {
	lines := f.Lines()
	if len(lines) > maxFiles {
		return nil, fmt.Errorf("it lists more than %d files", maxFiles)
	}
	files := make(map[string]File, len(lines))
	for _, line := range lines {
		words := strings.Fields(line)
		if len(words) != 3 {
			return nil, fmt.Errorf("the line %q of \"SHA256\" has not three words", line)
		}
		size, err := strconv.ParseInt(words[1], 10, 64)
		if err != nil || size < 0 || len(words[0]) != 64 || strings.Trim(words[0], "0123456789abcdef") != "" {
			return nil, fmt.Errorf("the line %q of \"SHA256\" has no digest and size", line)
		}
		if have, twice := files[words[2]]; twice && have != (File{size, words[0]}) {
			return nil, fmt.Errorf("it lists %q twice", words[2])
		}
		files[words[2]] = File{Size: size, SHA256: words[0]}
	}
	return files, nil
}

// timeLayouts are those in which archives write times (RFC 2822, in UTC).
var timeLayouts = []string{time.RFC1123, time.RFC1123Z, "Mon, _2 Jan 2006 15:04:05 MST", "Mon, _2 Jan 2006 15:04:05 -0700"}

func parseTime(s string) (time.Time, error) {
	for _, layout := range timeLayouts {
		t, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		// A zone by another name is one that Go knows no offset of.
		if name, offset := t.Zone(); offset == 0 && name != "UTC" && name != "GMT" && name != "Z" && name != "" && !strings.HasPrefix(name, "+") {
			continue
		}
		return t.UTC(), nil
	}
	return time.Time{}, fmt.Errorf("%q is no time in UTC", s)
}

// The errors of a Release that was signed, but isn't the one that we want.
var (
	ErrExpired  = errors.New("its time is over")
	ErrFuture   = errors.New("it is from the future")
	ErrSuite    = errors.New("it is of another suite")
	ErrRollback = errors.New("it is older than what was seen before")
)

// maxSkew is by how much an archive's clock may be ahead of ours.
const maxSkew = 10 * time.Minute

// check holds a Release against what was asked for, and against the time.
func (r *Release) check(s *Source, now time.Time) error {
	if !s.flat() && !r.isOf(s.Suite) {
		return fmt.Errorf("%w: its suite is %q and its codename %q, not %q", ErrSuite, r.Suite, r.Codename, s.Suite)
	}
	if r.Date.After(now.Add(maxSkew)) {
		return fmt.Errorf("%w: it was made at %s", ErrFuture, r.Date.Format(time.RFC3339))
	}
	if !s.Until.IsZero() && r.Date.After(s.Until) {
		return fmt.Errorf("%w: it was made at %s, after the time that was asked for", ErrFuture, r.Date.Format(time.RFC3339))
	}
	if !r.ValidUntil.IsZero() && !s.AnyTime && now.After(r.ValidUntil) {
		return fmt.Errorf("%w: it was valid until %s", ErrExpired, r.ValidUntil.Format(time.RFC3339))
	}
	return nil
}

// isOf reports whether the suite is what Release calls itself. The part after a
// slash is none of the name ("bookworm/updates").
func (r *Release) isOf(suite string) bool {
	if suite == r.Suite || suite == r.Codename {
		return true
	}
	first := strings.Split(suite, "/")[0]
	return first != suite && (first == r.Suite || first == r.Codename)
}

// The priorities of suites that say how their packages are to be taken
// (apt_preferences(5)).
const (
	defaultPriority              = 500
	notAutomaticPriority         = 1
	butAutomaticUpgradesPriority = 100
)

// priority is what the suite's packages are pinned to.
func (r *Release) priority(s *Source) int {
	switch {
	case s.Priority != 0:
		return s.Priority
	case r.NotAutomatic && r.ButAutomaticUpgrades:
		return butAutomaticUpgradesPriority
	case r.NotAutomatic:
		return notAutomaticPriority
	}
	return defaultPriority
}

// list is a list of packages in the forms that there are of it.
type list struct {
	// path is that of the plain form; whole is its digest, if Release gives it.
	path  string
	whole File
	known bool
	// forms are the packed forms and the plain one, the smallest first.
	forms []form
}

type form struct {
	path string
	ext  string
	File
}

// lists returns the lists that a source wants, for an architecture.
func (r *Release) lists(s *Source, arch string) ([]list, error) {
	if s.flat() {
		l, ok := r.list("Packages")
		if !ok {
			return nil, errors.New("it lists no Packages")
		}
		return []list{l}, nil
	}
	var out []list
	for _, c := range s.Components {
		l, ok := r.list(path.Join(c, "binary-"+arch, "Packages"))
		all, hasAll := r.list(path.Join(c, "binary-all", "Packages"))
		if !ok && (!hasAll || r.AllInEach) {
			return nil, fmt.Errorf("it lists no packages of the component %q for %s", c, arch)
		}
		if ok {
			out = append(out, l)
		}
		if hasAll && !r.AllInEach {
			out = append(out, all)
		}
	}
	return out, nil
}

func (r *Release) list(name string) (list, bool) {
	l := list{path: name}
	l.whole, l.known = r.Files[name]
	for _, ext := range []string{".xz", ".gz", ""} {
		if f, ok := r.Files[name+ext]; ok {
			l.forms = append(l.forms, form{path: name + ext, ext: ext, File: f})
		}
	}
	return l, len(l.forms) > 0
}
