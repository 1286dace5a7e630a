package provide

import (
	"context"
	"fmt"

	"github.com/assemble-image/assemble/internal/debs/archive"
	"github.com/assemble-image/assemble/internal/debs/fetch"
	"github.com/assemble-image/assemble/internal/debs/lockfile"
	"github.com/assemble-image/assemble/internal/report"
	"github.com/assemble-image/assemble/wheels"
)

// Bring returns the files of a lock's packages in the config's directory of
// packages, in the lock's order, and fetches those that aren't there. Each file
// has the lock's SHA-256. Places are asked in this order: directories that the
// config names, the sources that it names, the archives that the lock names.
// Offline, only those on this machine are.
func (p *Provider) Bring(ctx context.Context, lock *lockfile.Lock) ([]fetch.File, error) {
	sources, err := p.sources(lock.Architecture, lock.Snapshot)
	if err != nil {
		return nil, err
	}
	client, err := p.client(report.StageFetch, archive.Options{})
	if err != nil {
		return nil, err
	}
	opt := fetch.Options{Client: client, Sources: sources, Directories: p.directories(), Progress: p.progress()}
	if p.opt.Cache != nil {
		opt.Digests = wheels.DigestCache{Store: p.opt.Cache}
	}
	dir := p.cfg.Packages.Dir
	if files, all, err := fetch.Present(ctx, lock, dir.Abs, opt); all || err != nil {
		return files, err
	}
	var files []fetch.File
	err = p.opt.Report.Stage(report.StageFetch, "filling "+dir.String(), func() (string, error) {
		if files, err = fetch.Debs(ctx, lock, dir.Abs, opt); err != nil {
			return "", err
		}
		return fetchedText(files), nil
	})
	return files, err
}

// fetchedText is the stage's last line.
func fetchedText(files []fetch.File) string {
	downloaded, copied, bytes := 0, 0, int64(0)
	for _, f := range files {
		switch {
		case f.Received == 0:
		case f.Local:
			copied++
		default:
			downloaded++
			bytes += f.Received
		}
	}
	return report.Fetched("package", downloaded, bytes, copied, len(files)-downloaded-copied)
}

// progress reports the progress of packages that are downloaded at once.
func (p *Provider) progress() func(fetch.Event) {
	meter := p.opt.Report.Meter(report.StageFetch, 0)
	return func(e fetch.Event) {
		switch {
		case e.Note != "":
			p.opt.Report.Note(report.StageFetch, fmt.Sprintf("fetching %q: %s", e.File, e.Note))
		case e.File == "":
			meter.SetTotal(e.Total)
		default:
			meter.Set(e.File, e.File, e.Done)
		}
	}
}
