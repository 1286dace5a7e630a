package index

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
)

// TestManyPagesAtOnce asks for more pages than may be read at a time, among
// them some that fail, twice: whoever is done makes room for the next.
func TestManyPagesAtOnce(t *testing.T) {
	s := newServer(t)
	for i := range 5 * pagesAtOnce {
		switch name := fmt.Sprintf("p%d", i); i % 5 {
		case 0:
			s.serve("/simple/"+name+"/", typeJSON, `{`)
		case 1: // there is none
		case 2:
			s.serve("/simple/"+name+"/", "text/plain", "x")
		case 3:
			s.serve("/simple/"+name+"/", "text/html", `<a href="`+name+`-1-py3-none-any.whl">`)
		case 4:
			s.page(name, `{"filename":"`+name+`-1-py3-none-any.whl","url":"x"}`)
		}
	}
	c := newTestClient(t, Options{Cache: newMapStore()}, s)
	for range 2 {
		var found atomic.Int32
		var wg sync.WaitGroup
		for i := range 5 * pagesAtOnce {
			wg.Go(func() {
				if p, err := c.Project(t.Context(), fmt.Sprintf("p%d", i)); err == nil && len(p.Files) == 1 {
					found.Add(1)
				}
			})
		}
		wg.Wait()
		if found.Load() != 2*pagesAtOnce || len(c.spaces) != pagesAtOnce {
			t.Errorf("%d found, %d workspaces left", found.Load(), len(c.spaces))
		}
	}
}
