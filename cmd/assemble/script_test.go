package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/assemble-image/assemble/internal/debs/debtest"
	"github.com/assemble-image/assemble/internal/embeddedbase"
	"github.com/assemble-image/assemble/internal/wheeltest"
	"github.com/assemble-image/assemble/manifest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"assemble": func() { os.Exit(Main(os.Args)) },
	})
}

// TestScripts drives the binary by the scripts in testdata/script; each is
// headed by the behaviour that it pins. Beside testscript's own commands they
// have those of scriptCommands.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setupScript,
		Cmds:                scriptCommands,
		Condition:           scriptCondition,
	})
}

// scriptCondition knows [tmpfs], whether small file systems can be mounted.
func scriptCondition(cond string) (bool, error) {
	if cond != "tmpfs" {
		return false, fmt.Errorf("unknown condition %q", cond)
	}
	dir, err := os.MkdirTemp("", "assemble-test-")
	if err != nil {
		return false, err
	}
	defer os.Remove(dir)
	unmount, err := mountSmall(dir, "64k")
	if err != nil {
		return false, nil
	}
	return true, unmount()
}

// setupScript gives each script a base, a registry and a cache of its own.
func setupScript(env *testscript.Env) error {
	faults := &faultyRegistry{stop: make(chan struct{}), next: registry.New(registry.Logger(log.New(io.Discard, "", 0)))}
	server := httptest.NewServer(faults)
	env.Defer(func() { close(faults.stop); server.Close() })
	env.Values["faults"] = faults
	env.Values["debs"] = &debSite{keys: map[string]*openpgp.Entity{}, archives: map[string]*debtest.Archive{}}
	if err := embeddedbase.WriteLayout(context.Background(), filepath.Join(env.WorkDir, "base")); err != nil {
		return err
	}
	env.Setenv("REGISTRY", strings.TrimPrefix(server.URL, "http://"))
	env.Setenv("ASSEMBLE_CACHE", filepath.Join(env.WorkDir, "cache"))
	env.Setenv("XDG_RUNTIME_DIR", filepath.Join(env.WorkDir, "run"))
	env.Setenv("CONTAINERD_ADDRESS", filepath.Join(env.WorkDir, "no.sock"))
	env.Setenv("COSIGN_PASSWORD", "script")
	env.Setenv("PIP_CONFIG_FILE", os.DevNull) // this machine's own settings
	env.Setenv("UV_NO_CONFIG", "1")
	env.Setenv("DOCKER_CONFIG", env.WorkDir)
	env.Setenv("TMPDIR", filepath.Join(env.WorkDir, "tmp"))
	return os.Mkdir(filepath.Join(env.WorkDir, "tmp"), 0o755)
}

var scriptCommands = map[string]func(*testscript.TestScript, bool, []string){
	// mkwheels DIR LOCK writes three small wheels and a lock that pins them.
	"mkwheels": func(ts *testscript.TestScript, _ bool, args []string) {
		ts.Check(makeWheels(ts.MkAbs(args[0]), ts.MkAbs(args[1])))
	},
	"mkwheel":   makeWheel,
	"copyimage": copyImage,
	"forget":    forget,
	"newlog":    newLog,
	"sameimage": sameImage,
	"hashed":    writeHashed,
	"image":     showImage,
	"artifacts": showArtifacts,
	"authority": makeAuthority,
	"files":     serveFiles,
	"mkelf":     makeELF,
	"packwheel": packWheel,
	// index DIR serves the wheels that are in DIR now as a package index at
	// $INDEX, with a page of links at $LINKS, both as seen with a password in
	// $SECRETINDEX and $SECRETLINKS.
	"index": func(ts *testscript.TestScript, _ bool, args []string) {
		server := httptest.NewServer(newIndex(ts, ts.MkAbs(args[0])))
		ts.Defer(server.Close)
		secret := strings.Replace(server.URL, "://", "://user:hushhush@", 1)
		ts.Setenv("INDEX", server.URL+"/simple")
		ts.Setenv("LINKS", server.URL+"/links.html")
		ts.Setenv("SECRETINDEX", secret+"/simple")
		ts.Setenv("SECRETLINKS", secret+"/links.html")
	},
	// embedded DIR [OPTION…] serves the embedded registry from DIR at $EMBEDDED.
	"embedded": serveEmbedded,
	// nopython DIR writes a base without Python.
	"nopython": func(ts *testscript.TestScript, _ bool, args []string) {
		img := embeddedbase.Image(embeddedbase.Options{WithoutPython: true})
		ts.Check(manifest.WriteLayout(context.Background(), ts.MkAbs(args[0]), img, manifest.LayoutOptions{}))
	},
	// layered DIR TREE [ENV…] writes a base with the files and links of TREE in
	// a layer on top, and more variables in its environment.
	"layered": func(ts *testscript.TestScript, _ bool, args []string) {
		files, err := readTree(ts.MkAbs(args[1]))
		ts.Check(err)
		img := embeddedbase.Image(embeddedbase.Options{Layers: [][]embeddedbase.File{files}, Env: args[2:]})
		ts.Check(manifest.WriteLayout(context.Background(), ts.MkAbs(args[0]), img, manifest.LayoutOptions{}))
	},
	// fault METHOD PATH STATUS [TIMES] lets the registry answer requests whose
	// path contains PATH with STATUS; "hang" instead of it never answers.
	"fault": func(ts *testscript.TestScript, _ bool, args []string) {
		ts.Value("faults").(*faultyRegistry).add(args)
	},
	// requests FILE writes the requests so far, a line each.
	"requests": func(ts *testscript.TestScript, _ bool, args []string) {
		log := ts.Value("faults").(*faultyRegistry).requests()
		ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(log), 0o644))
	},
	// waitfor FILE waits until the file exists.
	"waitfor": func(ts *testscript.TestScript, _ bool, args []string) {
		for range 200 {
			if _, err := os.Stat(ts.MkAbs(args[0])); err == nil {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
		ts.Fatalf("%s did not appear", args[0])
	},
	// hanging waits until a request hangs.
	"hanging": func(ts *testscript.TestScript, _ bool, _ []string) {
		select {
		case <-ts.Value("faults").(*faultyRegistry).hung():
		case <-time.After(20 * time.Second):
			ts.Fatalf("no request hangs")
		}
	},
	// interrupt sends SIGINT to the commands in the background.
	"interrupt": func(ts *testscript.TestScript, _ bool, _ []string) {
		for _, c := range ts.BackgroundCmds() {
			ts.Check(c.Process.Signal(syscall.SIGINT))
		}
	},
	// empty DIR fails unless the directory holds nothing.
	"empty": func(ts *testscript.TestScript, _ bool, args []string) {
		list, err := os.ReadDir(ts.MkAbs(args[0]))
		ts.Check(err)
		for _, e := range list {
			ts.Fatalf("%s holds %s", args[0], e.Name())
		}
	},
	// tmpfs DIR SIZE mounts a file system of that size, where [tmpfs] holds.
	"tmpfs": func(ts *testscript.TestScript, _ bool, args []string) {
		dir := ts.MkAbs(args[0])
		ts.Check(os.MkdirAll(dir, 0o700))
		unmount, err := mountSmall(dir, args[1])
		ts.Check(err)
		ts.Defer(func() { ts.Check(unmount()) })
	},
	"readme": readme,
	// commit DIR SECONDS commits nothing at that time to the branch main of the
	// repository in DIR, as git would.
	"commit": func(ts *testscript.TestScript, _ bool, args []string) {
		ts.Check(writeCommit(filepath.Join(ts.MkAbs(args[0]), ".git"), args[1]))
	},
	// flip FILE turns a bit in the middle of the file.
	"flip": func(ts *testscript.TestScript, _ bool, args []string) {
		path := ts.MkAbs(args[0])
		data, err := os.ReadFile(path)
		ts.Check(err)
		data[len(data)/2] ^= 1
		ts.Check(os.WriteFile(path, data, 0o644))
	},
}

// readTree lists a directory's files and links.
func readTree(dir string) ([]embeddedbase.File, error) {
	var files []embeddedbase.File
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		f := embeddedbase.File{}
		if f.Path, err = filepath.Rel(dir, path); err != nil {
			return err
		}
		if d.Type() == fs.ModeSymlink {
			f.Link, err = os.Readlink(path)
		} else {
			var data []byte
			data, err = os.ReadFile(path)
			f.Data = string(data)
			if info, ierr := d.Info(); ierr == nil && info.Mode()&0o100 != 0 {
				f.Mode = 0o755
			}
		}
		files = append(files, f)
		return err
	})
	return files, err
}

// makeWheels writes wheels of the kinds that matter: pure, with scripts, and
// for the platform.
func makeWheels(dir, lock string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	file := func(name, data string) wheeltest.File { return wheeltest.File{Name: name, Data: []byte(data)} }
	var pins strings.Builder
	for _, w := range []wheeltest.Wheel{
		{
			Name: "greet", Version: "1.2.0", EntryPoints: "[console_scripts]\ngreet = greet:main\n",
			Metadata: "Requires-Dist: shout>=2\n", Files: []wheeltest.File{file("greet/__init__.py", "def main():\n    print('hi')\n")},
		},
		{Name: "shout", Version: "2.0", Files: []wheeltest.File{file("shout.py", strings.Repeat("LOUD = True\n", 400))}},
		{
			Name: "native", Version: "0.1", Tag: "cp310-cp310-manylinux_2_17_aarch64", Platlib: true,
			Files: []wheeltest.File{file("native/_c.so", strings.Repeat("\x7fELF", 1000))},
		},
	} {
		data := w.Bytes()
		if err := os.WriteFile(filepath.Join(dir, w.Filename()), data, 0o644); err != nil {
			return err
		}
		fmt.Fprintf(&pins, "%s==%s \\\n    --hash=sha256:%x\n", w.Name, w.Version, sha256.Sum256(data))
	}
	return os.WriteFile(lock, []byte(pins.String()), 0o644)
}

// faultyRegistry is a registry that can be told to fail, and that remembers
// what it was asked.
type faultyRegistry struct {
	next http.Handler

	mu     sync.Mutex
	faults []*fault
	log    []string
	hangs  chan struct{}
	stop   chan struct{} // closed when the script is over
}

type fault struct {
	method, path string
	status       int // 0 hangs
	times        int
}

func (r *faultyRegistry) add(args []string) {
	f := &fault{method: args[0], path: args[1], times: 1 << 30}
	if args[2] != "hang" {
		fmt.Sscan(args[2], &f.status)
	}
	if len(args) > 3 {
		fmt.Sscan(args[3], &f.times)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults = append(r.faults, f)
}

func (r *faultyRegistry) requests() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.log, "\n") + "\n"
}

// hung is closed once a request hangs.
func (r *faultyRegistry) hung() chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.hangs == nil {
		r.hangs = make(chan struct{})
	}
	return r.hangs
}

func (r *faultyRegistry) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	f := r.match(req)
	switch {
	case f == nil:
		r.next.ServeHTTP(w, req)
	case f.status == 0:
		ch := r.hung()
		select {
		case <-ch:
		default:
			close(ch)
		}
		// The server notices that the client has gone once the body is read.
		_, _ = io.Copy(io.Discard, req.Body)
		select {
		case <-req.Context().Done():
		case <-r.stop:
		}
	default:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(f.status)
		fmt.Fprintf(w, `{"errors":[{"code":"TEST","message":"told to answer %d"}]}`, f.status)
	}
}

func (r *faultyRegistry) match(req *http.Request) *fault {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log = append(r.log, req.Method+" "+req.URL.Path)
	for _, f := range r.faults {
		if f.times > 0 && f.method == req.Method && strings.Contains(req.URL.Path, f.path) {
			f.times--
			return f
		}
	}
	return nil
}
