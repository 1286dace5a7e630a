package git

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// runGit runs the real git, with a configuration of the test's own.
func runGit(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(),
		"GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "HOME="+t.TempDir(),
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=c", "GIT_COMMITTER_EMAIL=c@example.com")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// TestAgainstGit holds what is read against what git says, in repositories that
// git made, packed, cloned and linked.
func TestAgainstGit(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("skipped: no git")
	}
	for _, format := range []string{"sha1", "sha256"} {
		t.Run(format, func(t *testing.T) {
			top := t.TempDir()
			dir := filepath.Join(top, "repo")
			runGit(t, top, "init", "-q", "-b", "main", "--object-format="+format, dir)
			same := func(dir string) {
				t.Helper()
				want := runGit(t, dir, "log", "-1", "--format=%H %ct")
				c, err := Head(dir)
				if err != nil {
					t.Fatal(err)
				}
				if got := c.ID + " " + seconds(dir); got != want {
					t.Errorf("%s, git says %s", got, want)
				}
			}
			message := strings.Repeat("a long message that most commits share, so that deltas pay\n", 30)
			for i := range 30 {
				t.Setenv("GIT_COMMITTER_DATE", "170000000"+string(rune('0'+i%10))+" +0200")
				runGit(t, dir, "commit", "-q", "--allow-empty", "-m", message+strings.Repeat("x", i))
			}
			same(dir)
			runGit(t, dir, "checkout", "-q", "HEAD~3")
			same(dir)
			runGit(t, dir, "gc", "-q", "--aggressive", "--prune=now")
			for range 20 {
				same(dir)
				runGit(t, dir, "checkout", "-q", "HEAD~1")
			}
			runGit(t, dir, "checkout", "-q", "main")
			same(dir)
			linked := filepath.Join(top, "linked")
			runGit(t, dir, "worktree", "add", "-q", "-b", "side", linked, "main~5")
			same(linked)
			shallow := filepath.Join(top, "shallow")
			runGit(t, top, "clone", "-q", "--depth=1", "file://"+dir, shallow)
			same(shallow)
			shared := filepath.Join(top, "shared")
			runGit(t, top, "clone", "-q", "--shared", dir, shared)
			same(shared)
		})
	}
}
