package pipeline

import (
	"fmt"

	"github.com/assemble-image/assemble/internal/app"
	"github.com/assemble-image/assemble/internal/base"
)

// appEntry are the options of an entry of the config's app.
func (p *Pipeline) appEntry(i int, facts *base.Facts, user base.UserSpec) (app.Options, error) {
	a := p.cfg.App[i]
	opt := p.appOptions(a.From.String())
	opt.Include, opt.Ignore = a.Include, a.Exclude
	opt.Mode, opt.GroupLikeOwner = a.Mode.FileMode(), p.cfg.ArbitraryUID
	if a.User == "" {
		return opt, nil
	}
	var err error
	if opt.UID, opt.GID, err = p.owner(a.User, facts, user); err != nil {
		return opt, fmt.Errorf("app[%d].user: %w", i, err)
	}
	if p.cfg.ArbitraryUID {
		opt.GID = 0
	}
	return opt, nil
}
