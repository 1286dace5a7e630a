package adopt

import (
	"errors"
	"fmt"
	"strings"

	"github.com/assemble-image/assemble/internal/adopt/draft"
	"github.com/assemble-image/assemble/internal/adopt/write"
	"github.com/assemble-image/assemble/internal/config"
)

// maxRounds bounds how often a config is mended.
const maxRounds = 100

// settle writes the config, and makes comments of what isn't valid in it, so that
// the whole always is.
func settle(name string, d *draft.Draft) ([]byte, error) {
	for range maxRounds {
		text, lines := write.Config(d)
		_, err := config.Parse(name, text)
		if err == nil {
			return text, nil
		}
		var problems *config.Error
		if !errors.As(err, &problems) {
			return nil, err
		}
		p := problems.Problems[0]
		item := itemAt(lines, p.Line)
		if item == nil {
			return nil, fmt.Errorf("writing the config: %w", err)
		}
		demote(d, item, p)
	}
	return nil, errors.New("writing the config: too much of what was read is not valid in one")
}

// itemAt returns the item of a line or, for the name of a field, the first one
// below it.
func itemAt(lines map[int]*draft.Item, line int) *draft.Item {
	for n := line; n < line+2; n++ {
		if item := lines[n]; item != nil && !item.Off {
			return item
		}
	}
	return nil
}

// demote makes a comment of an item, and leaves its step to the user.
func demote(d *draft.Draft, item *draft.Item, p *config.Problem) {
	item.Off = true
	item.Note = strings.TrimPrefix(item.Note+"; "+p.What, "; ")
	for i := range d.Steps {
		if s := &d.Steps[i]; s.Place == item.From && s.Place.Line > 0 && s.Status == draft.Carried {
			s.Status, s.Note = draft.Left, p.Field+": "+p.What
			return
		}
	}
	d.Step(draft.Step{Place: item.From, Text: p.Field, Status: draft.Left, Note: p.What})
}
