package layers

import "sync/atomic"

// cores counts the cores that no layer is packed on. There are some only when
// every layer has been begun, so whoever takes one keeps nobody waiting.
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

// give returns a core.
func (c *cores) give() { c.free.Add(1) }
