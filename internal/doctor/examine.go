package doctor

import (
	"debug/elf"
	"path"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/assemble-image/assemble/internal/doctor/command"
	"github.com/assemble-image/assemble/internal/doctor/image"
	"github.com/assemble-image/assemble/internal/doctor/loader"
	"github.com/assemble-image/assemble/internal/doctor/needs"
	"github.com/assemble-image/assemble/internal/doctor/provide"
	"github.com/assemble-image/assemble/internal/doctor/python"
	"github.com/assemble-image/assemble/internal/doctor/scan"
	"github.com/assemble-image/assemble/internal/lazyregexp"
)

// Version changes when findings about the same image do, so that those of another
// version aren't used.
const Version = 3 + scan.Version<<8

// Wanted is what the image is to do, beside what is in it.
type Wanted struct {
	// Config is the image's configuration, the base's with what is laid over it.
	Config v1.Config
	// Command says that what the image starts isn't just what its base does.
	Command bool
	// HealthPort is the port that the smoke test asks, 0 for none.
	HealthPort int
	// Imports are modules that the smoke test imports.
	Imports []string
	// Dirs are directories that the image's user is to write.
	Dirs []string
	// Needs are what further projects need; they come before those that are
	// known.
	Needs []needs.Row
	// Libraries has the package of each library, as an archive tells; nil means
	// what is embedded.
	Libraries provide.Table
}

// examination is one look at an image.
type examination struct {
	img      *Image
	want     Wanted
	env      map[string]string
	loader   *loader.Loader
	missing  []loader.Missing
	required map[int]map[string]bool
	table    provide.Table
	found    []Finding
	brings   map[string]map[int]bool // the owners of the files of a name
	machine  elf.Machine
	class    elf.Class
	minor    int
	uid      int
	gids     []int
	begin    command.Start
	sysPath  *python.Path
	use      use
	hasCode  bool // of an app
	// installed are the base's and the planned system packages.
	installed map[string]bool
}

func (x *examination) add(f Finding) { x.found = append(x.found, f) }

// Examine returns what is to be said about the image, the worst first.
func (img *Image) Examine(want Wanted) ([]Finding, error) {
	x := &examination{img: img, want: want, env: map[string]string{}, required: map[int]map[string]bool{}, table: want.Libraries}
	for _, kv := range want.Config.Env {
		if k, v, ok := strings.Cut(kv, "="); ok {
			x.env[k] = v
		}
	}
	if x.table == nil {
		var err error
		if x.table, err = provide.Embedded(img.codename()); err != nil {
			return nil, err
		}
	}
	x.loader = loader.New(img.Tree, loader.Options{LibraryPath: x.env["LD_LIBRARY_PATH"], Executable: img.Target.Facts.Python.Executable})
	x.missing = x.loader.Missing(func(n *image.Node) bool { return n.Owner != 0 })
	if img.standIn() {
		x.missing = slices.DeleteFunc(x.missing, func(m loader.Missing) bool { return toolchain.MatchString(m.Library) })
	}
	x.prepare()
	x.start()
	x.sysPath = x.searchPath()
	x.findUse()
	x.libraries()
	x.objects()
	x.imports()
	x.entryPoints()
	if err := x.knownNeeds(); err != nil {
		return nil, err
	}
	x.waste()
	sortFindings(x.found)
	return x.found, nil
}

// toolchain matches the libraries of the compiler and the C library, and those
// that Python is linked with: each base with a Python has them.
var toolchain = lazyregexp.New(`^(ld-linux[\w-]*|lib(c|m|dl|pthread|rt|util|resolv|nsl|anl|mvec|crypt|gcc_s|z|expat|stdc\+\+))\.so\.\d+$`)

// standIn reports whether the base's C library isn't one, as that of the built-in
// base, which has its name alone.
func (img *Image) standIn() bool {
	found := false
	img.Tree.Each(func(n *image.Node) {
		if n.Owner == 0 && path.Base(n.Path) == "libc.so.6" && n.Mode.IsRegular() {
			found = found || n.Note == nil || n.Note.Object == nil
		}
	})
	return found
}

// prepare learns what several checks ask for.
func (x *examination) prepare() {
	x.machine, x.class = machineOf(x.img.Arch)
	_, minor, _ := strings.Cut(x.img.Target.Facts.Python.Minor, ".")
	x.minor = atoi(minor)
	x.findUser()
	x.brings = map[string]map[int]bool{}
	x.img.Tree.Each(func(n *image.Node) {
		if n.Note != nil && n.Note.Object != nil && n.Owner != 0 {
			name := path.Base(n.Path)
			if x.brings[name] == nil {
				x.brings[name] = map[int]bool{}
			}
			x.brings[name][n.Owner] = true
		}
	})
	x.installed = map[string]bool{}
	for _, p := range x.img.Target.Facts.Packages {
		x.installed[p.Name] = true
	}
}

// codename is that of the base's release; Debian's stable one where it tells none
// that is known.
func (img *Image) codename() string {
	name := img.Target.Facts.OS.Codename
	for _, s := range provide.Suites {
		if s == name {
			return name
		}
	}
	if img.Target.Facts.OS.ID == "debian" {
		return provide.Suites[0]
	}
	return ""
}

// packageOf returns the package that has a library, "" where that isn't known.
func (x *examination) packageOf(library string) string { return x.table[library] }
