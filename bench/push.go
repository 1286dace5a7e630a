package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// job is one configuration to push, with its app directory.
type job struct {
	assemble string
	dir      string // of assemble.yaml
}

const jobConfig = `base: [%q]
platform: linux/arm64
lock: %q
wheelhouse: %q
app: [{from: app, to: /app}]
dirs: [/app/logs]
user: {name: appuser, uid: 1000, gid: 1000}
workdir: /app
entrypoint: [python3, main.py]
`

// newJob writes a config for the base, the lock and its wheels into dir.
func newJob(s *settings, base, dir, lock, wheels string) (*job, error) {
	j := &job{assemble: s.assemble, dir: dir}
	if err := os.MkdirAll(filepath.Join(dir, "app"), 0o755); err != nil {
		return nil, err
	}
	text := fmt.Sprintf(jobConfig, base, lock, wheels)
	if err := os.WriteFile(filepath.Join(dir, "assemble.yaml"), []byte(text), 0o644); err != nil {
		return nil, err
	}
	return j, os.CopyFS(filepath.Join(dir, "app"), os.DirFS(s.app))
}

// pushed is what is used of `assemble push --json`.
type pushed struct {
	Layers []struct {
		Kind   string `json:"kind"`
		Size   int64  `json:"size"`
		Cached bool   `json:"cached"`
	} `json:"layers"`
	Stages []struct {
		Stage   string  `json:"stage"`
		Seconds float64 `json:"seconds"`
	} `json:"stages"`
}

// wheelBytes is the size of the layers that hold wheels, and their number.
func (p *pushed) wheelBytes() (size int64, layers int) {
	for _, l := range p.Layers {
		if l.Kind == "wheels" {
			size += l.Size
			layers++
		}
	}
	return size, layers
}

// packed counts the layers that had to be packed.
func (p *pushed) packed() int {
	n := 0
	for _, l := range p.Layers {
		if !l.Cached {
			n++
		}
	}
	return n
}

// push runs `assemble push` with a cache of its own below the job's directory.
func (j *job) push(ctx context.Context, ref string, more ...string) (usage, *pushed, error) {
	args := append([]string{"push", "--json", "--quiet", "--smoke", "off", "--cache-dir", j.cache()}, more...)
	used, out, err := execute(ctx, []string{"COSIGN_PASSWORD=bench"}, j.dir, j.assemble, append(args, ref)...)
	if err != nil {
		return used, nil, err
	}
	result := &pushed{}
	if err := json.Unmarshal(out, result); err != nil {
		return used, nil, fmt.Errorf("reading what assemble push printed: %w", err)
	}
	return used, result, nil
}

func (j *job) cache() string { return filepath.Join(j.dir, "cache") }

// forget empties the cache.
func (j *job) forget() error { return os.RemoveAll(j.cache()) }

// change alters one file of the app; n must be another one each time.
func (j *job) change(n int) (err error) {
	f, err := os.OpenFile(filepath.Join(j.dir, "app", "main.py"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = fmt.Fprintf(f, "# change %d\n", n)
	return err
}

// keygen makes a key pair and returns the private key's path.
func (j *job) keygen(ctx context.Context) (string, error) {
	prefix := filepath.Join(j.dir, "cosign")
	_, _, err := execute(ctx, []string{"COSIGN_PASSWORD=bench"}, j.dir, j.assemble, "keygen", "--prefix", prefix)
	return prefix + ".key", err
}

// cached fails unless just so many layers had to be packed: a figure for "one
// file changed" is worth nothing if all was packed anew, or nothing.
func cached(p *pushed, want int) error {
	if got := p.packed(); got != want {
		var kinds []string
		for _, l := range p.Layers {
			if !l.Cached {
				kinds = append(kinds, l.Kind)
			}
		}
		return fmt.Errorf("%d layers were packed, not %d (%s)", got, want, strings.Join(kinds, ", "))
	}
	return nil
}
