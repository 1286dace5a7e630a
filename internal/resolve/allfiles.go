package resolve

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"
)

// allFilesAtOnce is how many projects are looked at at a time for the files of
// their pins, each with all that it has.
const allFilesAtOnce = 2

// listWhole gives each pin all files of its release, those that the target
// can't install too, where [Options.Provider] leaves them out. Asked for the
// pins alone, and one release kept of each, they take little memory.
func (s *solver) listWhole(ctx context.Context, pins []Pin) error {
	if !s.opt.AllFiles || s.opt.Whole == nil {
		return nil
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(allFilesAtOnce)
	for i := range pins {
		p := &pins[i]
		if p.Direct {
			continue
		}
		g.Go(func() error {
			files, err := s.opt.Whole.Files(ctx, p.Name)
			if errors.Is(err, ErrNoProject) {
				return nil
			}
			if err != nil {
				return fmt.Errorf("listing project %q: %w", p.Name, err)
			}
			p.AllFiles = nil
			for _, f := range files {
				c, ok := parseFile(p.Name, &f)
				if ok && c.SHA256 != "" && c.version.Equal(p.Version) {
					p.AllFiles = append(p.AllFiles, f)
				}
			}
			return nil
		})
	}
	return g.Wait()
}
