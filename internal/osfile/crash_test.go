//go:build linux || darwin

package osfile_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/assemble-image/assemble/internal/osfile"
)

// The test binary runs itself as a writer of the file that this variable names:
// one that begins and waits to be killed, or one that runs into a full disk.
const (
	writerPath = "ASSEMBLE_TEST_WRITER"
	writerFull = "ASSEMBLE_TEST_FULL"
)

func TestMain(m *testing.M) {
	path := os.Getenv(writerPath)
	if path == "" {
		os.Exit(m.Run())
	}
	if err := writer(path, os.Getenv(writerFull) != ""); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(0)
}

func writer(path string, full bool) error {
	if full { // a limit for the size of files stands for it
		signal.Ignore(syscall.SIGXFSZ)
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 100, Max: 100}); err != nil {
			return err
		}
		data := make([]byte, 1000)
		return errors.Join(
			osfile.Replace(path, osfile.Bytes(data), osfile.Options{}),
			osfile.WriteNew(path+"-new", data, 0o600),
		)
	}
	return osfile.Replace(path, func(w io.Writer) error {
		_, err := io.WriteString(w, "half")
		fmt.Println("begun")
		time.Sleep(time.Minute)
		return err
	}, osfile.Options{})
}

func command(t *testing.T, path, full string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	must(t, err)
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), writerPath+"="+path, writerFull+"="+full)
	return cmd
}

// begin starts a writer that is in the midst of a file.
func begin(t *testing.T, path string) *exec.Cmd {
	t.Helper()
	cmd := command(t, path, "")
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	_, err = out.Read(make([]byte, 1))
	must(t, err)
	return cmd
}

func TestLeftoversGoByTheirLockNotTheirAge(t *testing.T) {
	dir := t.TempDir()
	path := write(t, filepath.Join(dir, "f"), "old")
	dead, alive := begin(t, path), begin(t, path)
	must(t, dead.Process.Kill())
	_ = dead.Wait() // it was killed
	temps := leftovers(t, dir)
	if len(temps) != 2 {
		t.Fatalf("there are %q", temps)
	}
	long := time.Now().Add(-1000 * time.Hour)
	for _, name := range temps { // the age says nothing
		must(t, os.Chtimes(filepath.Join(dir, name), long, long))
	}
	must(t, osfile.WriteNew(filepath.Join(dir, "other"), nil, 0o600))
	if n := len(leftovers(t, dir)); n != 2 {
		t.Errorf("a writer of another file left %d of 2", n)
	}
	must(t, osfile.Replace(path, osfile.Bytes([]byte("new")), osfile.Options{}))
	if n := len(leftovers(t, dir)); n != 1 {
		t.Errorf("%d are left, want that of the writer that lives", n)
	}
	must(t, alive.Process.Kill())
	_ = alive.Wait() // it was killed
	osfile.Sweep(dir, osfile.TempPrefix)
	checkContent(t, path, "new", "other")
}

func leftovers(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), osfile.TempPrefix) {
			names = append(names, e.Name())
		}
	}
	return names
}

func TestAFullDiskLeavesWhatIsThere(t *testing.T) {
	path := write(t, filepath.Join(t.TempDir(), "f"), "old")
	out, err := command(t, path, "full").Output()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Fatalf("the writer ended with %v: %s", err, out)
	}
	if strings.Count(string(out), "file too large") != 2 || strings.Contains(string(out), osfile.TempPrefix) {
		t.Errorf("the errors are %q", out)
	}
	checkContent(t, path, "old")
}

// A sweep that runs all the time takes no file away from its writer.
func TestWritersAndSweeps(t *testing.T) {
	dir := t.TempDir()
	done := make(chan struct{})
	var sweeps, writers sync.WaitGroup
	sweeps.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				osfile.Sweep(dir, osfile.TempPrefix)
			}
		}
	})
	for i := range 4 {
		writers.Go(func() {
			for n := range 50 {
				path := filepath.Join(dir, fmt.Sprint(i))
				if err := osfile.Replace(path, osfile.Bytes([]byte(fmt.Sprint(n))), osfile.Options{Batch: true}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	close(done)
	sweeps.Wait()
	for i := range 4 {
		checkContent(t, filepath.Join(dir, fmt.Sprint(i)), "49", "0", "1", "2", "3")
	}
}
