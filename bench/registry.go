package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
)

// registry is a registry of its own process that has nothing in it.
type registry struct {
	address string
	cmd     *exec.Cmd
	log     *os.File
}

const registryConfig = `version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage:
  filesystem: {rootdirectory: %q}
http: {addr: %q}
`

// startRegistry starts Debian's docker-registry on a free loopback port, with
// its data and its log below work.
func startRegistry(ctx context.Context, program, work string) (_ *registry, err error) {
	dir, err := os.MkdirTemp(work, "registry-")
	if err != nil {
		return nil, err
	}
	r := &registry{}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.stop())
		}
	}()
	if r.address, err = freeAddress(ctx); err != nil {
		return nil, err
	}
	config := filepath.Join(dir, "config.yml")
	text := fmt.Sprintf(registryConfig, filepath.Join(dir, "data"), r.address)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, err
	}
	if r.log, err = os.Create(filepath.Join(dir, "log")); err != nil {
		return nil, err
	}
	cmd := server(ctx, program, "serve", config)
	cmd.Stdout, cmd.Stderr = r.log, r.log
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", filepath.Base(program), err)
	}
	r.cmd = cmd
	return r, await(ctx, "the registry", r.ask)
}

func freeAddress(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("looking for a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}

func (r *registry) ask(ctx context.Context) (err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+r.address+"/v2/", nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	if resp.StatusCode != http.StatusOK {
		return errors.New(resp.Status)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

// stop ends the registry. Its content stays.
func (r *registry) stop() error {
	err := end(r.cmd)
	if r.log != nil {
		err = errors.Join(err, r.log.Close())
	}
	return err
}
