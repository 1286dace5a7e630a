package smoke

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// Live tests of what the entrypoint must do beside answering; see live_test.go.

const onceScript = `
import http.server
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", 8000), H).handle_request()
`

func TestLiveAnswersOnce(t *testing.T) {
	for name, after := range map[string]string{"and exits": "", "and hangs": "import time; time.sleep(600)"} {
		t.Run(name, func(t *testing.T) {
			img := liveImage(t, []string{"python3", "/app/once.py"}, map[string]string{"app/once.py": onceScript + after})
			opt := liveOptions()
			opt.Timeout = 40 * time.Second
			res, err := Run(t.Context(), img, opt)
			nothingLeft(t)
			exited, ok := errors.AsType[*ContainerExitedError](err)
			if after == "" && (!ok || exited.Code != 0 || !strings.Contains(err.Error(), "must stay up")) {
				t.Errorf("error %v, want that it exited with 0", err)
			}
			if _, ok := errors.AsType[*UnhealthyError](err); after != "" && !ok {
				t.Errorf("error %v, want that it isn't healthy", err)
			}
			if res.HTTP.Healthy {
				t.Error("it counts as healthy")
			}
		})
	}
}

func TestLiveIgnoresSIGTERM(t *testing.T) {
	script := "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + strings.Replace(serverScript, "signal.signal", "(lambda *a: 0)", 1)
	img := liveImage(t, []string{"python3", "/app/server.py"}, map[string]string{"app/server.py": script})
	opt := liveOptions()
	opt.StopTimeout = 2 * time.Second
	res, err := Run(t.Context(), img, opt)
	nothingLeft(t)
	if err != nil || !res.Stop.Killed || !strings.Contains(strings.Join(res.Notes, "\n"), "did not stop within 2s of SIGTERM and was killed") {
		t.Errorf("error %v, stop %+v, notes %q", err, res.Stop, res.Notes)
	}
}

// TestLiveEntrypointIsStarted: no command and no import passes where the
// entrypoint can't be started, or fails.
func TestLiveEntrypointIsStarted(t *testing.T) {
	for _, entrypoint := range [][]string{{"/no/such/program"}, {"python3", "/app/missing.py"}} {
		img := liveImage(t, entrypoint, nil)
		for _, set := range []func(*Options){
			func(o *Options) { o.Command = []string{"true"} },
			func(o *Options) { o.Imports = []string{"json"} },
			func(o *Options) { o.StaysUp = time.Second },
		} {
			opt := liveOptions()
			opt.HTTP = nil
			set(&opt)
			if _, err := Run(t.Context(), img, opt); err == nil {
				t.Errorf("%q: no error, options %+v", entrypoint, opt)
			}
			nothingLeft(t)
		}
	}
}

// TestLiveJob: a program that does its work and exits with 0 may, unless it must
// stay up; what runs beside it is run all the same.
func TestLiveJob(t *testing.T) {
	img := liveImage(t, []string{"python3", "-c", "print('done')"}, nil)
	opt := liveOptions()
	opt.HTTP, opt.Command, opt.Imports = nil, []string{"python3", "-c", "print('command ran')"}, []string{"json"}
	res, err := Run(t.Context(), img, opt)
	nothingLeft(t)
	if err != nil || !strings.Contains(res.Log, "command ran") || len(res.Imports) != 1 || !strings.Contains(strings.Join(res.Notes, ""), "container of its own") {
		t.Fatalf("error %v, result %+v", err, res)
	}
	opt.StaysUp = time.Second
	_, err = Run(t.Context(), img, opt)
	nothingLeft(t)
	if exited, ok := errors.AsType[*ContainerExitedError](err); !ok || exited.Code != 0 {
		t.Errorf("error %v, want that it exited", err)
	}
}

// TestLiveJobEndsMeanwhile: the end of the entrypoint takes the imports along,
// which is not their failure.
func TestLiveJobEndsMeanwhile(t *testing.T) {
	img := liveImage(t, []string{"python3", "-c", "import time; time.sleep(6)"}, map[string]string{"app/slow.py": "import time; time.sleep(8)"})
	opt := liveOptions()
	opt.HTTP, opt.Imports = nil, []string{"json", "slow"}
	res, err := Run(t.Context(), img, opt)
	nothingLeft(t)
	if err != nil || len(res.Imports) != 2 || len(res.Notes) == 0 {
		t.Errorf("error %v, result %+v", err, res)
	}
}

func TestLiveStaysUp(t *testing.T) {
	img := liveImage(t, []string{"python3", "-c", "import time; time.sleep(600)"}, nil)
	opt := liveOptions()
	opt.HTTP, opt.StaysUp, opt.StopTimeout = nil, 6*time.Second, time.Second
	res, err := Run(t.Context(), img, opt)
	nothingLeft(t)
	if err != nil || res.StayedUp < opt.StaysUp {
		t.Errorf("error %v, stayed up %s", err, res.StayedUp)
	}
	img = liveImage(t, []string{"python3", "-c", "import time; time.sleep(5); raise SystemExit(3)"}, nil)
	opt.StaysUp = 30 * time.Second // a slow machine takes a while until the program runs
	_, err = Run(t.Context(), img, opt)
	nothingLeft(t)
	if exited, ok := errors.AsType[*ContainerExitedError](err); !ok || exited.Code != 3 {
		t.Errorf("error %v, want status 3", err)
	}
}

// TestLiveTimeoutIsTheWholeTest: no stage gets the time anew.
func TestLiveTimeoutIsTheWholeTest(t *testing.T) {
	img := liveImage(t, []string{"python3", "/app/server.py"}, map[string]string{"app/server.py": serverScript, "app/slow.py": "import time; time.sleep(600)"})
	for _, tt := range []struct {
		timeout time.Duration
		set     func(*Options)
		want    string
	}{
		{time.Millisecond, func(*Options) {}, ""},
		{150 * time.Millisecond, func(*Options) {}, "while loading the image"},
		{40 * time.Second, func(o *Options) { o.Imports = []string{"slow"} }, `while importing "slow"`},
		{40 * time.Second, func(o *Options) { o.Command = []string{"sleep", "600"} }, `while running command "sleep"`},
	} {
		opt := liveOptions()
		opt.Timeout = tt.timeout
		tt.set(&opt)
		begin := time.Now()
		_, err := Run(t.Context(), img, opt)
		nothingLeft(t)
		if _, ok := errors.AsType[*TimeoutError](err); !ok || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want a TimeoutError with %q", tt.timeout, err, tt.want)
		}
		if took := time.Since(begin); took > tt.timeout+8*time.Second {
			t.Errorf("%s: took %s", tt.timeout, took)
		}
	}
}
