package pipeline

import "github.com/assemble-image/assemble/internal/resolve"

// wholeIndex is a provider of all that the places have, also what the target
// can't install: it is asked only where there is no solution, to say what there
// is instead.
func (p *Pipeline) wholeIndex(src sources) (resolve.Provider, error) {
	client, err := p.index(src, nil)
	if err != nil {
		return nil, err
	}
	return resolve.Index(client, p.memory()), nil
}
