package smoke

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/client"
	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// The tests of this file run in a real containerd. They want two variables:
// ASSEMBLE_CONTAINERD, its socket, and ASSEMBLE_BASE, an OCI layout with a
// Python image (e2e/containerd.sh and e2e/base.sh make both).

const liveNamespace = "assemble-live-test"

const serverScript = `
import http.server, os, signal, sys
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/health" else 503)
        self.end_headers()
        self.wfile.write(("%d %d %s %s" % (os.getuid(), os.getgid(), os.getgroups(), os.environ.get("GREETING"))).encode())
    def log_message(self, *a): pass
signal.signal(signal.SIGTERM, lambda *a: sys.exit(7))
print("serving as", os.getuid(), os.getgid(), sorted(os.getgroups()), os.environ.get("GREETING"), os.environ["HOME"], flush=True)
http.server.HTTPServer(("127.0.0.1", 8000), H).serve_forever()
`

func liveBase(t *testing.T) v1.Image {
	t.Helper()
	dir := os.Getenv("ASSEMBLE_BASE")
	if os.Getenv("ASSEMBLE_CONTAINERD") == "" || dir == "" {
		t.Skip("ASSEMBLE_CONTAINERD and ASSEMBLE_BASE name no containerd and no base image")
	}
	index, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil || len(manifest.Manifests) == 0 {
		t.Fatalf("no image in %q: %v", dir, err)
	}
	img, err := index.Image(manifest.Manifests[0].Digest)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// liveImage puts files on top of the base, and a user that owns nothing.
func liveImage(t *testing.T, entrypoint []string, files map[string]string) v1.Image {
	t.Helper()
	base := liveBase(t)
	all := map[string]string{
		"etc/passwd": "root:x:0:0:root:/root:/bin/sh\nappuser:x:1000:1000::/app:/bin/sh\n",
		"etc/group":  "root:x:0:\nappuser:x:1000:\nvideo:x:44:appuser\n",
	}
	for name, text := range files {
		all[name] = text
	}
	var buf bytes.Buffer
	tw := tar.NewWriter(&buf)
	for name, text := range all {
		if err := tw.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(tw, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := tw.Close(); err != nil {
		t.Fatal(err)
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(buf.Bytes())), nil
	}, tarball.WithMediaType(types.OCILayer))
	if err != nil {
		t.Fatal(err)
	}
	img, err := mutate.AppendLayers(base, layer)
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	cfg = cfg.DeepCopy()
	cfg.Config.Entrypoint, cfg.Config.Cmd = entrypoint, nil
	cfg.Config.User, cfg.Config.WorkingDir = "appuser", "/app"
	img, err = mutate.ConfigFile(img, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func liveOptions() Options {
	return Options{
		Address: os.Getenv("ASSEMBLE_CONTAINERD"), Namespace: liveNamespace, Name: "live test",
		HTTP: &HTTPProbe{Port: 8000, Path: "/health"}, Timeout: time.Minute, StopTimeout: 10 * time.Second,
	}
}

// nothingLeft fails the test when the namespace holds anything.
func nothingLeft(t *testing.T) {
	t.Helper()
	c, err := client.New(os.Getenv("ASSEMBLE_CONTAINERD"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx := namespaces.WithNamespace(context.Background(), liveNamespace)
	if left := everything(ctx, t, c); len(left) > 0 {
		t.Errorf("left behind: %s", strings.Join(left, ", "))
	}
	entries, _ := os.ReadDir(fifoRoot())
	for _, entry := range entries {
		// Another program's run may be on its way.
		if strings.Contains(entry.Name(), fmt.Sprintf("+%d+", os.Getpid())) {
			t.Errorf("left behind: pipes %q", entry.Name())
		}
	}
}

// settle waits while containerd collects what a cancelled run could not wait
// for: on a loaded machine that takes longer than a user waits.
func settle(t *testing.T) {
	t.Helper()
	c, err := client.New(os.Getenv("ASSEMBLE_CONTAINERD"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx := namespaces.WithNamespace(context.Background(), liveNamespace)
	for range 100 {
		if len(everything(ctx, t, c)) == 0 {
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
}

func everything(ctx context.Context, t *testing.T, c *client.Client) []string {
	t.Helper()
	var left []string
	boxes, err := c.Containers(ctx)
	for _, b := range boxes {
		left = append(left, "container "+b.ID())
	}
	held, err2 := c.LeasesService().List(ctx)
	for _, l := range held {
		left = append(left, "lease "+l.ID)
	}
	images, err3 := c.ListImages(ctx)
	for _, i := range images {
		left = append(left, "image "+i.Name())
	}
	err4 := c.ContentStore().Walk(ctx, func(i content.Info) error {
		left = append(left, "blob "+i.Digest.String())
		return nil
	})
	statuses, err5 := c.ContentStore().ListStatuses(ctx)
	for _, s := range statuses {
		left = append(left, "half-written "+s.Ref)
	}
	errs := []error{err, err2, err3, err4, err5}
	for _, sn := range []string{"overlayfs", "native"} {
		errs = append(errs, c.SnapshotService(sn).Walk(ctx, func(_ context.Context, i snapshots.Info) error {
			left = append(left, "snapshot "+i.Name)
			return nil
		}))
	}
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	return left
}

func TestLiveHealthy(t *testing.T) {
	img := liveImage(t, []string{"python3", "/app/server.py"}, map[string]string{"app/server.py": serverScript})
	opt := liveOptions()
	opt.Env = []string{"GREETING=hello"}
	opt.Imports = []string{"json", "no_such_module_here", "ctypes"}
	opt.Memory, opt.ReadOnly = 256<<20, true
	res, err := Run(t.Context(), img, opt)
	nothingLeft(t)
	imports, ok := errors.AsType[*ImportError](err)
	if !ok || len(imports.Failed) != 1 || imports.Failed[0].Module != "no_such_module_here" {
		t.Fatalf("error %v, want an ImportError for one module", err)
	}
	if !res.HTTP.Healthy || res.HTTP.Status != http.StatusOK || len(res.Imports) != 3 || res.Imports[2].Error != "" {
		t.Errorf("result %+v, HTTP %+v", res, res.HTTP)
	}
	if want := "serving as 1000 1000 [44, 1000] hello /app"; !strings.Contains(res.Log, want) && !strings.Contains(res.Log, "serving as 1000 1000 [44] hello /app") {
		t.Errorf("log %q lacks %q", res.Log, want)
	}
	if len(res.Notes) > 0 {
		t.Logf("notes: %q", res.Notes)
	}
}

func TestLiveStops(t *testing.T) {
	img := liveImage(t, []string{"python3", "/app/server.py"}, map[string]string{"app/server.py": serverScript})
	opt := liveOptions()
	var events []Event
	begin := time.Now()
	opt.Progress = func(e Event) {
		if len(events) == 0 || events[len(events)-1].Stage != e.Stage {
			t.Logf("%s: %s", time.Since(begin).Round(time.Millisecond), e.Stage)
		}
		events = append(events, e)
	}
	res, err := Run(t.Context(), img, opt)
	t.Logf("%s: end", time.Since(begin).Round(time.Millisecond))
	nothingLeft(t)
	if err != nil {
		t.Fatal(err)
	}
	if res.Stop == nil || res.Stop.Code != 7 || res.Stop.Killed || res.Stop.Signal != "SIGTERM" {
		t.Errorf("stop %+v, want status 7 from the handler of SIGTERM", res.Stop)
	}
	t.Logf("ingest %s, unpack %s, start %s, healthy after %s in %d attempts, stop %s, server %s, %d events",
		round(res.Ingest), round(res.Unpack), round(res.Start), round(res.HTTP.After), res.HTTP.Attempts, round(res.Stop.Wall), res.Server, len(events))
}

func TestLiveExits(t *testing.T) {
	img := liveImage(t, []string{"python3", "-c", "import sys; print('no database'); sys.exit(3)"}, nil)
	begin := time.Now()
	res, err := Run(t.Context(), img, liveOptions())
	nothingLeft(t)
	exited, ok := errors.AsType[*ContainerExitedError](err)
	if !ok || exited.Code != 3 || !strings.Contains(exited.Log, "no database") {
		t.Fatalf("error %#v, want status 3 with a log", err)
	}
	if res.HTTP.Healthy || time.Since(begin) > 30*time.Second {
		t.Errorf("healthy %v after %s", res.HTTP.Healthy, time.Since(begin))
	}
}

func TestLiveNeverHealthy(t *testing.T) {
	img := liveImage(t, []string{"python3", "/app/server.py"}, map[string]string{"app/server.py": serverScript})
	opt := liveOptions()
	opt.HTTP.Path, opt.Timeout = "/sick", 20*time.Second
	_, err := Run(t.Context(), img, opt)
	nothingLeft(t)
	sick, ok := errors.AsType[*UnhealthyError](err)
	if !ok || sick.Status != http.StatusServiceUnavailable {
		t.Fatalf("error %v, want an UnhealthyError with status 503", err)
	}
}

func TestLiveStartError(t *testing.T) {
	_, err := Run(t.Context(), liveImage(t, []string{"/no/such/program"}, nil), liveOptions())
	nothingLeft(t)
	if _, ok := errors.AsType[*UnavailableError](err); err == nil || ok {
		t.Fatalf("error %v, want the image's fault", err)
	}
	t.Log(err)
}

func TestLiveCommand(t *testing.T) {
	img := liveImage(t, []string{"python3", "/app/server.py"}, map[string]string{"app/server.py": serverScript})
	opt := liveOptions()
	// It asks the entrypoint's server, which only runs in the same container.
	opt.HTTP, opt.Command = nil, []string{"python3", "-c", "import os, urllib.request as u; print(os.getcwd(), u.urlopen('http://localhost:8000/health').status)"}
	opt.Imports = []string{"os", "faulthandler_that_is_missing", "json"}
	res, err := Run(t.Context(), img, opt)
	nothingLeft(t)
	if _, ok := errors.AsType[*ImportError](err); !ok || res.Command.Code != 0 || !strings.Contains(res.Log, "/app 200") {
		t.Fatalf("error %v, command %+v, log %q", err, res.Command, res.Log)
	}
	opt.Command = []string{"python3", "-c", "x = bytearray(300 << 20)"}
	opt.Imports, opt.Memory = nil, 64<<20
	res, err = Run(t.Context(), img, opt)
	nothingLeft(t)
	exited, ok := errors.AsType[*ContainerExitedError](err)
	if !ok || exited.Code == 0 {
		t.Fatalf("error %v, want a failed command; notes %q", err, res.Notes)
	}
	t.Log(err, res.Notes)
}

func TestLiveCrashingImport(t *testing.T) {
	img := liveImage(t, []string{"true"}, map[string]string{"app/crash.py": "import os; os.abort()", "app/fine.py": "print('noise')"})
	opt := liveOptions()
	opt.HTTP, opt.Imports = nil, []string{"fine", "crash", "json"}
	res, err := Run(t.Context(), img, opt)
	nothingLeft(t)
	failed, ok := errors.AsType[*ImportError](err)
	if !ok || len(failed.Failed) != 1 || failed.Failed[0].Module != "crash" || len(res.Imports) != 3 {
		t.Fatalf("error %v, imports %+v", err, res)
	}
	t.Log(err)
}

func TestLiveProbesInside(t *testing.T) {
	img := liveImage(t, []string{"python3", "/app/server.py"}, map[string]string{"app/server.py": serverScript})
	opt, err := liveOptions().withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	r := &run{id: newID(), opt: opt, img: img, log: newTail(opt.LogBytes)}
	if err := r.inspect(); err != nil {
		t.Fatal(err)
	}
	if r.server, err = connect(t.Context(), opt); err != nil {
		t.Fatal(err)
	}
	defer r.server.Close()
	ctx := namespaces.WithNamespace(t.Context(), liveNamespace)
	lease, err := r.server.LeasesService().Create(ctx, leases.WithID(r.id))
	if err != nil {
		t.Fatal(err)
	}
	ctx = leases.WithLease(ctx, lease.ID)
	defer nothingLeft(t)
	defer func() { _ = r.cleanup(ctx) }()
	if err := r.load(ctx); err != nil {
		t.Fatal(err)
	}
	c, err := r.start(ctx, "inside", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.close(ctx) }()
	res := &HTTPResult{}
	if err := poll(ctx, c.done, c.probeInside, http.StatusOK, res, opt.Progress); err != nil || !res.Healthy {
		t.Fatalf("probing inside: %v, %+v", err, res)
	}
}

// TestLiveCancelled breaks a run off at every stage in turn.
func TestLiveCancelled(t *testing.T) {
	img := liveImage(t, []string{"python3", "/app/server.py"}, map[string]string{"app/server.py": serverScript})
	for _, stage := range []Stage{StageSweep, StageIngest, StageUnpack, StageStart, StageProbe, StageImport, StageStop} {
		t.Run(string(stage), func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			opt := liveOptions()
			opt.Imports = []string{"asyncio"}
			var at time.Time
			opt.Progress = func(e Event) {
				if e.Stage == stage && at.IsZero() {
					at = time.Now()
					cancel()
				}
			}
			_, err := Run(ctx, img, opt)
			if !errors.Is(err, context.Canceled) {
				t.Errorf("error %v, want cancelled", err)
			}
			took := time.Since(at)
			if took > 5*time.Second {
				t.Errorf("took %s to end", took)
			}
			settle(t)
			t.Logf("ended after %s, all gone after %s: %v", round(took), round(time.Since(at)), err)
			nothingLeft(t)
		})
	}
}

// sweepNow removes what killed runs left behind.
func sweepNow(t *testing.T) (int, error) {
	t.Helper()
	s, err := connect(t.Context(), liveOptions())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	return s.sweep(namespaces.WithNamespace(t.Context(), liveNamespace), self(), time.Now())
}

// TestLiveKilled kills a process in the middle of a run; the next run's sweep
// has to find everything.
func TestLiveKilled(t *testing.T) {
	if os.Getenv("ASSEMBLE_SMOKE_CHILD") != "" {
		img := liveImage(t, []string{"python3", "/app/server.py"}, map[string]string{"app/server.py": serverScript})
		opt := liveOptions()
		opt.HTTP.Path = "/sick"
		opt.Progress = func(e Event) { fmt.Println("stage", e.Stage) }
		_, _ = Run(t.Context(), img, opt)
		return
	}
	liveBase(t)
	for _, stage := range []Stage{StageIngest, StageUnpack, StageProbe} {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=TestLiveKilled$", "-test.v")
		cmd.Env = append(os.Environ(), "ASSEMBLE_SMOKE_CHILD=1")
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var seen []byte
		for b := make([]byte, 4096); !bytes.Contains(seen, []byte("stage "+stage)); {
			n, err := out.Read(b)
			if err != nil {
				t.Fatalf("child ended before stage %s: %s", stage, seen)
			}
			seen = append(seen, b[:n]...)
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		n, err := sweepNow(t)
		if err != nil || n != 1 {
			t.Errorf("%s: swept %d runs, %v; want 1", stage, n, err)
		}
		nothingLeft(t)
	}
}
