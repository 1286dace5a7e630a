package doctor

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/assemble-image/assemble/internal/doctor/loader"
	"github.com/assemble-image/assemble/internal/report"
)

// libraries finds shared libraries that nothing in the image provides to the
// wheels', the packages' and the app's files.
func (x *examination) libraries() {
	type need struct {
		library  string
		optional string // why it may be missing
		list     []loader.Missing
	}
	needs := map[string]*need{}
	var order []string
	for _, m := range x.missing {
		if driverLibraries.MatchString(m.Library) || x.broughtElsewhere(m) {
			continue
		}
		why := x.optional(m)
		key := m.Library + "\x00" + fmt.Sprint(why != "")
		if needs[key] == nil {
			needs[key] = &need{library: m.Library, optional: why}
			order = append(order, key)
		}
		needs[key].list = append(needs[key].list, m)
	}
	for _, key := range order {
		n := needs[key]
		if n.optional != "" && needs[n.library+"\x00false"] != nil {
			continue // it is an error already
		}
		x.add(x.missingLibrary(n.library, n.optional, n.list))
	}
}

// broughtElsewhere reports whether a library that isn't where the loader looks is
// there when the file is loaded: its own package, or one that it requires, has it,
// and loads it before.
func (x *examination) broughtElsewhere(m loader.Missing) bool {
	for _, n := range m.Elsewhere {
		if n.Owner == m.File.Owner && n.Owner != 0 {
			return true
		}
		if o := x.img.Owners[n.Owner]; o.Kind == OwnerWheel && x.requires(m.File.Owner)[o.Name] {
			return true
		}
	}
	return false
}

// requires are the projects that an owner requires, directly or through others.
func (x *examination) requires(owner int) map[string]bool {
	if known := x.required[owner]; known != nil {
		return known
	}
	byName := map[string]int{}
	for i, o := range x.img.Owners {
		if o.Kind == OwnerWheel {
			byName[o.Name] = i
		}
	}
	all := map[string]bool{}
	queue := slices.Clone(x.img.Owners[owner].Requires)
	for len(queue) > 0 {
		name := queue[0]
		queue = queue[1:]
		if i, ok := byName[name]; ok && !all[name] {
			all[name] = true
			queue = append(queue, x.img.Owners[i].Requires...)
		}
	}
	x.required[owner] = all
	return all
}

// optional says why a file needn't find a library, "" if it must.
func (x *examination) optional(m loader.Missing) string {
	if project := foreignProject(m.Library); project != "" {
		return fmt.Sprintf("it is for use with %s, which isn't in the image", project)
	}
	switch {
	case isTest(m.File.Path):
		return "only tests load it"
	case isPlugin(m.File.Path):
		return "it is a plugin"
	case x.img.Owners[m.File.Owner].Kind == OwnerPackages:
		return "it is a part of a system package"
	}
	return ""
}

func (x *examination) missingLibrary(library, why string, list []loader.Missing) Finding {
	f := Finding{ID: IDMissingLibrary, Severity: Error, About: library}
	if why != "" {
		f.ID, f.Severity = IDOptionalLibrary, Warning
		if isTest(list[0].File.Path) {
			f.Severity = Note
		}
	}
	var who []string
	var owners []int
	files := map[int]int{}
	for _, m := range list {
		if len(f.Paths) < maxPaths {
			f.Paths = append(f.Paths, m.File.Path)
		}
		files[m.File.Owner]++
	}
	for _, m := range list {
		n := files[m.File.Owner]
		if n == 0 {
			continue
		}
		delete(files, m.File.Owner)
		owners = append(owners, m.File.Owner)
		o := x.img.Owners[m.File.Owner]
		if o.Wheel != "" {
			f.Wheels = append(f.Wheels, o.Wheel)
		}
		text := fmt.Sprintf("%s (%s", x.ownerName(m.File.Owner), x.shorten(m.File.Path))
		if n > 1 {
			text += fmt.Sprintf(" and %d more", n-1)
		}
		who = append(who, text+")")
	}
	f.Text = fmt.Sprintf("%s is missing, which %s needs", library, report.List(who))
	if len(who) > 1 {
		f.Text = fmt.Sprintf("%s is missing, which %s need", library, report.List(who))
	}
	if elsewhere := list[0].Elsewhere; len(elsewhere) > 0 {
		f.Text += fmt.Sprintf("; %s isn't looked for there", elsewhere[0].Path)
	}
	if why != "" {
		f.Text += ": " + why
	}
	var unused string
	f.Severity, unused = x.unlessUsed(f.Severity, owners)
	f.Text += unused
	x.mendLibrary(&f, library)
	return f
}

// mendLibrary says which package has a library, and what is in the place of the
// wheel where that needs none.
func (x *examination) mendLibrary(f *Finding, library string) {
	if pkg := x.packageOf(library); pkg != "" {
		f.Packages = []string{pkg}
		f.Fix = fmt.Sprintf("add %s to packages", pkg)
	}
	for _, wheel := range f.Wheels {
		name, _, _ := strings.Cut(wheel, "-")
		if headless := headless[strings.ReplaceAll(strings.ToLower(name), "_", "-")]; headless != "" {
			if f.Fix != "" {
				f.Fix += ", or "
			}
			f.Fix += fmt.Sprintf("take %s, which needs no system libraries", headless)
			return
		}
	}
}

// headless are projects that another one stands in for on a machine without a
// screen.
var headless = map[string]string{
	"opencv-python":         "opencv-python-headless",
	"opencv-contrib-python": "opencv-contrib-python-headless",
}

// ownerName is what messages call an owner.
func (x *examination) ownerName(i int) string {
	switch o := x.img.Owners[i]; o.Kind {
	case OwnerBase:
		return "the base"
	case OwnerWheel:
		return o.Name + " " + o.Version
	default:
		return o.Name
	}
}

// shorten takes site-packages off a path.
func (x *examination) shorten(p string) string {
	for _, dir := range []string{x.img.Target.Scheme.Purelib, x.img.Target.Scheme.Platlib} {
		if rest, ok := strings.CutPrefix(p, path.Join("/", dir)+"/"); ok {
			return rest
		}
	}
	return p
}
