// Package supply turns a lock, or a requirements file with ranges, into wheels
// that lie here: it knows where wheels are looked for, chooses among them,
// fetches what the wheelhouse lacks, and tells what is odd about the set. It
// writes locks as well. What becomes of the wheels is not its business.
//
// Start with [New], [Supplier.Wheels] and [Supplier.Lock].
package supply
