package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// usage is what one run of a program took.
type usage struct {
	Seconds float64 // on the clock
	CPU     float64 // seconds, of all cores
	Peak    int64   // bytes of memory
}

// plus adds what another program took after the first.
func (u usage) plus(o usage) usage {
	return usage{Seconds: u.Seconds + o.Seconds, CPU: u.CPU + o.CPU, Peak: max(u.Peak, o.Peak)}
}

// maxErrorText bounds what an error repeats of a program's standard error.
const maxErrorText = 2000

// execute runs a program to its end and returns its standard output. Before,
// it waits for the disk to take all that was written so far, so that nobody
// pays for what ran before.
func execute(ctx context.Context, env []string, dir, program string, args ...string) (usage, []byte, error) {
	settle()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = dir
	if env != nil {
		cmd.Env = append(cmd.Environ(), env...)
	}
	cmd.WaitDelay = 5 * time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	start := time.Now()
	err := cmd.Run()
	used := usage{Seconds: time.Since(start).Seconds()}
	if cmd.ProcessState != nil {
		used.CPU = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
		used.Peak = peakMemory(cmd.ProcessState)
	}
	if err != nil {
		text := strings.TrimSpace(stderr.String())
		if len(text) > maxErrorText {
			text = "…" + text[len(text)-maxErrorText:]
		}
		return used, nil, fmt.Errorf("running %s %s: %w", filepath.Base(program), args[0], errors.Join(err, errors.New(text)))
	}
	return used, stdout.Bytes(), nil
}
