//go:build unix

package cache

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// writerEnv makes the test binary a writer that never ends by itself.
const writerEnv = "ASSEMBLE_CACHE_TEST_WRITER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(writerEnv); dir != "" {
		if err := writeForever(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// content is what the writer puts in generation i: it tells by itself whether
// it is whole.
func content(i int) string {
	return strings.Repeat(fmt.Sprintf("%08d", i), 1000+i%700)
}

func whole(s string) bool {
	if len(s) < 8 || len(s)%8 != 0 {
		return false
	}
	var i int
	if _, err := fmt.Sscanf(s[:8], "%d", &i); err != nil {
		return false
	}
	return s == content(i)
}

func writeForever(dir string) error {
	c, err := Open(dir, Options{MaxBytes: 1 << 20})
	if err != nil {
		return err
	}
	fmt.Println("ready")
	for i := 0; ; i++ {
		if err := c.Put("k", fmt.Sprint(i%7), []byte(content(i))); err != nil {
			return err
		}
		f, err := c.TempFile()
		if err != nil {
			return err
		}
		if _, err := f.WriteString(content(i)); err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
		if _, err := c.AddFile("f", fmt.Sprint(i%3), f.Name()); err != nil {
			return err
		}
		if i%20 == 19 {
			if _, err := c.Prune(1<<16, 0); err != nil {
				return err
			}
		}
	}
}

// TestKill kills writers at any point, two at a time, and looks at what is
// left: each entry is an old one, a new one, or none, and nothing piles up.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	rounds := 12
	if testing.Short() {
		rounds = 4
	}
	for round := range rounds {
		a, b := startWriter(t, dir), startWriter(t, dir)
		time.Sleep(time.Duration(1+round*17%60) * time.Millisecond)
		kill(t, a)
		checkCache(t, dir)
		kill(t, b)
		checkCache(t, dir)
	}
	c, _ := open(t, dir, Options{})
	p, err := c.Prune(-1, 0)
	if err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(c.Dir() + "/" + tmpDir)
	if err != nil || len(left) != 1 {
		t.Errorf("left in tmp: %v, %v", left, err)
	}
	t.Logf("%+v", p)
	records, err := readDir(c.records)
	if err != nil {
		t.Fatal(err)
	}
	files, err := readDir(c.files)
	if err != nil {
		t.Fatal(err)
	}
	if len(records) > 10 || len(files) > 3 {
		t.Errorf("%d records and %d files are left", len(records), len(files))
	}
}

func startWriter(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), writerEnv+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("the writer says %q, %v", line, err)
	}
	return cmd
}

func kill(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil || cmd.ProcessState.Exited() {
		t.Errorf("the writer ended by itself: %v", err)
	}
}

func checkCache(t *testing.T, dir string) {
	t.Helper()
	c, notes := open(t, dir, Options{MaxBytes: -1})
	for i := range 7 {
		if b, ok := c.Get("k", fmt.Sprint(i)); ok && !whole(string(b)) {
			t.Errorf("record %d is torn: %d bytes", i, len(b))
		}
	}
	for i := range 3 {
		path, ok := c.File("f", fmt.Sprint(i))
		if !ok {
			continue
		}
		b, err := os.ReadFile(path)
		if err == nil && !whole(string(b)) {
			t.Errorf("file %d is torn: %d bytes", i, len(b))
		}
	}
	// The other writer may replace a file between two looks at it.
	for _, n := range *notes {
		if !strings.Contains(n, "damaged file") {
			t.Errorf("note: %s", n)
		}
	}
}
