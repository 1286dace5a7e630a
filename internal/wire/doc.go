// Package wire is what all HTTP clients of this program share: timeouts on
// progress rather than deadlines, retries, and the addresses that no server may
// redirect us to.
//
// Start with [NewTransport], wrapped in a [StallGuard]; [Policy.Next] says how
// long to wait after a failure that is [Temporary].
package wire
