package pipeline

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/assemble-image/assemble/internal/app"
	"github.com/assemble-image/assemble/internal/config"
	"github.com/assemble-image/assemble/internal/download"
	"github.com/assemble-image/assemble/internal/index"
	"github.com/assemble-image/assemble/internal/osfile"
	"github.com/assemble-image/assemble/internal/pipconf"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/internal/unarchive"
)

// findApp returns what brings an entry of app, nil where it lies here as it is;
// and sees to its options.
func (p *Pipeline) findApp(a config.App, opt *app.Options) func(context.Context) (string, error) {
	sum, _ := a.Digest()
	if a.From.URL == "" && !a.Unpack {
		opt.SHA256 = sum
		return nil
	}
	within := opt.Within
	opt.Dir, opt.Within, opt.Own = "", "", nil // it isn't the user's own directory
	if !a.Unpack {
		opt.SHA256 = sum
		return func(ctx context.Context) (string, error) { return p.download(ctx, a, sum) }
	}
	opt.NoIgnoreFiles, opt.Store = true, nil // it lies in another place each time
	return func(ctx context.Context) (string, error) {
		from, err := a.From.Abs, error(nil)
		if a.From.URL != "" {
			from, err = p.download(ctx, a, sum)
		} else if within != "" {
			from, err = app.Inside(from, within)
		}
		if err != nil {
			return "", fmt.Errorf("reading app %q: %w", a.From, err)
		}
		dir, err := p.unpack(ctx, from, unarchive.Options{Strip: a.Strip, SHA256: sum})
		if err != nil {
			return "", fmt.Errorf("unpacking app %q: %w", a.From, err)
		}
		return dir, nil
	}
}

// download brings the file at an entry's URL.
func (p *Pipeline) download(ctx context.Context, a config.App, sum [32]byte) (string, error) {
	dir, err := p.lasting()
	if err != nil {
		return "", err
	}
	netrc, err := index.ReadNetrc(os.Getenv)
	if err != nil {
		return "", err
	}
	opt := index.Options{Keyring: netrc.Keyring(), Offline: p.opt.Offline, Trace: p.opt.Trace}
	if p.opt.Discover != nil {
		if opt.RootCAs, err = pipconf.Authorities(*p.opt.Discover); err != nil {
			return "", err
		}
	}
	client, err := index.New(opt)
	if err != nil {
		return "", err
	}
	shown := a.From.String()
	return download.File(ctx, a.From.URL, sum, download.Options{
		Client: client,
		Cache:  p.opt.Cache,
		Dir:    dir,
		Progress: func(done, total int64) {
			p.report.Progress(report.StageFetch, shown, done, max(total, 0))
		},
		Note: func(text string) { p.report.Note(report.StageFetch, text) },
	})
}

// unpack unpacks an archive into a directory that lasts as long as the pipeline.
func (p *Pipeline) unpack(ctx context.Context, from string, opt unarchive.Options) (string, error) {
	temp, err := p.lasting()
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(temp, "archive-")
	if err != nil {
		return "", osfile.WithoutPath(err)
	}
	return dir, unarchive.Unpack(ctx, from, dir, opt)
}

// lasting is a directory for files that last as long as the pipeline.
func (p *Pipeline) lasting() (string, error) {
	if p.temp == "" {
		dir, remove, err := p.tempDir()
		if err != nil {
			return "", err
		}
		p.temp = filepath.Clean(dir)
		// Closed last.
		p.closers = append([]io.Closer{closerFunc(remove)}, p.closers...)
	}
	return p.temp, nil
}
