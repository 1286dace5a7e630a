package wheels

import (
	"crypto/sha256"
	"fmt"
	"path"
	"slices"
	"strings"
)

// whiteout begins the names that delete files in an image (image-spec,
// layer.md). A wheel must not be able to delete what others brought.
const whiteout = ".wh."

// kind says how a placed file comes by its content.
type kind int

const (
	asIs      kind = iota // a file of the archive
	script                // a file of .data/scripts, whose first line may change
	generated             // made while installing: wrappers, INSTALLER, RECORD
)

// placed is one path that an installed wheel owns.
type placed struct {
	path   string // relative to the image's root
	scheme string // purelib, platlib, scripts, data or headers
	kind   kind
	entry  int         // of the archive; none for generated files
	wrap   *EntryPoint // of a wrapper; nil for other files
}

// checkPaths refuses names that no scheme may place: whiteouts anywhere, and
// .data directories that are not of the form scheme/path.
func (w *Wheel) checkPaths() error {
	for i := range w.zip.Entries {
		name := w.zip.Entries[i].Name
		if strings.HasPrefix(name, whiteout) || strings.Contains(name, "/"+whiteout) {
			return fmt.Errorf("the name %q is a whiteout, which deletes files in an image", name)
		}
		if w.zip.Entries[i].IsDir() {
			continue
		}
		if _, _, err := splitData(name); err != nil {
			return err
		}
	}
	return nil
}

// schemeKeys are the directories that .data may have.
const schemeKeys = "data, headers, platlib, purelib, scripts"

// splitData splits the name of a file below .data into the scheme's key and
// the path there. For other files the key is empty.
func splitData(name string) (key, rest string, err error) {
	top, below, _ := strings.Cut(name, "/")
	if !strings.HasSuffix(top, dataSuffix) {
		return "", name, nil
	}
	key, rest, found := strings.Cut(below, "/")
	switch key {
	case "purelib", "platlib", "scripts", "headers", "data":
	default:
		return "", "", fmt.Errorf("%q is not in one of the .data directories %s", name, schemeKeys)
	}
	if !found {
		return "", "", fmt.Errorf("%q is named like a .data directory, but is a file", name)
	}
	return key, rest, nil
}

// root returns the key of the scheme into which the archive's root goes.
func (w *Wheel) root() string {
	if w.Build.Purelib {
		return "purelib"
	}
	return "platlib"
}

// dir returns the directory of a scheme's key.
func (w *Wheel) dir(s Scheme, key string) string {
	switch key {
	case "purelib":
		return s.Purelib
	case "platlib":
		return s.Platlib
	case "scripts":
		return s.Scripts
	case "headers":
		// Named as the project calls itself, which is how pip names it for
		// a requirement that is spelled that way.
		return path.Join(s.Headers, w.Metadata.Name)
	}
	return s.Data
}

// layout returns every path that the installed wheel owns, sorted. It fails
// when two files would have one path, or one lands where it would do harm.
func (w *Wheel) layout(s Scheme) ([]placed, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	wrappers := w.wrappers(s)
	list := make([]placed, 0, len(w.zip.Entries)+len(wrappers)+3)
	for i := range w.zip.Entries {
		e := &w.zip.Entries[i]
		if e.IsDir() || w.isReplaced(e.Name) {
			continue
		}
		key, rest, err := splitData(e.Name)
		if err != nil {
			return nil, err
		}
		if key == "" {
			key = w.root()
		}
		p := placed{path: w.dir(s, key) + "/" + rest, scheme: key, entry: i}
		if key == "scripts" {
			p.kind = script
			if isWrapper(path.Base(rest), wrappers) {
				continue
			}
		}
		list = append(list, p)
	}
	for i := range wrappers {
		e := &wrappers[i]
		list = append(list, placed{path: s.Scripts + "/" + e.Name, scheme: "scripts", kind: generated, wrap: e})
	}
	info := w.dir(s, w.root()) + "/" + w.info + "/"
	for _, name := range generatedInfo {
		list = append(list, placed{path: info + name, scheme: w.root(), kind: generated})
	}
	slices.SortFunc(list, func(a, b placed) int { return strings.Compare(a.path, b.path) })
	return list, w.checkLayout(list, s)
}

// checkLayout looks at where the files, sorted by path, land.
func (w *Wheel) checkLayout(list []placed, s Scheme) error {
	dirs := make(map[string]bool)
	for i, p := range list {
		if i > 0 && list[i-1].path == p.path {
			return fmt.Errorf("two of its files would be installed as %q", p.path)
		}
		if err := w.checkPlace(p, s); err != nil {
			return err
		}
		for dir := path.Dir(p.path); dir != "." && !dirs[dir]; dir = path.Dir(dir) {
			if _, taken := slices.BinarySearchFunc(list, dir, func(p placed, dir string) int { return strings.Compare(p.path, dir) }); taken {
				return fmt.Errorf("%q would be both a file and a directory", dir)
			}
			dirs[dir] = true
		}
	}
	return nil
}

// checkPlace refuses files in the place of the interpreter, of the standard
// library, or of another project's .dist-info.
func (w *Wheel) checkPlace(p placed, s Scheme) error {
	dir, base := path.Split(p.path)
	if "/"+p.path == s.Interpreter || strings.TrimSuffix(dir, "/") == s.Scripts && isInterpreter(base) {
		return fmt.Errorf("%q would replace the interpreter", p.path)
	}
	for _, lib := range []string{s.Purelib, s.Platlib} {
		below, ok := strings.CutPrefix(p.path, lib+"/")
		if !ok {
			continue
		}
		top, _, _ := strings.Cut(below, "/")
		if strings.HasSuffix(strings.ToLower(top), infoSuffix) && (p.scheme != w.root() || top != w.info) {
			return fmt.Errorf("%q would modify the metadata of an installed project", p.path)
		}
		return nil
	}
	if stdlib := s.stdlib(); stdlib != "" && strings.HasPrefix(p.path, stdlib+"/") {
		return fmt.Errorf("%q would modify the standard library", p.path)
	}
	return nil
}

// sum returns the digest of what is installed at p, nil if it isn't known
// without reading the wheel.
func (w *Wheel) sum(p placed, s Scheme) []byte {
	switch {
	case p.kind == asIs:
		return w.recorded(p.entry)
	case p.wrap != nil:
		sum := sha256.Sum256(wrapper(*p.wrap, s))
		return sum[:]
	}
	return nil
}
