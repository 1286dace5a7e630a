package requirements_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assemble-image/assemble/wheels/requirements"
)

// A file is a lock, or leaves versions open, or is refused for what can't be
// read in it: that it pins nothing is a fault only among hashes.
func TestReadInput(t *testing.T) {
	for _, test := range []struct {
		name, text string
		pins       int
		open       bool
		problems   []requirements.Kind
	}{
		{name: "a lock", text: "a==1 --hash=" + hashA, pins: 1},
		{name: "nothing", text: "# nothing\n"},
		{name: "a range", text: "a>=1\n", open: true},
		{name: "a bare name with an extra", text: "a[x]\n", open: true},
		{name: "versions without hashes", text: "a==1\nb==2\n", open: true},
		{name: "a hash among ranges", text: "a>=1 --hash=" + hashA + "\nb==1\n", open: true},
		{name: "two lines of one project", text: "a>=1\na<2\n", open: true},
		{name: "two pins of one project", text: "a==1 --hash=" + hashA + "\na==2 --hash=" + hashA, problems: []requirements.Kind{requirements.KindDuplicate}},
		{name: "unreadable among ranges", text: "a>=1\n-e .\nb\n", problems: []requirements.Kind{requirements.KindEditable}},
		{name: "unreadable among hashes", text: "a>=1 --hash=" + hashA + "\n-e .\n", problems: []requirements.Kind{requirements.KindUnpinned, requirements.KindEditable}},
		{name: "hashes required", text: "--require-hashes\na\n./x\n", problems: []requirements.Kind{requirements.KindUnpinned, requirements.KindDirectory}},
		{name: "a range that doesn't hold", text: "a==1 --hash=" + hashA + "\nb>=1 ; os_name == 'nt'\n", pins: 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			w, err := requirements.ReadInput(t.Context(), "r.txt", files(map[string]string{"r.txt": test.text}), arm64, requirements.Options{}, requirements.LockOptions{})
			var kinds []requirements.Kind
			for _, p := range requirements.ListProblems(err) {
				kinds = append(kinds, p.Kind)
			}
			if diff := cmp.Diff(test.problems, kinds); diff != "" {
				t.Fatalf("%v: -want +got:\n%s", err, diff)
			}
			if err != nil {
				return
			}
			if len(w.Pins) != test.pins || (w.Unpinned != nil) != test.open {
				t.Errorf("%d pins, open %v", len(w.Pins), w.Unpinned)
			}
		})
	}
}

// FuzzReadInput holds that what is a lock for ReadPins is the same lock, and
// that a file is a lock, or open, or an error, and never two of these.
func FuzzReadInput(f *testing.F) {
	for _, text := range []string{"a==1 --hash=" + hashA, "a>=1", "a\n-e .\n", "--require-hashes\na[x]>=1 ; os_name == 'posix'", "a==1\na==2\n-c r.txt"} {
		f.Add(text, "r.txt")
		f.Add(text, "uv.lock")
	}
	f.Fuzz(func(t *testing.T, text, name string) {
		open := files(map[string]string{name: text})
		pins, lockErr := requirements.ReadPins(t.Context(), name, open, arm64, requirements.Options{}, requirements.LockOptions{})
		w, err := requirements.ReadInput(t.Context(), name, open, arm64, requirements.Options{}, requirements.LockOptions{})
		switch {
		case err != nil && (w != nil || lockErr == nil):
			t.Fatalf("%v beside %v, and as a lock %v", err, w, lockErr)
		case err != nil:
		case (w.Unpinned != nil) == (lockErr == nil):
			t.Fatalf("open %v, as a lock %v", w.Unpinned, lockErr)
		case w.Unpinned == nil && len(w.Pins) != len(pins):
			t.Fatalf("%d pins, not %d", len(w.Pins), len(pins))
		case w.Unpinned != nil && (len(w.Pins) > 0 || len(w.Unpinned.Requirements) == 0):
			t.Fatalf("open, with %d pins", len(w.Pins))
		}
	})
}
