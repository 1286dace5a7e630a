package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/assemble-image/assemble/internal/config"
)

// gitTimeout bounds reading one commit.
const gitTimeout = 20 * time.Second

// imageTime is the time that the image says it was created at. Files and layers
// keep that of source_date_epoch, so that another one leaves them as they are.
func (p *Pipeline) imageTime(ctx context.Context) (time.Time, error) {
	if p.cfg.Created == config.CreatedGit {
		t, err := commitTime(ctx, p.cfg.Dir)
		if err != nil {
			return t, fmt.Errorf("created: reading the commit's time: %w", err)
		}
		return t, nil
	}
	if t, ok := p.cfg.CreatedTime(); ok {
		return t, nil
	}
	return p.created, nil
}

// commitTime is the committer's time of what is checked out in dir. The
// plumbing command runs nothing that the repository's configuration names.
func commitTime(ctx context.Context, dir string) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, gitTimeout)
	defer cancel()
	var stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, "git", "-C", dir, "cat-file", "commit", "HEAD")
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		if text := strings.TrimSpace(stderr.String()); text != "" {
			return time.Time{}, fmt.Errorf("git: %s", strings.ReplaceAll(text, "\n", "; "))
		}
		return time.Time{}, err
	}
	return parseCommitTime(out)
}

// parseCommitTime reads the committer's line of a commit object
// (gitformat-commit: name, address, seconds, zone).
func parseCommitTime(commit []byte) (time.Time, error) {
	for line := range strings.Lines(string(commit)) {
		line = strings.TrimSpace(line)
		if line == "" {
			break
		}
		rest, ok := strings.CutPrefix(line, "committer ")
		if !ok {
			continue
		}
		words := strings.Fields(rest[strings.LastIndexByte(rest, '>')+1:])
		if len(words) != 2 {
			break
		}
		n, err := strconv.ParseInt(words[0], 10, 64)
		if err != nil || n < 0 {
			break
		}
		return time.Unix(n, 0).UTC(), nil
	}
	return time.Time{}, errors.New("the commit has no committer's time")
}
