package smoke

import (
	"bytes"
	"context"
	"encoding/json"
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

// exec runs a process inside the container, as its user and in its environment,
// and returns its status. When ctx is over the process is killed.
func (c *running) exec(ctx context.Context, args []string, stdout, stderr io.Writer) (code uint32, err error) {
	process := *c.spec.Process
	process.Args = args
	p, err := c.task.Exec(ctx, "exec-"+strings.TrimPrefix(newID(), prefix), &process,
		cio.NewCreator(cio.WithStreams(nil, stdout, stderr), cio.WithFIFODir(c.run.fifos)))
	if err != nil {
		return 0, fmt.Errorf("making process %q: %w", args[0], err)
	}
	life := context.WithoutCancel(ctx)
	defer func() {
		end, cancel := c.run.removing(ctx)
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
		// The kill may come too late: the process then ended by itself.
		_ = p.Kill(life, syscall.SIGKILL)
		return 0, ctx.Err()
	}
}

// askScript makes one GET request with the image's own interpreter, for hosts
// where the container's network can't be entered. It prints the status, or why
// there is none.
const askScript = `
import http.client, json, sys
port, timeout, path, headers = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3], json.loads(sys.argv[4])
try:
    c = http.client.HTTPConnection("localhost", port, timeout=timeout)
    c.request("GET", path, headers=headers)
    r = c.getresponse()
    r.read(1 << 20)
    print(r.status)
except Exception as e:
    print(e)
    sys.exit(1)
`

// askInside is an asker that needs no entry into the container's network.
func (c *running) askInside(ctx context.Context) (int, error) {
	p := c.run.opt.HTTP
	headers := map[string]string{}
	for name, values := range p.Header {
		headers[name] = strings.Join(values, ", ")
	}
	encoded, err := json.Marshal(headers)
	if err != nil {
		return 0, fmt.Errorf("encoding headers: %w", err)
	}
	timeout := attemptTime
	if deadline, ok := ctx.Deadline(); ok {
		timeout = time.Until(deadline)
	}
	var out bytes.Buffer
	code, err := c.exec(ctx, []string{
		c.run.opt.Python, "-I", "-c", askScript,
		strconv.Itoa(p.Port), fmt.Sprintf("%.3f", timeout.Seconds()), p.Path, string(encoded),
	}, &out, &out)
	if err != nil {
		return 0, err
	}
	text := strings.TrimSpace(out.String())
	if code != 0 {
		return 0, fmt.Errorf("asking inside the container: %s", text)
	}
	status, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("asking inside the container: answer %q", text)
	}
	return status, nil
}
