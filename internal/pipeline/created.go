package pipeline

import (
	"fmt"
	"time"

	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/internal/git"
)

// imageTime is the time that the image says it was created at. Files and layers
// keep that of source_date_epoch, so that another one leaves them as they are.
func (p *Pipeline) imageTime() (time.Time, error) {
	if p.cfg.Created == config.CreatedGit {
		commit, err := git.Head(p.cfg.Dir)
		if err != nil {
			return time.Time{}, fmt.Errorf("created: reading the commit's time: %w", err)
		}
		return commit.Time, nil
	}
	if t, ok := p.cfg.CreatedTime(); ok {
		return t, nil
	}
	return p.created, nil
}
