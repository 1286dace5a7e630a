package supply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/resolve"
	"github.com/assemble-image/assemble/wheels"
	"github.com/assemble-image/assemble/wheels/pep440"
	"github.com/assemble-image/assemble/wheels/pep508"
	"github.com/assemble-image/assemble/wheels/requirements"
	"github.com/assemble-image/assemble/wheels/tags"
)

// HashesError says that a line of a requirements file doesn't tell by its
// hashes which wheel is meant, where hashes are required.
type HashesError struct {
	File   string
	Line   int
	Text   string // the line
	Reason string
}

func (e *HashesError) Error() string {
	return fmt.Sprintf("%s:%d: %q: %s", e.File, e.Line, e.Text, e.Reason)
}

// requireHashes returns the requirements of a file that hold, where hashes are
// required: each with the digest of the one wheel that it means. Like pip, it
// refuses a line without a hash. Unlike pip, which takes nothing but ==, it
// takes a range that comes to one wheel of the wheelhouse by its hashes; one
// that comes to several is refused. All that is refused is in the error.
func (s *wheelhouse) requireHashes(ctx context.Context, file *requirements.File, env pep508.Environment) ([]requirements.Requirement, error) {
	var reqs []requirements.Requirement
	var errs []error
	for _, r := range file.Requirements {
		holds, err := r.Marker.Eval(env)
		if err == nil && !holds {
			continue
		}
		var digests []string
		if err == nil {
			digests, err = s.meant(ctx, &r)
		}
		if err != nil {
			errs = append(errs, &HashesError{r.File, r.Line, r.Text, err.Error()})
			continue
		}
		r.Hashes = digests
		reqs = append(reqs, r)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return reqs, errors.Join(errs...)
}

// meant returns the digests of the wheels that a line may mean: for a version
// with ==, all that its hashes allow; for a range, the only one.
func (s *wheelhouse) meant(ctx context.Context, r *requirements.Requirement) ([]string, error) {
	fits, err := s.fitting(ctx, r)
	if err != nil {
		return nil, err
	}
	if len(r.Hashes) == 0 {
		return nil, errors.New("no --hash, but hashes are required" + has(fits))
	}
	var listed []resolve.File
	for _, f := range fits {
		_, err := wheels.Identify(f.Path, wheels.Options{Hashes: r.Hashes, LookupDigest: s.opt.Digests.Lookup})
		var mismatch *wheels.HashMismatchError
		if err != nil && !errors.As(err, &mismatch) {
			return nil, err
		}
		if err == nil {
			listed = append(listed, f)
		}
	}
	if len(listed) > 1 && !r.Pinned() {
		return nil, errors.New("hashes are required, and several wheels in the wheelhouse match both the range and the hashes: " + fileNames(listed))
	}
	if len(listed) == 0 && len(fits) > 0 {
		return nil, errors.New("no compatible wheel has one of its hashes" + has(fits))
	}
	digests := make([]string, 0, len(listed))
	for _, f := range listed {
		digests = append(digests, "sha256:"+f.SHA256)
	}
	if len(digests) == 0 {
		return r.Hashes, nil // nothing fits: why, the search tells
	}
	return digests, nil
}

// fitting returns the wheels of the wheelhouse that the target can install and
// that a line allows but for its hashes, the newest first.
func (s *wheelhouse) fitting(ctx context.Context, r *requirements.Requirement) ([]resolve.File, error) {
	if r.Path != "" || r.URL != "" {
		f, err := s.Direct(ctx, *r)
		return []resolve.File{f}, err
	}
	files, err := s.Files(ctx, pep508.NormalizeName(r.Name))
	if err != nil && !errors.Is(err, resolve.ErrNoProject) {
		return nil, err
	}
	versions := map[string]pep440.Version{}
	var list []resolve.File
	for _, f := range files {
		name, err := tags.ParseFilename(f.Name)
		if err != nil || f.SHA256 == "" || !r.Specifiers.Contains(name.Version, pep440.PrereleasesAllow) {
			continue
		}
		versions[f.Name] = name.Version
		list = append(list, f)
	}
	slices.SortStableFunc(list, func(a, b resolve.File) int { return versions[b.Name].Compare(versions[a.Name]) })
	return list, nil
}

// has tells which files there are, as the end of a sentence.
func has(files []resolve.File) string {
	if len(files) == 0 {
		return ""
	}
	return "; the wheelhouse has " + fileNames(files)
}

func fileNames(files []resolve.File) string {
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = f.Name
	}
	return report.List(names)
}

// unlisted fails where hashes are required and something is required that the
// file doesn't list: like pip, which can't know its hash.
func unlisted(file *requirements.File, own *ownWheels, s *resolve.Solution) error {
	named := map[string]bool{}
	for _, r := range file.Requirements {
		named[pep508.NormalizeName(r.Name)] = true
	}
	lines := linesOf(s)
	var errs []error
	for _, pin := range s.Pins {
		if named[pin.Name] || own.has(pin.Name) {
			continue
		}
		var by []string
		for _, want := range pin.Via {
			if want.Name != "" {
				by = append(by, want.Name)
			}
		}
		at := lines[pin.Name]
		errs = append(errs, &HashesError{at.File, at.Line, at.Requirement, fmt.Sprintf(
			"requires %s (for %s), which the file doesn't list, so its hash isn't known", pin.Name, strings.Join(by, ", "))})
	}
	return errors.Join(errs...)
}
