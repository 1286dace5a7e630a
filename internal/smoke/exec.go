package smoke

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/containerd/containerd/v2/client"
	"github.com/containerd/containerd/v2/pkg/cio"
	"github.com/containerd/errdefs"
)

// exec runs a process in the container, as its user and in its environment, and
// returns its exit status. The process is killed when ctx is done.
func (c *running) exec(ctx context.Context, args []string, stdout, stderr io.Writer) (code uint32, err error) {
	process := *c.spec.Process
	process.Args = args
	p, err := c.task.Exec(ctx, "exec-"+strings.TrimPrefix(newID(), prefix), &process,
		cio.NewCreator(cio.WithStreams(nil, stdout, stderr), cio.WithFIFODir(c.run.fifos)))
	if err != nil {
		return 0, fmt.Errorf("creating process %q: %w", args[0], err)
	}
	life := context.WithoutCancel(ctx)
	defer func() {
		end, cancel := c.run.cleanupContext(ctx)
		defer cancel()
		if _, delErr := p.Delete(end, client.WithProcessKill); delErr != nil && !errdefs.IsNotFound(delErr) {
			err = errors.Join(err, fmt.Errorf("removing process %q: %w", args[0], delErr))
		}
	}()
	exits, err := p.Wait(life)
	if err != nil {
		return 0, fmt.Errorf("waiting for process %q: %w", args[0], err)
	}
	if err := p.Start(ctx); err != nil {
		return 0, fmt.Errorf("starting process %q: %w", args[0], err)
	}
	select {
	case status := <-exits:
		p.IO().Wait()
		return status.ExitCode(), status.Error()
	case <-ctx.Done():
		// It may be too late to kill: then the process has exited by itself.
		_ = p.Kill(life, syscall.SIGKILL)
		return 0, ctx.Err()
	}
}

// probeScript makes one GET request with the image's own interpreter, for hosts
// where the container's network namespace can't be entered. It prints the
// status, or the error.
const probeScript = `
import http.client, sys
port, timeout, path = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
try:
    c = http.client.HTTPConnection("localhost", port, timeout=timeout)
    c.request("GET", path)
    r = c.getresponse()
    r.read(1 << 20)
    print(r.status)
except Exception as e:
    print(e)
    sys.exit(1)
`

// probeInside is a probeFunc that runs in the container, for where its network
// namespace can't be entered.
func (c *running) probeInside(ctx context.Context) (int, error) {
	p := c.run.opt.HTTP
	timeout := attemptTimeout
	if deadline, ok := ctx.Deadline(); ok {
		timeout = time.Until(deadline)
	}
	var out bytes.Buffer
	code, err := c.exec(ctx, []string{
		interpreter, "-I", "-c", probeScript,
		strconv.Itoa(p.Port), fmt.Sprintf("%.3f", timeout.Seconds()), p.Path,
	}, &out, &out)
	if err != nil {
		return 0, err
	}
	text := strings.TrimSpace(out.String())
	if code != 0 {
		return 0, fmt.Errorf("probing from inside the container: %s", text)
	}
	status, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("probing from inside the container: unexpected output %q", text)
	}
	return status, nil
}
