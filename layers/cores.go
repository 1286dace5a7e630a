package layers

import "sync/atomic"

// cores counts the cores that nobody works on. There are some only when every
// layer has been begun, or while a worker waits, so whoever takes one keeps
// nobody from beginning.
type cores struct{ free atomic.Int32 }

// take reserves a core, if one is free.
func (c *cores) take() bool {
	for {
		n := c.free.Load()
		if n <= 0 {
			return false
		}
		if c.free.CompareAndSwap(n, n-1) {
			return true
		}
	}
}

// insist reserves a core whether or not one is free: for a worker who gave its
// own away while it waited.
func (c *cores) insist() { c.free.Add(-1) }

// give returns a core.
func (c *cores) give() { c.free.Add(1) }
