package pipeline

import (
	"fmt"

	"github.com/assemble-image/assemble/internal/app"
	"github.com/assemble-image/assemble/internal/base"
	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/internal/contents"
	"github.com/assemble-image/assemble/internal/report"
)

// appEntry are the options of an entry of the config's app, or of a model.
func (p *Pipeline) appEntry(field string, a config.App, facts *base.Facts, user base.UserSpec) (app.Options, error) {
	opt := p.appOptions(a.From.String())
	opt.Include, opt.Ignore = a.Include, a.Exclude
	opt.Mode, opt.GroupLikeOwner = a.Mode.FileMode(), p.cfg.ArbitraryUID
	if a.User == "" {
		return opt, nil
	}
	var err error
	if opt.UID, opt.GID, err = p.owner(a.User, facts, user); err != nil {
		return opt, fmt.Errorf("%s.user: %w", field, err)
	}
	if p.cfg.ArbitraryUID {
		opt.GID = 0
	}
	return opt, nil
}

// appMaker makes the layer of an entry of app, or of a model.
func (p *Pipeline) appMaker(field string, a config.App, facts *base.Facts, user base.UserSpec) (contents.App, error) {
	opt, err := p.appEntry(field, a, facts, user)
	if err != nil {
		return contents.App{}, err
	}
	find := p.findApp(a, &opt)
	return contents.App{
		From:    a.From.Abs,
		To:      a.To,
		Options: opt,
		Find:    find,
		Replace: p.cfg.AllowReplace,
		Workdir: p.cfg.Workdir,
		ModTime: p.created,
		Opened:  func(tree *app.Tree) { p.closers = append(p.closers, tree) },
		Note:    func(text string) { p.report.Note(report.StageLayers, text) },
	}, nil
}
