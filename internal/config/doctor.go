package config

import (
	"fmt"
	"slices"
	"strings"
)

// Ignore is a kind of finding, or one of them, that doesn't matter here.
type Ignore struct {
	// ID is the finding's.
	ID string `yaml:"id"`
	// About is what the finding is about, "" for any; * stands for any
	// characters.
	About string `yaml:"about"`
	// Reason says why it doesn't matter. It is never empty.
	Reason string `yaml:"reason"`
}

// Need is what projects need at run time that their files don't show.
type Need struct {
	// Projects are those, by name.
	Projects []string `yaml:"projects"`
	// Needs must be in the image: "library:SONAME", "program:NAME", "file:PATH".
	Needs []string `yaml:"needs"`
	// Packages are Debian's that have it.
	Packages []string `yaml:"packages"`
}

// Budget bounds sizes, as they are pushed. 0 is no bound.
type Budget struct {
	Image Size `yaml:"image"`
	// Growth is how much larger the image may be than the one that its tag named
	// before.
	Growth Size `yaml:"growth"`
	Layer  Size `yaml:"layer"`
}

// doctorKinds are the ids of findings beside [ProblemKinds]; internal/doctor
// describes them.
var doctorKinds = []string{
	"missing-library", "optional-library", "known-need", "symbol-version", "other-machine", "broken-object", "executable-stack", "text-relocations",
	"low-tag", "duplicate-library", "no-program", "not-executable", "no-interpreter", "no-module", "no-import", "entry-point", "health-port", "root-user",
	"not-writable", "worker-temp", "image-size", "image-growth", "layer-size", "duplicate-files", "tests-in-wheels", "script", "outdated", "base",
}

// FindingKinds are the ids of all findings.
func FindingKinds() []string {
	return slices.Concat(ProblemKinds(), []string{"conflict"}, doctorKinds)
}

// doctor checks what is said about findings.
func (k *checker) doctor() {
	for i, g := range k.c.Ignore {
		field := fmt.Sprintf("ignore[%d]", i)
		if known := FindingKinds(); !slices.Contains(known, g.ID) {
			k.add(field+".id", "%q is not one of %s", g.ID, strings.Join(known, ", "))
		}
		if strings.TrimSpace(g.Reason) == "" {
			k.add(field, "has no reason")
		}
	}
	for i, n := range k.c.Needs {
		field := fmt.Sprintf("needs[%d]", i)
		if len(n.Projects) == 0 {
			k.add(field, "names no projects")
		}
		if len(n.Needs) == 0 {
			k.add(field, "names nothing that they need")
		}
		for j, text := range n.Needs {
			for one := range strings.SplitSeq(text, "|") {
				kind, name, _ := strings.Cut(one, ":")
				if name == "" || !slices.Contains([]string{"library", "program", "file"}, kind) {
					k.add(fmt.Sprintf("%s.needs[%d]", field, j), "%q is not library:SONAME, program:NAME or file:PATH", one)
				}
			}
		}
	}
	for name, size := range map[string]Size{"image": k.c.Budget.Image, "growth": k.c.Budget.Growth, "layer": k.c.Budget.Layer} {
		if size < 0 {
			k.add("budget."+name, "%s is less than nothing", size)
		}
	}
}

var doctorFields = []Field{
	{
		Path: "ignore", Form: FormList, Default: "none", Example: "[{id: missing-library, about: libGL.so.1, reason: cv2's windows are not used}]",
		Doc: "Findings of `assemble check` that don't matter here, each with the reason. See [The doctor](doctor.md).",
	},
	{Path: "ignore[].id", Form: FormText, Example: "missing-library", Doc: "The kind of finding."},
	{Path: "ignore[].about", Form: FormText, Default: "anything", Example: "libGL.so.1", Doc: "What the finding is about, as `--json` has it; `*` stands for any characters."},
	{Path: "ignore[].reason", Form: FormText, Example: "cv2's windows are not used", Doc: "Why it doesn't matter."},
	{
		Path: "needs", Form: FormList, Default: "none", Example: "[{projects: [our-reports], needs: ['program:pdftoppm'], packages: [poppler-utils]}]",
		Doc: "What projects need at run time that their files don't show, beside what is known; it comes in the place of what is known of a project.",
	},
	{Path: "needs[].projects", Form: FormList, Example: "[our-reports]", Doc: "The projects whose wheels need it."},
	{Path: "needs[].needs", Form: FormList, Example: "['program:pdftoppm']", Doc: "What must be in the image: `library:SONAME`, `program:NAME` (on PATH) or `file:PATH`; `|` parts those of which one will do."},
	{Path: "needs[].packages", Form: FormList, Default: "none", Example: "[poppler-utils]", Doc: "The Debian packages that have it."},
	{
		Path: "budget.image", Form: FormSize, Flag: "budget-image", Default: "no bound", Example: "700MB",
		Doc: "How large the image may be, base included, as it is pushed.",
	},
	{
		Path: "budget.growth", Form: FormSize, Flag: "budget-growth", Default: "no bound", Example: "50MB",
		Doc: "How much larger the image may be than the one that the tag named before it is pushed.",
	},
	{
		Path: "budget.layer", Form: FormSize, Flag: "budget-layer", Default: "no bound", Example: "512MiB",
		Doc: "How large one of the image's own layers may be.",
	},
}
