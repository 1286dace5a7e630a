package wheels_test

import (
	"bufio"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/internal/wheeltest"
	"github.com/assemble-image/assemble/layers"
	"github.com/assemble-image/assemble/wheels"
)

// pipResult is one line of testdata/pip_install.py.
type pipResult struct {
	Pip, Wheel, Error string
	Files             []pipFile
}

type pipFile struct {
	Path   string
	Mode   uint32
	SHA256 string
	Text   string
}

// TestPip compares what is installed with what pip installs: path, mode and
// content of every file; RECORD by what it says, wrappers by what they run. The
// one difference on purpose is [unmarked].
//
// ASSEMBLE_PIP names a CPython 3.10 outside of any virtual environment that
// can import pip, ASSEMBLE_WHEELS a directory of wheels to add to those made
// here.
func TestPip(t *testing.T) {
	python := os.Getenv("ASSEMBLE_PIP")
	if python == "" {
		t.Skip("ASSEMBLE_PIP is not set")
	}
	paths := madeWheels(t)
	if os.Getenv("ASSEMBLE_WHEELS") != "" {
		paths = append(paths, seedWheels(t)...)
	}
	cmd := exec.CommandContext(t.Context(), python, append([]string{filepath.Join("testdata", "pip_install.py"), t.TempDir()}, paths...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r, files := bufio.NewReader(out), 0
	for _, path := range paths {
		line, err := r.ReadBytes('\n')
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		var want pipResult
		if err := json.Unmarshal(line, &want); err != nil {
			t.Fatal(err)
		}
		files += comparePip(t, path, want)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	t.Logf("%d files of %d wheels", files, len(paths))
}

// madeWheels writes wheels with every scheme and every trap that pip has an
// answer to.
func madeWheels(t *testing.T) []string {
	t.Helper()
	dir := t.TempDir()
	var paths []string
	for _, w := range installWheels() {
		paths = append(paths, w.wheel.Write(t, dir))
	}
	return append(paths, wheeltest.Wheel{Name: unmarked, Version: "1.0", Files: []file{
		{Name: unmarked + "-1.0.data/scripts/tool", Data: []byte("#!python\nprint()\n"), Unix: 0o100644},
		{Name: unmarked + "-1.0.data/scripts/binary", Data: []byte("\x7fELF"), Local: fat, Central: fat},
	}}.Write(t, dir))
}

// unmarked is a wheel whose scripts no bit of the archive says to be
// executable, as where it was made on Windows. The specification of wheels says
// to add the bit; pip doesn't.
const unmarked = "unmarked"

func comparePip(t *testing.T, file string, want pipResult) int {
	t.Helper()
	w, err := wheels.Open(file, wheels.Options{})
	if err != nil {
		t.Error(err)
		return 0
	}
	if want.Error != "" {
		t.Errorf("pip %s does not install %s: %s", want.Pip, want.Wheel, want.Error)
		return 0
	}
	entries, err := w.Entries(image)
	if err != nil {
		t.Error(err)
		return 0
	}
	got := make(map[string]layers.Entry, len(entries))
	for _, e := range entries {
		got[e.Path] = e
	}
	for _, f := range want.Files {
		e, ok := got[f.Path]
		if !ok {
			t.Errorf("%s: pip writes %s", want.Wheel, f.Path)
			continue
		}
		delete(got, f.Path)
		if strings.HasPrefix(want.Wheel, unmarked+"-") && strings.HasPrefix(f.Path, image.Scripts) {
			if e.Mode != 0o755 || f.Mode != 0o644 {
				t.Errorf("%s: %s: mode %o, pip's is %o: not the difference that we know of", want.Wheel, f.Path, e.Mode, f.Mode)
			}
		} else if mode := uint32(e.Mode); mode != f.Mode {
			t.Errorf("%s: %s: mode %o, pip's is %o", want.Wheel, f.Path, mode, f.Mode)
		}
		comparePipContent(t, want.Wheel, f, e)
	}
	for path := range got {
		t.Errorf("%s: pip does not write %s", want.Wheel, path)
	}
	return len(want.Files)
}

func comparePipContent(t *testing.T, wheel string, f pipFile, e layers.Entry) {
	t.Helper()
	if hex.EncodeToString(e.SHA256) == f.SHA256 {
		return
	}
	switch {
	case path.Base(f.Path) == "INSTALLER":
	case path.Base(f.Path) == "RECORD":
		if diff := cmp.Diff(recordRows(t, f.Text), recordRows(t, string(e.Data))); diff != "" {
			t.Errorf("%s: RECORD differs (-pip +ours):\n%s", wheel, diff)
		}
	case f.Text != "":
		if diff := cmp.Diff(whatRuns(f.Text), whatRuns(string(e.Data))); diff != "" {
			t.Errorf("%s: %s differs (-pip +ours):\n%s", wheel, f.Path, diff)
		}
	default:
		t.Errorf("%s: %s: another content than pip's", wheel, f.Path)
	}
}

// recordRows returns a RECORD's rows by path. Digests that differ for a reason
// are left out (INSTALLER, signatures, which pip gives none, and wrappers), and
// so are rows of pip's for scripts of .data that it did not install.
func recordRows(t *testing.T, text string) map[string]string {
	t.Helper()
	r := csv.NewReader(strings.NewReader(text))
	rows := make(map[string]string)
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows
		}
		if err != nil || len(row) != 3 {
			t.Fatalf("RECORD: %v %v", row, err)
		}
		base := path.Base(row[0])
		if strings.Contains(row[0], ".data/scripts/") {
			continue
		}
		if strings.Contains(row[0], "/bin/") || base == "INSTALLER" || base == "RECORD.jws" {
			row = []string{row[0], "", ""}
		}
		rows[row[0]] = row[1] + "," + row[2]
	}
}

// whatRuns returns the lines of a wrapper that pip's versions agree about: the
// interpreter, what is imported and what is called.
func whatRuns(script string) []string {
	var runs []string
	for line := range strings.Lines(script) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "#!") || strings.HasPrefix(line, "from ") || strings.HasPrefix(line, "sys.exit") {
			runs = append(runs, line)
		}
	}
	return runs
}
