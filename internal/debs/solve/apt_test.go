package solve_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/assemble-image/assemble/internal/debs/solve"
)

// TestAgainstApt asks the apt of this machine about archives made at random.
// It runs where ASSEMBLE_APT_CASES says how many; ASSEMBLE_APT_SEED begins
// elsewhere. apt 2.6 is the one whose answers count.
func TestAgainstApt(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("ASSEMBLE_APT_CASES"))
	if n == 0 {
		t.Skip("skipped: ASSEMBLE_APT_CASES doesn't say how many cases to ask apt about")
	}
	seed, _ := strconv.ParseUint(os.Getenv("ASSEMBLE_APT_SEED"), 10, 64)
	apt := newApt(t)
	wrong, refused, ok, failed := 0, 0, 0, 0
	for i := range n {
		c := randomCase(rand.New(rand.NewPCG(seed, uint64(i))))
		asked, opt := requests(strings.Fields(c.request))
		opt.Recommends = c.recommends
		s, err := solve.Solve([]solve.Source{source(t, []byte(c.packages)), source(t, []byte(c.more))}, status(t, c.status), arch, asked, opt)
		var base *solve.BrokenBaseError
		if errors.As(err, &base) {
			continue
		}
		want, got := apt.ask(t, c), answer(s, err)
		switch {
		case strings.HasPrefix(want, "refused"):
			refused++
		case want == "100":
			failed++
		default:
			ok++
		}
		if strings.HasPrefix(got, "refused") && strings.HasPrefix(want, "refused") {
			continue
		}
		if got != want {
			if wrong++; wrong <= 5 {
				t.Errorf("case %d: %s\n%s\n--- status\n%s\n=== got %s\n=== apt %s\n%v", i, c.request, c.packages+"=== second\n"+c.more, c.status, got, want, err)
			}
		}
	}
	t.Logf("%d of %d cases differ; apt installs in %d, removes in %d, gives up in %d", wrong, ok+refused+failed, ok, refused, failed)
}

type aptCase struct {
	packages, more, status, request string
	recommends                      bool
}

func randomCase(r *rand.Rand) aptCase {
	names := []string{"alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliet"}
	r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	names = names[:3+r.IntN(len(names)-3)]
	g := generator{r: r, names: append(slices.Clone(names), "virt", "virtu")}
	var c aptCase
	c.recommends = r.IntN(4) == 0
	var pool, second strings.Builder
	for _, name := range names {
		installed := r.IntN(3) == 0
		for v := range 1 + r.IntN(2) {
			text := g.stanza(name, v+1)
			if v == 0 && installed {
				want := []string{"install", "install", "install", "hold"}[r.IntN(4)]
				c.status += "Status: " + want + " ok installed\n" + text
			}
			if r.IntN(10) > 0 {
				w := &pool
				if r.IntN(2) == 0 {
					w = &second
				}
				w.WriteString(strings.Replace(text, "\n\n", fmt.Sprintf("\nFilename: ./%s_%d.deb\nSize: 1\nSHA256: %064d\n\n", name, v+1, 0), 1))
			}
		}
	}
	c.packages, c.more = pool.String(), second.String()
	n := 1 + r.IntN(2)
	for range n {
		word := names[r.IntN(len(names))]
		if r.IntN(8) == 0 {
			word += "=" + strconv.Itoa(1+r.IntN(2))
		}
		if r.IntN(12) == 0 {
			word = "virt"
		}
		c.request += word + " "
	}
	return c
}

type generator struct {
	r     *rand.Rand
	names []string
}

func (g *generator) stanza(name string, v int) string {
	r := g.r
	var b strings.Builder
	fmt.Fprintf(&b, "Package: %s\nVersion: %d\nArchitecture: %s\nMaintainer: x <x@x>\nDescription: x\n", name, v, []string{"arm64", "arm64", "all"}[r.IntN(3)])
	for _, f := range []struct {
		name string
		of   int
	}{{"Pre-Depends", 12}, {"Depends", 2}, {"Conflicts", 7}, {"Breaks", 7}, {"Recommends", 6}} {
		if r.IntN(f.of) == 0 {
			fmt.Fprintf(&b, "%s: %s\n", f.name, g.field(f.name == "Conflicts" || f.name == "Breaks"))
		}
	}
	if r.IntN(5) == 0 {
		b.WriteString("Provides: " + []string{"virt", "virtu (= 1)", "virtu (= 2)", "virt, virtu"}[r.IntN(4)] + "\n")
	}
	if r.IntN(10) == 0 {
		b.WriteString("Multi-Arch: " + []string{"same", "foreign", "allowed"}[r.IntN(3)] + "\n")
	}
	if r.IntN(20) == 0 {
		b.WriteString([]string{"Essential: yes\n", "Protected: yes\n", "Important: yes\n"}[r.IntN(3)])
	}
	if r.IntN(6) == 0 {
		b.WriteString("Source: src" + strconv.Itoa(r.IntN(2)) + "\n")
	}
	if r.IntN(2) == 0 {
		b.WriteString("Priority: " + []string{"required", "important", "standard", "optional", "extra"}[r.IntN(5)] + "\n")
	}
	return b.String() + "\n"
}

func (g *generator) field(negative bool) string {
	var groups []string
	for range 1 + g.r.IntN(2) {
		alternatives := []string{g.relation()}
		for !negative && g.r.IntN(3) == 0 {
			alternatives = append(alternatives, g.relation())
		}
		groups = append(groups, strings.Join(alternatives, " | "))
	}
	return strings.Join(groups, ", ")
}

func (g *generator) relation() string {
	s := g.names[g.r.IntN(len(g.names))]
	if g.r.IntN(20) == 0 {
		s += ":any"
	}
	if g.r.IntN(3) == 0 {
		s += fmt.Sprintf(" (%s %d)", []string{">=", ">=", "=", "<<", "<=", ">>"}[g.r.IntN(6)], 1+g.r.IntN(2))
	}
	return s
}

type apt struct{ dir string }

func newApt(t *testing.T) *apt {
	if _, err := exec.LookPath("apt-get"); err != nil {
		t.Skip("skipped: no apt-get")
	}
	a := &apt{dir: t.TempDir()}
	for _, dir := range []string{"repo", "lists/partial", "cache/archives/partial", "etc/apt.conf.d", "etc/preferences.d", "etc/trusted.gpg.d", "etc/sources.list.d"} {
		if err := os.MkdirAll(filepath.Join(a.dir, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	a.write(t, "etc/sources.list", "deb [trusted=yes] copy:"+a.dir+"/repo ./\ndeb [trusted=yes] copy:"+a.dir+"/repo2 ./\n")
	a.write(t, "apt.conf", fmt.Sprintf(`Dir "%[1]s"; Dir::State "%[1]s"; Dir::State::lists "%[1]s/lists"; Dir::State::status "%[1]s/status";
Dir::Cache "%[1]s/cache"; Dir::Cache::pkgcache ""; Dir::Cache::srcpkgcache ""; Dir::Etc "%[1]s/etc"; Dir::Bin::dpkg "/usr/bin/dpkg";
APT::Architecture "arm64"; APT::Architectures { "arm64"; }; Debug::NoLocking "true";
`, a.dir))
	return a
}

func (a *apt) write(t *testing.T, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(a.dir, name), []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// ask returns apt's answer in the form of [answer], with what it removes from
// the base.
func (a *apt) ask(t *testing.T, c aptCase) string {
	t.Helper()
	a.write(t, "status", c.status)
	a.write(t, "lists/"+strings.ReplaceAll(a.dir, "/", "_")+"_repo_._Packages", c.packages)
	a.write(t, "lists/"+strings.ReplaceAll(a.dir, "/", "_")+"_repo2_._Packages", c.more)
	args := []string{"--print-uris", "-y", "-o", fmt.Sprintf("APT::Install-Recommends=%v", c.recommends), "install"}
	cmd := exec.CommandContext(context.Background(), "apt-get", append(args, strings.Fields(c.request)...)...)
	cmd.Env = append(os.Environ(), "APT_CONFIG="+filepath.Join(a.dir, "apt.conf"), "LC_ALL=C")
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return reading(string(out), err)
}

// reading makes an answer of what apt-get prints.
func reading(out string, err error) string {
	lists := map[string][]string{}
	at := ""
	for line := range strings.Lines(out) {
		switch {
		case strings.HasPrefix(line, "The following"):
			at = strings.TrimSpace(line)
		case strings.HasPrefix(line, "  "):
			lists[at] = append(lists[at], strings.Fields(line)...)
		case strings.HasPrefix(line, "'"):
			file := strings.Fields(line)[1]
			name, v, _ := strings.Cut(strings.TrimSuffix(file, ".deb"), "_")
			v, _, _ = strings.Cut(v, "_")
			kind := "NEW"
			if slices.Contains(lists["The following packages will be upgraded:"], name) {
				kind = "upgraded"
			}
			lists[kind] = append(lists[kind], name+"="+v)
		default:
			at = ""
		}
	}
	if removed := lists["The following packages will be REMOVED:"]; len(removed) > 0 {
		return "refused " + strings.Join(removed, " ")
	}
	if err != nil {
		return "100"
	}
	slices.Sort(lists["NEW"])
	slices.Sort(lists["upgraded"])
	return "0 | " + strings.Join(lists["NEW"], " ") + " | " + strings.Join(lists["upgraded"], " ")
}
