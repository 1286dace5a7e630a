package doctor

import (
	"cmp"
	"debug/elf"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/assemble-image/assemble/internal/doctor/image"
	"github.com/assemble-image/assemble/internal/doctor/object"
	"github.com/assemble-image/assemble/internal/lazyregexp"
	"github.com/assemble-image/assemble/internal/report"
)

// machineOf is what ELF files for a platform have.
func machineOf(arch string) (elf.Machine, elf.Class) {
	switch arch {
	case "amd64":
		return elf.EM_X86_64, elf.ELFCLASS64
	case "386":
		return elf.EM_386, elf.ELFCLASS32
	case "arm":
		return elf.EM_ARM, elf.ELFCLASS32
	case "ppc64le":
		return elf.EM_PPC64, elf.ELFCLASS64
	case "riscv64":
		return elf.EM_RISCV, elf.ELFCLASS64
	case "s390x":
		return elf.EM_S390, elf.ELFCLASS64
	}
	return elf.EM_AARCH64, elf.ELFCLASS64
}

// objects are the ELF files of what lies on the base, by owner and path.
func (x *examination) objects() {
	by := map[int][]*image.Node{}
	x.img.Tree.Each(func(n *image.Node) {
		if n.Owner != 0 && n.Note != nil && (n.Note.Object != nil || n.Note.Broken != "") {
			by[n.Owner] = append(by[n.Owner], n)
		}
	})
	for i := range x.img.Owners {
		list := by[i]
		slices.SortFunc(list, func(a, b *image.Node) int { return cmp.Compare(a.Path, b.Path) })
		x.machines(i, list)
		x.hardening(i, list)
		x.versions(i, list)
		x.promise(i, list)
	}
	x.twice()
}

// filesFinding is a finding about some of an owner's files.
func (x *examination) filesFinding(id string, severity Severity, owner int, list []*image.Node, text string) {
	severity, unused := x.unlessUsed(severity, []int{owner})
	f := Finding{ID: id, Severity: severity, About: x.ownerName(owner)}
	if o := x.img.Owners[owner]; o.Wheel != "" {
		f.About, f.Wheels = o.Name, []string{o.Wheel}
	}
	shown := make([]string, 0, len(list))
	for _, n := range list {
		shown = append(shown, x.shorten(n.Path))
		if len(f.Paths) < maxPaths {
			f.Paths = append(f.Paths, n.Path)
		}
	}
	f.Text = fmt.Sprintf("%s: %s%s: %s", x.ownerName(owner), text, unused, names(shown))
	x.add(f)
}

// machines finds files for another machine. That is an error where an owner has
// none for this one, in a wheel that is for this one by its name.
func (x *examination) machines(owner int, list []*image.Node) {
	var other, broken []*image.Node
	right := 0
	for _, n := range list {
		switch o := n.Note.Object; {
		case o == nil:
			broken = append(broken, n)
		case o.Machine == x.machine && o.Class == x.class:
			right++
		case !isTest(n.Path):
			other = append(other, n)
		}
	}
	if len(broken) > 0 {
		x.filesFinding(IDBrokenObject, Warning, owner, broken, "ELF files that can't be read ("+broken[0].Note.Broken+")")
	}
	if len(other) == 0 {
		return
	}
	severity := Note
	o := x.img.Owners[owner]
	switch forAny := slices.Contains(o.Tags, "any"); {
	case o.Kind == OwnerApp && slices.ContainsFunc(other, func(n *image.Node) bool { return isModule(n.Path) }):
		severity = Error
	case right == 0 && o.Kind == OwnerWheel && !forAny:
		severity = Error
	case right == 0:
		severity = Warning
	}
	what := strings.ToLower(strings.TrimPrefix(other[0].Note.Object.Machine.String(), "EM_"))
	x.filesFinding(IDOtherMachine, severity, owner, other, fmt.Sprintf("files for %s, not for %s", what, x.img.Target.Tags.Machine))
}

var moduleFile = lazyregexp.New(`\.(cpython-3\d+|abi3)[^/]*\.so$`)

func isModule(p string) bool { return moduleFile.MatchString(p) }

// hardening finds what hardened systems refuse to load.
func (x *examination) hardening(owner int, list []*image.Node) {
	var stack, text []*image.Node
	for _, n := range list {
		if o := n.Note.Object; o != nil && o.Machine == x.machine {
			if o.ExecutableStack {
				stack = append(stack, n)
			}
			if o.TextRelocations {
				text = append(text, n)
			}
		}
	}
	if len(stack) > 0 {
		x.filesFinding(IDExecutableStack, Warning, owner, stack, "an executable stack is asked for, which hardened kernels and glibc 2.41 refuse to loaded libraries")
	}
	if len(text) > 0 {
		x.filesFinding(IDTextRelocations, Warning, owner, text, "text relocations, which SELinux and hardened kernels refuse")
	}
}

// versions finds versions of symbols that the library that is there doesn't have.
// One without any versions is taken by the loader.
func (x *examination) versions(owner int, list []*image.Node) {
	type lack struct{ library, version string }
	found := map[lack][]*image.Node{}
	var order []lack
	for _, n := range list {
		o := n.Note.Object
		if o == nil || o.Machine != x.machine {
			continue
		}
		for _, r := range o.Requires {
			p := x.loader.Find(r.Library, o, n.Path)
			if p == nil || p.Note.Object == nil || len(p.Note.Object.Provides) == 0 {
				continue
			}
			for _, v := range r.Names {
				if slices.Contains(p.Note.Object.Provides, v) {
					continue
				}
				k := lack{r.Library, v}
				if found[k] == nil {
					order = append(order, k)
				}
				found[k] = append(found[k], n)
			}
		}
	}
	for _, k := range order {
		severity := Error
		if !slices.ContainsFunc(found[k], func(n *image.Node) bool { return !isTest(n.Path) && !isPlugin(n.Path) }) {
			severity = Warning
		}
		text := fmt.Sprintf("%s of %s is needed, which the image's doesn't have", k.version, k.library)
		if newest := x.newest(k.library, k.version); newest != "" {
			text += fmt.Sprintf(" (its newest is %s)", newest)
		}
		x.filesFinding(IDSymbolVersion, severity, owner, found[k], text)
	}
}

// newest is the highest version of a kind ("GLIBC_") that the image's library has.
func (x *examination) newest(library, like string) string {
	n := x.loader.Find(library, &object.File{Machine: x.machine, Class: x.class}, "/")
	kind, _, ok := strings.Cut(like, "_")
	if n == nil || n.Note.Object == nil || !ok {
		return ""
	}
	best, name := []int(nil), ""
	for _, v := range n.Note.Object.Provides {
		if k, number, _ := strings.Cut(v, "_"); k == kind {
			if parts := numbers(number); parts != nil && slices.Compare(parts, best) > 0 {
				best, name = parts, v
			}
		}
	}
	return name
}

// numbers are the parts of "2.36", nil for what is no version.
func numbers(s string) []int {
	var out []int
	for part := range strings.SplitSeq(s, ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			return nil
		}
		out = append(out, n)
	}
	return out
}

var manylinux = lazyregexp.New(`^manylinux(?:(1|2010|2014)|_(\d+)_(\d+))_`)

// promised is the version of glibc that a wheel's tags say it needs, nil where they
// don't.
func promised(tags []string) []int {
	var least []int
	for _, t := range tags {
		m := manylinux.FindStringSubmatch(t)
		if m == nil {
			continue
		}
		v := map[string][]int{"1": {2, 5}, "2010": {2, 12}, "2014": {2, 17}}[m[1]]
		if v == nil {
			v = numbers(m[2] + "." + m[3])
		}
		if least == nil || slices.Compare(v, least) < 0 {
			least = v
		}
	}
	return least
}

// promise finds wheels whose files need more than their tags say (PEP 600).
func (x *examination) promise(owner int, list []*image.Node) {
	says := promised(x.img.Owners[owner].Tags)
	if says == nil {
		return
	}
	var most []int
	var over []*image.Node
	for _, n := range list {
		if n.Note.Object == nil || n.Note.Object.Machine != x.machine {
			continue
		}
		needs := []int(nil)
		for _, r := range n.Note.Object.Requires {
			for _, v := range r.Names {
				if rest, ok := strings.CutPrefix(v, "GLIBC_"); ok {
					if parts := numbers(rest); slices.Compare(parts, needs) > 0 {
						needs = parts
					}
				}
			}
		}
		if slices.Compare(needs, says) > 0 {
			over = append(over, n)
			if slices.Compare(needs, most) > 0 {
				most = needs
			}
		}
	}
	if len(over) > 0 {
		x.filesFinding(IDLowTag, Warning, owner, over, fmt.Sprintf("its tags promise to run on glibc %s, its files need %s", dotted(says), dotted(most)))
	}
}

func dotted(v []int) string {
	parts := make([]string, len(v))
	for i, n := range v {
		parts[i] = strconv.Itoa(n)
	}
	return strings.Join(parts, ".")
}

// families are libraries that a process should have one of.
var families = []struct {
	name  string
	files *lazyregexp.Regexp
}{
	{"OpenMP", lazyregexp.New(`^lib(gomp|omp|iomp5)[-.]`)},
	{"CUDA", lazyregexp.New(`^libcudart[-.]`)},
	{"OpenSSL", lazyregexp.New(`^libcrypto[-.]`)},
}

// twice finds libraries that several owners bring, each another.
func (x *examination) twice() {
	for _, family := range families {
		files := map[string]*image.Node{} // by base name
		x.img.Tree.Each(func(n *image.Node) {
			if n.Note == nil || n.Note.Object == nil || !family.files.MatchString(path.Base(n.Path)) {
				return
			}
			name := path.Base(n.Path)
			if had := files[name]; had == nil || n.Path < had.Path {
				files[name] = n
			}
		})
		f := Finding{ID: IDDuplicateLibrary, Severity: Note, About: family.name}
		owners := map[int]bool{}
		list := make([]*image.Node, 0, len(files))
		for _, n := range files {
			list = append(list, n)
		}
		slices.SortFunc(list, func(a, b *image.Node) int { return cmp.Compare(a.Path, b.Path) })
		who := make([]string, 0, len(list))
		for _, n := range list {
			owners[n.Owner] = true
			who = append(who, fmt.Sprintf("%s (%s)", path.Base(n.Path), x.ownerName(n.Owner)))
			f.Paths = append(f.Paths, n.Path)
			if w := x.img.Owners[n.Owner].Wheel; w != "" {
				f.Wheels = append(f.Wheels, w)
			}
		}
		if len(owners) < 2 {
			continue
		}
		f.Text = fmt.Sprintf("%s comes %d times: %s; one process may load several", family.name, len(list), report.List(who))
		x.add(f)
	}
}
