package resolve

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// WarningKind says what a warning is about.
type WarningKind string

// The kinds of warnings.
const (
	// YankedWarning: a version was yanked, but asked for exactly.
	YankedWarning WarningKind = "yanked"
	// GPUWarning: projects that are of use on a GPU only.
	GPUWarning WarningKind = "gpu"
	// ExtraWarning: somebody wants an extra that the version doesn't have.
	ExtraWarning WarningKind = "extra"
	// QueryWarning: the query of a URL that the user names isn't written.
	QueryWarning WarningKind = "query"
	// UnreadableWarning: a version that was passed over since something about it
	// can't be read.
	UnreadableWarning WarningKind = "unreadable"
	// PrereleaseWarning: a pre-release that the user doesn't name.
	PrereleaseWarning WarningKind = "prerelease"
)

// Warning is something about a solution that the user may not want.
type Warning struct {
	Kind WarningKind
	// Names are the projects that it is about, normalized, sorted.
	Names []string
	// Text says it in one line.
	Text string
	// Size is how many bytes the wheels of Names have, as far as that is known.
	Size int64
	// Chain says how the requirements lead to the first of Names, one step an
	// item.
	Chain []string
}

// gpuOnly are names of what CUDA builds of frameworks pull in.
var gpuOnly = []string{"nvidia-*", "cuda-*", "triton", "pytorch-triton*", "cupy-cuda*"}

// warn looks for what the user may not want in a solution.
func (s *solver) warn(g *graph, pins []Pin, missing map[string][]string) []Warning {
	var list []Warning
	add := func(kind WarningKind, p Pin, format string, args ...any) {
		list = append(list, Warning{
			Kind: kind, Names: []string{p.Name},
			Text: fmt.Sprintf(format, args...), Chain: s.chain(g, s.projects[p.Name]),
		})
	}
	for _, p := range pins {
		if p.Yanked {
			add(YankedWarning, p, "%s %s was yanked%s", p.Name, p.Version, because(p.YankedReason))
		}
		if u := p.Wheels[0].URL; p.Direct && publicURL(u) != u {
			add(QueryWarning, p, "%s %s: its URL is written without its query, which may be secret; those who use the lock need the wheel from elsewhere", p.Name, p.Version)
		}
		if p.Version.IsPrerelease() && !s.opt.Prereleases && !p.Wheels[0].Own && !s.named(p) {
			add(PrereleaseWarning, p, "%s %s is a pre-release", p.Name, p.Version)
		}
		if extras := missing[p.Name]; len(extras) > 0 {
			add(ExtraWarning, p, "%s %s has no extra %s", p.Name, p.Version, strings.Join(extras, ", "))
		}
	}
	list = append(list, s.warnUnreadable(g)...)
	list = append(list, s.warnGPU(g, pins)...)
	return list
}

// named reports whether a requirement of the user names a pre-release of p.
func (s *solver) named(p Pin) bool {
	if with := s.fetch.steer.with[p.Name]; with != nil && with.Specifiers.NamesPrerelease() {
		return true
	}
	for _, st := range s.nodes[root].edges[0] {
		if s.nodes[st.to[0]].project.name == p.Name && st.req.Specifiers.NamesPrerelease() {
			return true
		}
	}
	return p.Direct
}

// warnGPU makes one warning for each project that brings what only a GPU has
// use for: on arm64, torch does since 2.10.
func (s *solver) warnGPU(g *graph, pins []Pin) []Warning {
	gpu, err := newPatterns(gpuOnly)
	if err != nil {
		return nil
	}
	names, sizes := map[pkgID][]string{}, map[pkgID]int64{} // by who brings them
	for _, p := range pins {
		if !gpu.match(p.Name) {
			continue
		}
		from := g.first[s.projects[p.Name]].from
		for s.nodes[from].project != nil && gpu.match(s.nodes[from].project.name) {
			from = g.first[s.nodes[from].project].from
		}
		names[from] = append(names[from], p.Name)
		sizes[from] += p.Wheels[0].Size
	}
	var list []Warning
	for from, brought := range names {
		who := s.nodes[from].label()
		if p := s.nodes[from].project; p != nil {
			who += " " + p.releases[s.chosen(from)].version.String()
		}
		list = append(list, Warning{
			Kind: GPUWarning, Names: brought, Size: sizes[from],
			Text:  fmt.Sprintf("%s requires packages that are only useful on a GPU: %s", who, some(brought, 4)),
			Chain: s.chain(g, s.projects[brought[0]]),
		})
	}
	slices.SortFunc(list, func(a, b Warning) int { return cmp.Compare(a.Text, b.Text) })
	return list
}

func because(reason string) string {
	if reason = shown(reason); reason == "" {
		return ""
	}
	return " (" + reason + ")"
}

// oneLine makes text of an index fit for a comment: one line, not too long, no
// control characters.
func oneLine(text string) string { return oneLineOf(text, 160) }

// shown is oneLine for messages, in which reasons aren't cut off unless
// somebody writes novels.
func shown(text string) string { return oneLineOf(text, 4000) }

func oneLineOf(text string, most int) string {
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 }), " ")
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return text
}

// some joins the first few of a list.
func some(list []string, most int) string {
	if len(list) > most+1 {
		return fmt.Sprintf("%s and %d more", strings.Join(list[:most], ", "), len(list)-most)
	}
	return strings.Join(list, ", ")
}
