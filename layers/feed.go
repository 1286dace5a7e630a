package layers

import (
	"iter"
	"sync"
	"sync/atomic"
)

// A feed hands out a layer's entries, in the order in which they are written,
// to several workers: a run at a time, so that no more of them are held than
// are at work.
type feed struct {
	mu    sync.Mutex
	pull  func() (Entry, error, bool)
	stop  func()
	check func(*Entry) ([]*Entry, error) // what is to be written for an entry
	ready []*Entry                       // checked, and not handed out yet
	fault error                          // what comes after them
	last  chan struct{}                  // done of the run before
	count int64                          // entries handed out
	over  atomic.Bool                    // nothing is left
}

// run is a sequence of entries that one worker reads.
type run struct {
	entries []*Entry
	fault   error           // what ends the work after them, when it is their turn
	turn    <-chan struct{} // closed when the run before is in the assembly; nil for the first one
	done    chan struct{}   // closed when this one is
}

// listFeed hands out entries that are sorted and checked already.
func listFeed(entries []*Entry) *feed {
	f := &feed{ready: entries, stop: func() {}}
	f.over.Store(len(entries) == 0)
	return f
}

// streamFeed hands out entries as they come, after check has seen them.
func streamFeed(entries iter.Seq2[Entry, error], check func(*Entry) ([]*Entry, error)) *feed {
	pull, stop := iter.Pull2(entries)
	return &feed{pull: pull, stop: stop, check: check}
}

// next returns the next run; false when there are no more.
func (f *feed) next() (run, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.over.Load() {
		return run{}, false
	}
	n, size := 0, int64(0)
	for n < runEntries {
		for n == len(f.ready) && f.fill() {
		}
		if n == len(f.ready) || n > 0 && size+f.ready[n].Size > runSize {
			break
		}
		size += f.ready[n].Size
		n++
	}
	r := run{entries: f.ready[:n:n], turn: f.last, done: make(chan struct{})}
	if f.ready = f.ready[n:]; f.pull == nil && len(f.ready) == 0 {
		r.fault = f.fault
		f.over.Store(true)
	}
	f.last = r.done
	f.count += int64(n)
	return r, true
}

// fill gets the next entry, with the directories before it that nobody lists;
// false when there is none.
func (f *feed) fill() bool {
	if f.pull == nil {
		return false
	}
	e, err, ok := f.pull()
	if ok && err == nil {
		var more []*Entry
		if more, err = f.check(&e); err == nil {
			f.ready = append(f.ready, more...)
			return true
		}
	}
	f.fault = err
	f.pull = nil
	return false
}

// close lets go of entries that nobody asked for. No worker may be left.
func (f *feed) close() { f.stop() }
