// Package wire holds what every HTTP client of this program does alike: it
// watches over progress instead of setting deadlines, decides what is worth
// another try and when, and knows which addresses no server may send us to.
//
// Start with [NewTransport], wrapped in a [Staller]; [Policy.Next] says how
// long to wait after a failure that [Temporary] calls temporary.
package wire
